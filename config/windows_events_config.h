// The block `windows_events` of a job as plain data.
#pragma once

namespace tailrace::config {

// docs/compatibility.md, windows_events.
struct WindowsEventsConfig {
  friend bool operator==(const WindowsEventsConfig&, const WindowsEventsConfig&) = default;
};

}  // namespace tailrace::config
