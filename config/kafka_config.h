// The blocks `kafka` and `azure_event_hubs` of a job as plain data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/client_config.h"

namespace tailrace::config {

// How we prove to the brokers who we are; docs/compatibility.md, kafka.
struct KafkaAuthenticationConfig {
  enum class Type : std::uint8_t { kNone, kSsl, kSasl };
  Type type = Type::kNone;
  TlsConfig tls;  // With kSsl, and with kSasl when use_tls.
  // With kSasl: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
  std::string mechanism, user, password;
  bool use_tls = false;
  friend bool operator==(const KafkaAuthenticationConfig&,
                         const KafkaAuthenticationConfig&) = default;
};

// docs/compatibility.md, kafka.
struct KafkaConfig {
  enum class Assignor : std::uint8_t { kRange, kRoundRobin, kSticky };
  std::vector<std::string> brokers;
  std::vector<std::string> topics;  // Beginning with ^: a pattern.
  std::string group_id = "promtail";
  std::string version = "2.1.1";  // Understood, and without effect.
  Assignor assignor = Assignor::kRange;
  bool use_incoming_timestamp = false;
  TextPairs labels;
  KafkaAuthenticationConfig authentication;
  // `tailrace: {group_instance_id: ...}`; empty: a member like Promtail's.
  std::string group_instance_id;
  friend bool operator==(const KafkaConfig&, const KafkaConfig&) = default;
};

// docs/compatibility.md, azure_event_hubs.
struct AzureEventHubsConfig {
  std::string fully_qualified_namespace;
  std::vector<std::string> event_hubs;
  std::string connection_string;
  std::string group_id = "promtail";
  bool use_incoming_timestamp = false;
  bool disallow_custom_messages = false;
  TextPairs labels;
  friend bool operator==(const AzureEventHubsConfig&, const AzureEventHubsConfig&) = default;
};

// A topic's pattern (^...) in Go's syntax, as the POSIX extended expression that is matched with;
// empty when it says what those cannot.
std::string posix_topic_pattern(std::string_view pattern);

}  // namespace tailrace::config
