// The block `gelf` of a job as plain data.
#pragma once

namespace tailrace::config {

// docs/compatibility.md, gelf.
struct GelfConfig {
  friend bool operator==(const GelfConfig&, const GelfConfig&) = default;
};

}  // namespace tailrace::config
