// zlib around simdjson around Go's way of writing JSON.
#include "receivers/gelf_message.h"

#include <simdjson.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "model/line_block.h"
#include "receivers/go_json.h"

namespace tailrace::receivers {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::array<std::string_view, 8> kLevels = {
    "emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"};
constexpr std::size_t kPadding = ReadBuffer::kPadding;
// Deeper is no log message.
constexpr int kDepthMax = 32;

void append_value(std::string& out, const element& value, int depth);

// Members by name, of equal names the last.
void append_object(std::string& out, const simdjson::dom::object& object, int depth) {
  std::vector<std::pair<std::string_view, element>> members;
  for (const auto& [name, value] : object)
    members.emplace_back(name, value);
  std::stable_sort(members.begin(), members.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  out += '{';
  bool first = true;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i + 1 < members.size() && members[i + 1].first == members[i].first) continue;
    if (!std::exchange(first, false)) out += ',';
    append_go_json_text(out, members[i].first);
    out += ':';
    append_value(out, members[i].second, depth + 1);
  }
  out += '}';
}

void append_array(std::string& out, const simdjson::dom::array& array, int depth) {
  out += '[';
  bool first = true;
  for (const element& value : array) {
    if (!std::exchange(first, false)) out += ',';
    append_value(out, value, depth + 1);
  }
  out += ']';
}

void append_value(std::string& out, const element& value, int depth) {
  if (depth > kDepthMax) {
    out += "null";
    return;
  }
  switch (value.type()) {
    case element_type::STRING:
      append_go_json_text(out, value.get_string().value_unsafe());
      return;
    case element_type::BOOL:
      out += value.get_bool().value_unsafe() ? "true" : "false";
      return;
    case element_type::OBJECT:
      append_object(out, value.get_object().value_unsafe(), depth);
      return;
    case element_type::ARRAY:
      append_array(out, value.get_array().value_unsafe(), depth);
      return;
    case element_type::NULL_VALUE:
      out += "null";
      return;
    default:
      // -0 as 0: as a whole number it has no sign when simdjson has read it.
      append_go_json_number(out, value.get_double().value_unsafe() + 0.0);
      return;
  }
}

// Whole numbers beyond 64 bits, which simdjson does not take, as the fractions that Go reads every
// number as.
std::string long_numbers_with_fractions(std::string_view json) {
  constexpr std::string_view kInNumbers = "0123456789+-.eE";
  constexpr std::size_t kDigitsMax = 18;
  std::string out;
  bool in_text = false;
  for (std::size_t i = 0; i < json.size();) {
    const char c = json[i];
    const std::size_t end = std::min(json.find_first_not_of(kInNumbers, i), json.size());
    if (in_text || end == i) {
      const std::size_t bytes = in_text && c == '\\' && i + 1 < json.size() ? 2 : 1;
      if (c == '"') in_text = !in_text;
      out += json.substr(i, bytes);
      i += bytes;
      continue;
    }
    const std::string_view number = json.substr(i, end - i);
    out += number;
    const bool whole = number.find_first_of(".eE") == std::string_view::npos;
    if (whole && number.size() > kDigitsMax) out += "e0";
    i = end;
  }
  return out;
}

Status wrong_type(std::string_view name) {
  return fail(Error::kInvalid, "the field " + std::string(name) + " has the wrong type");
}

}  // namespace

struct GelfReader::State {
  simdjson::dom::parser parser;
  GelfMessage message;
  std::string_view short_message;
  std::string_view full_message;
  double timestamp = 0;
  std::vector<std::pair<std::string_view, element>> additional;
  std::string with_fractions;  // What the texts of a message with long numbers lie in.

  Status take_fields(const simdjson::dom::object& object);
  Status take_field(std::string_view name, const element& value);
  void write_line();
};

Status GelfReader::State::take_field(std::string_view name, const element& value) {
  const auto text = [&value](auto& field) -> bool {
    if (value.type() != element_type::STRING) return false;
    field = value.get_string().value_unsafe();
    return true;
  };
  double number = 0;
  bool right = true;
  if (name == "version") {
    right = text(message.version);
  } else if (name == "host") {
    right = text(message.host);
  } else if (name == "short_message") {
    right = text(short_message);
  } else if (name == "full_message") {
    right = text(full_message);
  } else if (name == "facility") {
    right = text(message.facility);
  } else if (name == "timestamp") {
    right = value.get_double().get(timestamp) == simdjson::SUCCESS;
  } else if (name == "level") {
    right = value.get_double().get(number) == simdjson::SUCCESS;
    // Towards zero, as Go converts.
    if (right && std::abs(number) < 1e9) message.level = static_cast<int>(number);
  } else if (name.starts_with('_')) {
    additional.emplace_back(name, value);
  }
  return right ? Status() : wrong_type(name);
}

Status GelfReader::State::take_fields(const simdjson::dom::object& object) {
  message.version.clear();
  message.host.clear();
  message.facility.clear();
  message.level = 0;
  message.time_ns.reset();
  short_message = full_message = {};
  timestamp = 0;
  additional.clear();
  for (const auto& [name, value] : object) {
    if (Status taken = take_field(name, value); !taken) return taken;
  }
  // 2262 and on do not fit.
  constexpr double kSecondsMax = 9.2e9;
  if (timestamp != 0 && std::abs(timestamp) < kSecondsMax) {
    const double whole = std::floor(timestamp);
    message.time_ns = static_cast<std::int64_t>(whole) * 1'000'000'000 +
                      static_cast<std::int64_t>((timestamp - whole) * 1e9);
  }
  return {};
}

void GelfReader::State::write_line() {
  std::string& line = message.line;
  line = "{\"version\":";
  append_go_json_text(line, message.version);
  line += ",\"host\":";
  append_go_json_text(line, message.host);
  line += ",\"short_message\":";
  append_go_json_text(line, short_message);
  if (!full_message.empty()) {
    line += ",\"full_message\":";
    append_go_json_text(line, full_message);
  }
  line += ",\"timestamp\":";
  append_go_json_number(line, timestamp);
  if (message.level != 0) line += ",\"level\":" + std::to_string(message.level);
  if (!message.facility.empty()) {
    line += ",\"facility\":";
    append_go_json_text(line, message.facility);
  }
  std::stable_sort(additional.begin(), additional.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < additional.size(); ++i) {
    if (i + 1 < additional.size() && additional[i + 1].first == additional[i].first) continue;
    line += ',';
    append_go_json_text(line, additional[i].first);
    line += ':';
    append_value(line, additional[i].second, 0);
  }
  line += '}';
}

GelfReader::GelfReader() : state_(std::make_unique<State>()) {}
GelfReader::~GelfReader() = default;

Result<const GelfMessage*> GelfReader::read(std::string_view json) {
  element root;
  simdjson::dom::object object;
  // The bytes behind it may be read, so no copy is needed.
  auto code = state_->parser.parse(json.data(), json.size(), false).get(root);
  if (code == simdjson::NUMBER_ERROR) {
    state_->with_fractions = long_numbers_with_fractions(json);
    code = state_->parser.parse(state_->with_fractions).get(root);
  }
  if (code != simdjson::SUCCESS) {
    return fail(Error::kInvalid, std::string("no JSON: ") + simdjson::error_message(code));
  }
  if (root.get_object().get(object) != simdjson::SUCCESS) {
    return fail(Error::kInvalid, "it is no JSON object");
  }
  if (Status taken = state_->take_fields(object); !taken) return fail(taken.error());
  state_->write_line();
  return &state_->message;
}

Result<std::string_view> GelfUnpacker::unpack(std::string_view packed) {
  const auto byte = [packed](std::size_t i) { return static_cast<unsigned char>(packed[i]); };
  const bool gzip = packed.size() >= 2 && byte(0) == 0x1f && byte(1) == 0x8b;
  // RFC 1950: deflate, and a check of both bytes.
  const bool zlib =
      packed.size() >= 2 && (byte(0) & 0x0fU) == 8 && (byte(0) * 256U + byte(1)) % 31 == 0;
  if (!gzip && !zlib) return packed;
  z_stream stream{};
  constexpr int kGzipOrZlib = 15 + 32;
  if (inflateInit2(&stream, kGzipOrZlib) != Z_OK) return fail(Error::kOther, "no memory");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::size_t size = 0;
  int code = Z_OK;
  while (code == Z_OK && size < bytes_max_) {
    if (unpacked_.size() <= size + kPadding) {
      unpacked_.resize(kPadding +
                       std::min(bytes_max_, std::max<std::size_t>(64U << 10U, 2 * size)));
    }
    stream.next_out = reinterpret_cast<Bytef*>(unpacked_.data() + size);
    stream.avail_out = static_cast<uInt>(unpacked_.size() - kPadding - size);
    code = inflate(&stream, Z_NO_FLUSH);
    size = unpacked_.size() - kPadding - stream.avail_out;
  }
  inflateEnd(&stream);
  if (code == Z_STREAM_END) return std::string_view(unpacked_).substr(0, size);
  if (code == Z_OK) return fail(Error::kExhausted, "unpacked it is too long");
  return fail(Error::kInvalid, "what it is packed in is damaged");
}

std::string_view gelf_level(int level) {
  const bool known = level >= 0 && level < static_cast<int>(kLevels.size());
  return known ? kLevels[static_cast<std::size_t>(level)] : std::string_view();
}

}  // namespace tailrace::receivers
