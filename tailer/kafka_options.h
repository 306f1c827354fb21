// From the blocks `kafka` and `azure_event_hubs` to librdkafka's configuration.
#pragma once

#include <string>
#include <vector>

#include "config/kafka_config.h"
#include "tailer/kafka_client.h"

namespace tailrace::tailer {

KafkaSettings kafka_settings(const config::KafkaConfig& kafka);
// Event Hubs speak Kafka behind TLS; user and password are made of the connection string.
KafkaSettings kafka_settings(const config::AzureEventHubsConfig& hubs);

// As the client takes them: patterns in its syntax.
std::vector<std::string> kafka_topics(const std::vector<std::string>& topics);

}  // namespace tailrace::tailer
