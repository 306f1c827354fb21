// What of an entry becomes labels, line and time.
#include "receivers/gcp_log_entry.h"

#include <simdjson.h>

#include "base/rfc3339.h"

namespace tailrace::receivers {
namespace {

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

// Text of a field; empty when it is not there. False: it is something else than text.
bool read_text(simdjson::dom::object object, const char* key, std::string_view& text) {
  simdjson::dom::element value;
  if (object[key].get(value) != simdjson::SUCCESS || value.is_null()) return true;
  return value.get(text) == simdjson::SUCCESS;
}

bool add_labels(simdjson::dom::object object, const char* key, const std::string& prefix,
                GcpLogEntry& entry) {
  simdjson::dom::element value;
  if (object[key].get(value) != simdjson::SUCCESS || value.is_null()) return true;
  simdjson::dom::object labels;
  if (value.get(labels) != simdjson::SUCCESS) return false;
  for (const auto field : labels) {
    std::string_view text;
    if (field.value.get(text) != simdjson::SUCCESS) return false;
    entry.labels.emplace_back(prefix + gcp_label_part(field.key), text);
  }
  return true;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

Error no_entry() {
  return {Error::kInvalid, "the message is no entry of a log in JSON"};
}

}  // namespace

// Each capital letter begins a word, as in Promtail: "logID" -> "log_i_d".
std::string gcp_label_part(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '.' || c == '-' || c == '/') {
      out += '_';
      continue;
    }
    if (is_upper(c) && !out.empty() && out.back() != '_') out += '_';
    out += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

Result<GcpLogEntry> parse_gcp_log_entry(std::string_view data, GcpLines lines, GcpTimes times) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(data.data(), data.size()).get(object) != simdjson::SUCCESS) {
    return fail(no_entry());
  }
  std::string_view log_name, severity, text_payload, timestamp, receive_timestamp, type;
  if (!read_text(object, "logName", log_name) || !read_text(object, "severity", severity) ||
      !read_text(object, "textPayload", text_payload) ||
      !read_text(object, "timestamp", timestamp) ||
      !read_text(object, "receiveTimestamp", receive_timestamp)) {
    return fail(no_entry());
  }
  GcpLogEntry entry;
  simdjson::dom::object resource;
  const bool has_resource = object["resource"].get(resource) == simdjson::SUCCESS;
  if (has_resource && !read_text(resource, "type", type)) return fail(no_entry());
  entry.labels = {{"__gcp_logname", std::string(log_name)},
                  {"__gcp_resource_type", std::string(type)},
                  {"__gcp_severity", std::string(severity)}};
  if ((has_resource && !add_labels(resource, "labels", "__gcp_resource_labels_", entry)) ||
      !add_labels(object, "labels", "__gcp_labels_", entry)) {
    return fail(no_entry());
  }
  const bool full = lines == GcpLines::kFull || is_blank(text_payload);
  entry.line = full ? data : text_payload;
  if (times == GcpTimes::kOurs) return entry;
  const std::string_view time = timestamp.empty() ? receive_timestamp : timestamp;
  const auto parsed = parse_rfc3339(time);
  if (!parsed) {
    return fail(Error::kInvalid,
                "the entry has no time: \"" + std::string(time.substr(0, 100)) + "\"");
  }
  entry.time_ns = *parsed;
  return entry;
}

}  // namespace tailrace::receivers
