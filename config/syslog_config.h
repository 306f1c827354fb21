// The block `syslog` of a job as plain data.
#pragma once

namespace tailrace::config {

// docs/compatibility.md, syslog.
struct SyslogConfig {
  friend bool operator==(const SyslogConfig&, const SyslogConfig&) = default;
};

}  // namespace tailrace::config
