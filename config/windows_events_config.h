// The block `windows_events` of a job as plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "config/client_config.h"

namespace tailrace::config {

// docs/compatibility.md, windows_events.
struct WindowsEventsConfig {
  std::string eventlog_name;
  std::string xpath_query = "*";
  std::string bookmark_path;
  std::chrono::nanoseconds poll_interval = std::chrono::seconds(3);
  std::uint32_t locale = 0;
  bool use_incoming_timestamp = false;
  bool exclude_event_data = false;
  bool exclude_event_message = false;
  bool exclude_user_data = false;
  TextPairs labels;
  friend bool operator==(const WindowsEventsConfig&, const WindowsEventsConfig&) = default;
};

}  // namespace tailrace::config
