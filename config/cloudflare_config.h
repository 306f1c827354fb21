// The block `cloudflare` of a job as plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "config/client_config.h"

namespace tailrace::config {

// docs/compatibility.md, cloudflare.
struct CloudflareConfig {
  enum class FieldsType : std::uint8_t { kDefault, kMinimal, kExtended, kAll, kCustom };
  std::string api_token;
  std::string zone_id;
  std::chrono::nanoseconds pull_range = std::chrono::minutes(1);
  std::int64_t workers = 3;
  FieldsType fields_type = FieldsType::kDefault;
  std::vector<std::string> additional_fields;
  TextPairs labels;
  // `tailrace: {api_url: ...}`: where the API is.
  std::string api_url = "https://api.cloudflare.com/client/v4";
  friend bool operator==(const CloudflareConfig&, const CloudflareConfig&) = default;
};

}  // namespace tailrace::config
