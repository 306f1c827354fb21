// The block `gcplog` of a job as plain data.
#pragma once

namespace tailrace::config {

// docs/compatibility.md, gcplog.
struct GcplogConfig {
  friend bool operator==(const GcplogConfig&, const GcplogConfig&) = default;
};

}  // namespace tailrace::config
