// Names that say that their values are without number: no labels.
#include "debugger/lint_label_names.h"

#include <algorithm>
#include <array>
#include <string>

namespace tailrace::debugger {
namespace {

struct NamePattern {
  std::string_view words;  // As in snake_case; a leading "*" stands for any words before.
  std::string_view kind;
};

constexpr std::string_view kIdentifier = "an identifier";
constexpr std::string_view kAddress = "an address";
constexpr std::string_view kPerson = "a person or a visit";
constexpr std::string_view kProcess = "a number that the system gives out";
constexpr std::string_view kPlace = "what was asked for";
constexpr std::string_view kMoment = "a time";
constexpr std::string_view kAmount = "an amount";
constexpr std::string_view kText = "free text";

// Ends in "_id" and yet has few values.
constexpr auto kFewValues = std::to_array<std::string_view>(
    {"tenant_id",      "cluster_id", "app_id",        "service_id", "project_id",
     "region_id",      "zone_id",    "node_id",       "site_id",    "env_id",
     "environment_id", "org_id",     "datacenter_id", "rack_id",    "shard_id",
     "partition_id",   "event_id",   "facility_id",   "program_id", "container_id"});

constexpr auto kPatterns = std::to_array<NamePattern>({
    {"id", kIdentifier},
    {"*_id", kIdentifier},
    {"*uuid", kIdentifier},
    {"*guid", kIdentifier},
    {"*_hash", kIdentifier},
    {"*checksum", kIdentifier},
    {"*requestid", kIdentifier},
    {"*traceid", kIdentifier},
    {"*spanid", kIdentifier},
    {"*userid", kIdentifier},
    {"*sessionid", kIdentifier},
    {"*correlationid", kIdentifier},
    {"*_token", kIdentifier},
    {"token", kIdentifier},
    {"serial", kIdentifier},
    {"ip", kAddress},
    {"*_ip", kAddress},
    {"*ipaddr", kAddress},
    {"addr", kAddress},
    {"*_addr", kAddress},
    {"*_address", kAddress},
    {"address", kAddress},
    {"remote", kAddress},
    {"port", kAddress},
    {"*_port", kAddress},
    {"x_forwarded_for", kAddress},
    {"mac", kAddress},
    {"user", kPerson},
    {"username", kPerson},
    {"remote_user", kPerson},
    {"user_name", kPerson},
    {"*email", kPerson},
    {"session", kPerson},
    {"*_session", kPerson},
    {"login", kPerson},
    {"pid", kProcess},
    {"*_pid", kProcess},
    {"tid", kProcess},
    {"line_number", kProcess},
    {"lineno", kProcess},
    {"path", kPlace},
    {"*_path", kPlace},
    {"url", kPlace},
    {"*_url", kPlace},
    {"uri", kPlace},
    {"*_uri", kPlace},
    {"request", kPlace},
    {"query", kPlace},
    {"query_string", kPlace},
    {"referer", kPlace},
    {"referrer", kPlace},
    {"*user_agent", kPlace},
    {"useragent", kPlace},
    {"*timestamp", kMoment},
    {"time", kMoment},
    {"ts", kMoment},
    {"date", kMoment},
    {"datetime", kMoment},
    {"epoch", kMoment},
    {"*_at", kMoment},
    {"duration", kAmount},
    {"*_duration", kAmount},
    {"duration_ms", kAmount},
    {"latency", kAmount},
    {"*_latency", kAmount},
    {"elapsed", kAmount},
    {"*_time", kAmount},
    {"took", kAmount},
    {"bytes", kAmount},
    {"*_bytes", kAmount},
    {"size", kAmount},
    {"*_size", kAmount},
    {"content_length", kAmount},
    {"message", kText},
    {"msg", kText},
    {"content", kText},
    {"line", kText},
    {"body", kText},
    {"stack_trace", kText},
    {"stacktrace", kText},
});

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

// clientIP, Client-IP and client_ip are all client_ip.
std::string snake_case(std::string_view name) {
  std::string words;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '-' || c == '.' || c == '_') {
      words += '_';
      continue;
    }
    const bool begins_word = is_upper(c) && i > 0 && !is_upper(name[i - 1]);
    if (begins_word && words.back() != '_') words += '_';
    words += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return words;
}

}  // namespace

std::optional<std::string_view> unbounded_kind(std::string_view name) {
  const std::string words = snake_case(name);
  if (std::find(kFewValues.begin(), kFewValues.end(), words) != kFewValues.end()) {
    return std::nullopt;
  }
  for (const NamePattern& pattern : kPatterns) {
    const bool fits = pattern.words.front() == '*' ? words.ends_with(pattern.words.substr(1))
                                                   : words == pattern.words;
    if (fits) return pattern.kind;
  }
  return std::nullopt;
}

}  // namespace tailrace::debugger
