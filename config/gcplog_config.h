// The block `gcplog` of a job as plain data.
#pragma once

#include <chrono>
#include <string>

#include "config/push_config.h"

namespace tailrace::config {

// docs/compatibility.md, gcplog.
struct GcplogConfig {
  enum class Subscription { kPull, kPush };
  Subscription subscription_type = Subscription::kPull;
  std::string project_id;                    // Pull.
  std::string subscription;                  // Pull.
  PushServerConfig push;                     // Its labels are those of both.
  std::chrono::nanoseconds push_timeout{0};  // 0: none.
  bool use_incoming_timestamp = false;
  bool use_full_line = false;
  friend bool operator==(const GcplogConfig&, const GcplogConfig&) = default;
};

}  // namespace tailrace::config
