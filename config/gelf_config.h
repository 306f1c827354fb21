// The block `gelf` of a job as plain data.
#pragma once

#include "config/listen_config.h"

namespace tailrace::config {

// docs/compatibility.md, gelf.
struct GelfConfig {
  ListenConfig listen{.address = "0.0.0.0:12201", .protocol = ListenConfig::Protocol::kUdp};
  TextPairs labels;
  bool use_incoming_timestamp = false;
  friend bool operator==(const GelfConfig&, const GelfConfig&) = default;
};

}  // namespace tailrace::config
