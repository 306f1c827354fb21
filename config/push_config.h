// Blocks of a job to which others push by HTTP, as plain data.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/server_config.h"

namespace tailrace::config {

// What all of them have.
struct PushServerConfig {
  static constexpr std::uint64_t kBodyBytesMax = 16U << 20U;
  ServerConfig server;
  std::map<std::string, std::string> labels;
  // `tailrace: {max_body_size}`: of one request, as sent and unpacked; of all that wait four times.
  std::uint64_t body_bytes_max = kBodyBytesMax;
  friend bool operator==(const PushServerConfig&, const PushServerConfig&) = default;
};

// docs/compatibility.md, loki_push_api.
struct LokiPushApiConfig {
  PushServerConfig push;
  bool use_incoming_timestamp = false;
  bool keep_tenant = false;  // `tailrace: {keep_tenant}`
  friend bool operator==(const LokiPushApiConfig&, const LokiPushApiConfig&) = default;
};

// docs/compatibility.md, heroku_drain.
struct HerokuDrainConfig {
  PushServerConfig push;
  bool use_incoming_timestamp = false;
  friend bool operator==(const HerokuDrainConfig&, const HerokuDrainConfig&) = default;
};

// `tailrace: {otlp: ...}` of a job; docs/compatibility.md, otlp.
struct OtlpReceiverConfig {
  PushServerConfig push;
  bool use_incoming_timestamp = true;
  bool keep_tenant = false;
  std::vector<std::string> index_attributes;  // Empty: those of Loki.
  friend bool operator==(const OtlpReceiverConfig&, const OtlpReceiverConfig&) = default;
};

}  // namespace tailrace::config
