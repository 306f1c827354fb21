// Push requests as Loki takes them.
#include "receivers/push_request.h"

#include <simdjson.h>
#include <snappy.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "model/label_set.h"
#include "shippers/push_decoder.h"

namespace tailrace::receivers {
namespace {

Error bad(std::string message) {
  return {Error::kInvalid, std::move(message)};
}

Result<std::vector<PushedEntry>> decode_protobuf(std::string_view body,
                                                 std::uint64_t raw_bytes_max) {
  std::size_t raw_bytes = 0;
  if (!snappy::GetUncompressedLength(body.data(), body.size(), &raw_bytes)) {
    return fail(bad("the body is not in snappy block format"));
  }
  if (raw_bytes > raw_bytes_max) return fail(bad("the request is too large when unpacked"));
  std::string raw;
  if (!snappy::Uncompress(body.data(), body.size(), &raw)) {
    return fail(bad("the body is not in snappy block format"));
  }
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

Result<std::string> inflate_body(std::string_view body, std::uint64_t raw_bytes_max) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 32) != Z_OK) return fail(bad("zlib cannot be initialised"));
  std::string input(body);
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  std::string raw;
  char chunk[65536];
  int code = Z_OK;
  while (code == Z_OK && raw.size() <= raw_bytes_max) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk);
    stream.avail_out = sizeof chunk;
    code = inflate(&stream, Z_NO_FLUSH);
    raw.append(chunk, sizeof chunk - stream.avail_out);
  }
  inflateEnd(&stream);
  if (raw.size() > raw_bytes_max) return fail(bad("the request is too large when unpacked"));
  if (code != Z_STREAM_END) return fail(bad("the compressed body is damaged"));
  return raw;
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

// "application/json" of "Application/JSON ; charset=utf-8".
std::string media_type(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  while (type.ends_with(' '))
    type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return type;
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
  if (content_encoding != "gzip" && content_encoding != "deflate") {
    return fail(bad("Content-Encoding " + std::string(content_encoding) + " is not supported"));
  }
  const Result<std::string> raw = inflate_body(body, raw_bytes_max);
  if (!raw) return fail(raw.error());
  return decode_json(*raw);
}

}  // namespace tailrace::receivers
