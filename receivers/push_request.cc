// Push requests as Loki takes them.
#include "receivers/push_request.h"

#include <simdjson.h>

#include <charconv>
#include <map>

#include "model/label_set.h"
#include "receivers/unpack_body.h"
#include "shippers/push_decoder.h"

namespace tailrace::receivers {
namespace {

Error bad(std::string message) {
  return {Error::kInvalid, std::move(message)};
}

Result<std::vector<PushedEntry>> decode_protobuf(std::string_view body,
                                                 std::uint64_t raw_bytes_max) {
  std::string raw;
  const Status unpacked = unpack_body("snappy", body, raw_bytes_max, raw);
  if (!unpacked) return fail(bad(unpacked.error().message));
  const Result<shippers::DecodedPush> push = shippers::decode_push(raw);
  if (!push) return fail(bad(push.error().message));
  std::vector<PushedEntry> entries;
  for (const shippers::DecodedStream& stream : push->streams) {
    for (const shippers::DecodedEntry& decoded : stream.entries) {
      PushedEntry entry;
      entry.labels = stream.labels;
      entry.time = decoded.time();
      entry.line = decoded.line;
      for (const auto& [name, value] : decoded.metadata)
        entry.metadata.emplace_back(name, value);
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

// {"a": "b"} of a JSON request as Loki's text.
std::string label_text(const std::map<std::string, std::string>& labels) {
  std::string text = "{";
  for (const auto& [name, value] : labels) {
    if (text.size() > 1) text += ", ";
    text += name + "=";
    append_go_quoted(text, value);
  }
  return text + "}";
}

Status decode_value(simdjson::dom::element value, PushedEntry& entry) {
  simdjson::dom::array parts;
  if (value.get(parts) != simdjson::SUCCESS || parts.size() < 2) {
    return fail(bad("an entry of `values` is not [\"<time>\", \"<line>\"]"));
  }
  std::string_view time;
  std::string_view line;
  if (parts.at(0).get(time) != simdjson::SUCCESS || parts.at(1).get(line) != simdjson::SUCCESS) {
    return fail(bad("an entry of `values` is not [\"<time>\", \"<line>\"]"));
  }
  std::int64_t time_ns = 0;
  const auto parsed = std::from_chars(time.data(), time.data() + time.size(), time_ns);
  if (parsed.ec != std::errc{} || parsed.ptr != time.data() + time.size()) {
    return fail(bad("a time is not a number of nanoseconds: " + std::string(time)));
  }
  entry.time = Timestamp::of_ns(time_ns);
  entry.line = line;
  if (parts.size() == 2) return {};
  simdjson::dom::object metadata;
  if (parts.at(2).get(metadata) != simdjson::SUCCESS) {
    return fail(bad("structured metadata is not an object"));
  }
  for (const auto field : metadata) {
    std::string_view text;
    if (field.value.get(text) != simdjson::SUCCESS) {
      return fail(bad("structured metadata holds something else than text"));
    }
    entry.metadata.emplace_back(field.key, text);
  }
  return {};
}

Result<std::vector<PushedEntry>> decode_json(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  simdjson::dom::array streams;
  if (parser.parse(body.data(), body.size()).get(document) != simdjson::SUCCESS ||
      document["streams"].get(streams) != simdjson::SUCCESS) {
    return fail(bad("the body is not {\"streams\": [...]}"));
  }
  std::vector<PushedEntry> entries;
  for (const simdjson::dom::element stream : streams) {
    simdjson::dom::object labels;
    simdjson::dom::array values;
    if (stream["stream"].get(labels) != simdjson::SUCCESS ||
        stream["values"].get(values) != simdjson::SUCCESS) {
      return fail(bad("a stream lacks `stream` or `values`"));
    }
    std::map<std::string, std::string> pairs;
    for (const auto field : labels) {
      std::string_view text;
      if (field.value.get(text) != simdjson::SUCCESS) {
        return fail(bad("a label is something else than text"));
      }
      if (!is_label_name(field.key)) {
        return fail(bad("a label has a name that is none: " + std::string(field.key)));
      }
      pairs[std::string(field.key)] = text;
    }
    const std::string text = label_text(pairs);
    for (const simdjson::dom::element value : values) {
      PushedEntry entry;
      entry.labels = text;
      if (Status decoded = decode_value(value, entry); !decoded) return fail(decoded.error());
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

}  // namespace

Result<std::vector<PushedEntry>> decode_push_request(std::string_view content_type,
                                                     std::string_view content_encoding,
                                                     std::string_view body,
                                                     std::uint64_t raw_bytes_max) {
  const std::string type = media_type(content_type);
  if (type == "application/x-protobuf") return decode_protobuf(body, raw_bytes_max);
  if (type != "application/json") {
    return fail(bad("Content-Type must be application/x-protobuf or application/json"));
  }
  if (content_encoding.empty()) return decode_json(body);
  std::string raw;
  const Status unpacked = unpack_body(content_encoding, body, raw_bytes_max, raw);
  if (!unpacked) return fail(bad(unpacked.error().message));
  return decode_json(raw);
}

}  // namespace tailrace::receivers
