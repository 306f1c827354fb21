// The block `cloudflare` of a job as plain data.
#pragma once

namespace tailrace::config {

// docs/compatibility.md, cloudflare.
struct CloudflareConfig {
  friend bool operator==(const CloudflareConfig&, const CloudflareConfig&) = default;
};

}  // namespace tailrace::config
