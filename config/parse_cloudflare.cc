// `cloudflare` of a job.
#include <array>

#include <fmt/format.h>

#include "config/parse.h"
#include "config/url_check.h"

namespace tailrace::config {
namespace {

using FieldsType = CloudflareConfig::FieldsType;

constexpr std::array<std::pair<std::string_view, FieldsType>, 5> kFieldsTypes = {
    std::pair{"default", FieldsType::kDefault}, std::pair{"minimal", FieldsType::kMinimal},
    std::pair{"extended", FieldsType::kExtended}, std::pair{"all", FieldsType::kAll},
    std::pair{"custom", FieldsType::kCustom}};

void read_fields_type(Fields& fields, CloudflareConfig& cloudflare) {
  std::string text;
  fields.read("fields_type", text);
  if (text.empty()) return;
  for (const auto& [name, type] : kFieldsTypes) {
    if (name != text) continue;
    cloudflare.fields_type = type;
    return;
  }
  fields.error("fields_type",
               fmt::format("must be default, minimal, extended, all or custom, not \"{}\"", text));
}

}  // namespace

void parse_cloudflare(Fields fields, CloudflareConfig& cloudflare) {
  fields.read_secret("api_token", cloudflare.api_token);
  fields.require("api_token");
  fields.read("zone_id", cloudflare.zone_id);
  fields.require("zone_id");
  fields.read("pull_range", cloudflare.pull_range);
  fields.read("workers", cloudflare.workers);
  read_fields_type(fields, cloudflare);
  fields.read("additional_fields", cloudflare.additional_fields);
  parse_labels(fields, "labels", cloudflare.labels);
  if (auto own = fields.block("tailrace")) {
    own->read("api_url", cloudflare.api_url);
    if (const auto fault = find_url_fault(cloudflare.api_url)) {
      own->error("api_url", "not a valid URL: " + *fault);
    }
    own->finish();
  }
  // Logpull gives at most an hour at once.
  if (cloudflare.pull_range < std::chrono::seconds(1) ||
      cloudflare.pull_range > std::chrono::hours(1)) {
    fields.error("pull_range", "must be from 1s to 1h");
  }
  constexpr std::int64_t kWorkersMax = 64;
  if (cloudflare.workers < 1 || cloudflare.workers > kWorkersMax) {
    fields.error("workers", fmt::format("must be from 1 to {}", kWorkersMax));
  }
  if (cloudflare.fields_type == FieldsType::kCustom && cloudflare.additional_fields.empty()) {
    fields.error("additional_fields", "is required with `fields_type: custom`");
  }
  fields.finish();
}

}  // namespace tailrace::config
