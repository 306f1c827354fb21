// Blocks of a job to which others push by HTTP, as plain data.
#pragma once

namespace tailrace::config {

// docs/compatibility.md, loki_push_api.
struct LokiPushApiConfig {
  friend bool operator==(const LokiPushApiConfig&, const LokiPushApiConfig&) = default;
};

// docs/compatibility.md, heroku_drain.
struct HerokuDrainConfig {
  friend bool operator==(const HerokuDrainConfig&, const HerokuDrainConfig&) = default;
};

// `tailrace: {otlp: ...}` of a job; docs/compatibility.md, otlp.
struct OtlpReceiverConfig {
  friend bool operator==(const OtlpReceiverConfig&, const OtlpReceiverConfig&) = default;
};

}  // namespace tailrace::config
