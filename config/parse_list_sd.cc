// `file_sd_configs`, `http_sd_configs` and `dns_sd_configs`.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "config/go_duration.h"
#include "config/names.h"
#include "config/parse.h"
#include "config/url_check.h"

namespace tailrace::config {
namespace {

constexpr std::array<std::pair<std::string_view, DnsSdConfig::Type>, 5> kDnsTypes = {{
    {"SRV", DnsSdConfig::Type::kSrv},
    {"A", DnsSdConfig::Type::kA},
    {"AAAA", DnsSdConfig::Type::kAaaa},
    {"MX", DnsSdConfig::Type::kMx},
    {"NS", DnsSdConfig::Type::kNs},
}};

// What is wrong with a pattern of file_sd_configs; nullptr: nothing.
const char* file_pattern_fault(std::string_view pattern) {
  const std::size_t slash = pattern.find_last_of('/');
  const std::string_view folder =
      slash == std::string_view::npos ? std::string_view() : pattern.substr(0, slash);
  const std::string_view name =
      slash == std::string_view::npos ? pattern : pattern.substr(slash + 1);
  if (folder.find('*') != std::string_view::npos || std::count(name.begin(), name.end(), '*') > 1) {
    return "one * is allowed, in the last part of the path";
  }
  const std::string lower = to_lower_ascii(name);
  if (!lower.ends_with(".json") && !lower.ends_with(".yml") && !lower.ends_with(".yaml")) {
    return "must end in .json, .yml or .yaml";
  }
  return nullptr;
}

}  // namespace

void read_interval(Fields& fields, std::string_view key, std::chrono::nanoseconds& interval) {
  std::optional<std::string> text;
  fields.note_duration(key, interval);
  fields.read(key, text);
  if (!text) return;
  const auto duration = parse_prometheus_duration(*text);
  if (!duration) {
    fields.error(key, duration.error().message);
  } else if (duration->count() <= 0) {
    fields.error(key, "must be more than 0");
  } else {
    interval = *duration;
  }
}

void parse_file_sd(Fields fields, FileSdConfig& file) {
  fields.read("files", file.files);
  read_interval(fields, "refresh_interval", file.refresh_interval);
  if (file.files.empty() && fields.node().type == YamlType::kMap)
    fields.error("files", "needs at least one path");
  for (const std::string& pattern : file.files) {
    if (const char* const fault = file_pattern_fault(pattern)) {
      fields.error("files", fmt::format("\"{}\": {}", pattern, fault));
    }
  }
  fields.finish();
}

void parse_http_sd(Fields fields, HttpSdConfig& http) {
  fields.read("url", http.url);
  read_interval(fields, "refresh_interval", http.refresh_interval);
  parse_http_client(fields, http.http);
  fields.require("url");
  if (!http.url.empty()) {
    if (const auto fault = find_url_fault(http.url)) {
      fields.error("url", "not a valid URL: " + *fault);
    } else if (!has_http_scheme(http.url)) {
      fields.error("url", "must begin with http:// or https://");
    }
  }
  fields.finish();
}

void parse_dns_sd(Fields fields, DnsSdConfig& dns) {
  fields.read("names", dns.names);
  std::string type = "SRV";
  fields.read("type", type);
  std::uint32_t port = 0;
  fields.read("port", port);
  read_interval(fields, "refresh_interval", dns.refresh_interval);
  if (dns.names.empty() && fields.node().type == YamlType::kMap)
    fields.error("names", "needs at least one name");
  const auto* const found =
      std::find_if(kDnsTypes.begin(), kDnsTypes.end(),
                   [&](const auto& known) { return equal_ignoring_case(known.first, type); });
  if (found == kDnsTypes.end()) {
    fields.error("type", fmt::format("must be SRV, A, AAAA, MX or NS, not \"{}\"", type));
  } else {
    dns.type = found->second;
    if (port == 0 && dns.type != DnsSdConfig::Type::kSrv) {
      fields.error("port", fmt::format("is required for records of type {}", found->first));
    }
  }
  if (port > 65535) {
    fields.error("port", "must be between 1 and 65535");
  } else {
    dns.port = static_cast<std::uint16_t>(port);
  }
  fields.finish();
}

}  // namespace tailrace::config
