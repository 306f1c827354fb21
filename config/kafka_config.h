// The blocks `kafka` and `azure_event_hubs` of a job as plain data.
#pragma once

namespace tailrace::config {

// docs/compatibility.md, kafka.
struct KafkaConfig {
  friend bool operator==(const KafkaConfig&, const KafkaConfig&) = default;
};

// docs/compatibility.md, azure_event_hubs.
struct AzureEventHubsConfig {
  friend bool operator==(const AzureEventHubsConfig&, const AzureEventHubsConfig&) = default;
};

}  // namespace tailrace::config
