// What a job reads besides files and containers.
#pragma once

#include <variant>

#include "config/cloudflare_config.h"
#include "config/gcplog_config.h"
#include "config/gelf_config.h"
#include "config/journal_config.h"
#include "config/kafka_config.h"
#include "config/push_config.h"
#include "config/syslog_config.h"
#include "config/windows_events_config.h"

namespace tailrace::config {

using InputConfig = std::variant<JournalConfig, SyslogConfig, GelfConfig, LokiPushApiConfig,
                                 HerokuDrainConfig, OtlpReceiverConfig, GcplogConfig, KafkaConfig,
                                 AzureEventHubsConfig, CloudflareConfig, WindowsEventsConfig>;

}  // namespace tailrace::config
