// Template functions that hash and encode.
#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "pipeline/go_template/digest.h"
#include "pipeline/go_template/functions.h"
#include "pipeline/json/json_text.h"

namespace tailrace::pipeline::go_template {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool return_digest(Call& call, Digest digest, std::string_view first, std::string_view second) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string& out = call.runtime.start_text();
  std::array<unsigned char, kDigestBytesMax> room;
  for (const unsigned char byte : digest_of(digest, first, second, room)) {
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return call.return_scratch();
}

template <Digest How>
bool digest(Call& call) {
  return return_digest(call, How, call.args[0].text, {});
}

// Hash salt text.
template <Digest How>
bool salted(Call& call) {
  return return_digest(call, How, call.args[0].text, call.args[1].text);
}

bool adler32(Call& call) {
  constexpr std::uint32_t kModulus = 65'521;
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  for (const char c : call.args[0].text) {
    a = (a + static_cast<unsigned char>(c)) % kModulus;
    b = (b + a) % kModulus;
  }
  call.runtime.start_text() = fmt::format("{}", (b << 16U) | a);
  return call.return_scratch();
}

bool to_base64(Call& call) {
  std::string& out = call.runtime.start_text();
  const std::string_view text = call.args[0].text;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      bits = (bits << 8U) | (i + j < text.size() ? static_cast<unsigned char>(text[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += i + j <= text.size() ? kBase64[(bits >> (18 - 6 * j)) & 63U] : '=';
    }
  }
  return call.return_scratch();
}

// The digits of a text in base 32 or 64, without line ends and padding.
struct BaseDigits {
  std::string digits;
  std::size_t end = 0;    // Where Go says that the text stops being what it should be.
  bool complete = false;  // All of it was read, and it is padded to whole groups.
};

BaseDigits take_digits(std::string_view text, std::string_view alphabet, std::size_t group) {
  BaseDigits result;
  std::string& kept = result.digits;
  std::size_t padding = 0;
  std::size_t& at = result.end;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n' || c == '\r') continue;
    if (c == '=' && kept.size() % group >= 2 && padding < group - kept.size() % group) {
      ++padding;
      continue;
    }
    if (padding != 0 || alphabet.find(c) == std::string_view::npos) break;
    kept += c;
  }
  const bool whole = (kept.size() + padding) % group == 0;
  result.complete = at == text.size() && whole;
  if (at == text.size() && padding == 0) at -= kept.size() % group;  // The group that is not whole.
  if (at < text.size() && padding != 0 && !whole) --at;
  return result;
}

// Bad input gives Go's error message as the text.
bool from_base64(Call& call) {
  const BaseDigits read = take_digits(call.args[0].text, kBase64, 4);
  std::string& out = call.runtime.start_text();
  if (!read.complete) {
    out = fmt::format("illegal base64 data at input byte {}", read.end);
    return call.return_scratch();
  }
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < read.digits.size(); ++i) {
    bits = (bits << 6U) | static_cast<std::uint32_t>(kBase64.find(read.digits[i]));
    if (i % 4 != 0) out += static_cast<char>((bits >> (6 - 2 * (i % 4))) & 255U);
  }
  return call.return_scratch();
}

constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

bool to_base32(Call& call) {
  std::string& out = call.runtime.start_text();
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : call.args[0].text) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    for (count += 8; count >= 5; count -= 5)
      out += kBase32[(bits >> (count - 5)) & 31U];
    bits &= 31U;
  }
  if (count > 0) out += kBase32[(bits << (5 - count)) & 31U];
  out.append((8 - out.size() % 8) % 8, '=');
  return call.return_scratch();
}

// Bad input gives Go's error message as the text.
bool from_base32(Call& call) {
  const BaseDigits read = take_digits(call.args[0].text, kBase32, 8);
  std::string& out = call.runtime.start_text();
  const std::size_t last = read.digits.size() % 8;
  if (!read.complete || last == 1 || last == 3 || last == 6) {
    out = fmt::format("illegal base32 data at input byte {}", read.end);
    return call.return_scratch();
  }
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : read.digits) {
    bits = ((bits << 5U) | static_cast<std::uint32_t>(kBase32.find(c))) & 0xFFFU;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> count) & 255U);
  }
  return call.return_scratch();
}

// --- JSON ---

std::size_t children_of(const json::Document& document, const json::Node& node) {
  std::size_t count = 0;
  for (std::uint32_t i = node.first_child; i != json::Node::kNone;
       i = document.node(i).next_sibling) {
    ++count;
  }
  return count;
}

// False: nested too deep.
bool value_of(const json::Document& document, const json::Node& node, Arena& arena, int depth,
              Value& result) {
  using Kind = json::Node::Kind;
  if (depth > kValueDepthMax) return false;
  if (node.kind == Kind::kNumber) result = Value::of_float(node.number);
  if (node.kind == Kind::kString) result = Value::of_text(node.text);
  if (node.kind == Kind::kFalse || node.kind == Kind::kTrue) {
    result = Value::of_bool(node.kind == Kind::kTrue);
  }
  if (node.kind != Kind::kArray && node.kind != Kind::kObject) return true;
  const std::size_t count = children_of(document, node);
  const bool is_list = node.kind == Kind::kArray;
  List* const list = is_list ? make_list(arena, count) : nullptr;
  Map* const map = is_list ? nullptr : make_map(arena, count);
  std::size_t at = 0;
  for (std::uint32_t i = node.first_child; i != json::Node::kNone;
       i = document.node(i).next_sibling) {
    const json::Node& child = document.node(i);
    if (child.overridden) continue;
    Value value;
    if (!value_of(document, child, arena, depth + 1, value)) return false;
    if (is_list) {
      list->items[at++] = value;
    } else {
      map->entries[map->size++] = {.key = child.key, .value = value};
    }
  }
  // Sorted at once: one after the other would take the square of their number.
  if (map != nullptr) {
    std::sort(map->entries, map->entries + map->size,
              [](const MapEntry& a, const MapEntry& b) { return a.key < b.key; });
  }
  result = is_list ? Value::of_list(list) : Value::of_map(map);
  return true;
}

bool must_from_json(Call& call) {
  json::Document& document = call.runtime.document();
  if (!call.runtime.step(call.args[0].text.size() / 8)) return false;
  const auto outcome = document.parse(call.args[0].text, call.arena);
  return outcome == json::Document::Outcome::kOk &&
         value_of(document, document.root(), call.arena, 0, call.result);
}
// What is no JSON gives nil.
bool from_json(Call& call) {
  if (must_from_json(call)) return true;
  call.result = Value{};
  return call.runtime.step(0);
}

enum class Layout { kOneLine, kLines };
enum class Escape { kHtml, kNone };

template <Layout How, Escape What>
class JsonWriter {
 public:
  JsonWriter(std::string& out, NodeBudget& nodes) : out_(out), nodes_(nodes) {}

  // What is too long or too large is cut off.
  void value(const Value& value, int depth) {
    switch (value.kind) {
      case Value::Kind::kNil:
        out_ += "null";
        break;
      case Value::Kind::kBool:
        out_ += value.boolean ? "true" : "false";
        break;
      case Value::Kind::kFloat:
        json::append_number(out_, value.number);
        break;
      case Value::Kind::kText:
        text(value.text);
        break;
      case Value::Kind::kList:
        list(*value.list, depth);
        break;
      case Value::Kind::kMap:
        map(*value.map, depth);
        break;
      default:
        out_ += std::to_string(value.integer);
    }
  }

 private:
  void text(std::string_view text) {
    const std::size_t begin = out_.size();
    json::append_valid_string(out_, text);
    if (What == Escape::kHtml) return;
    for (const auto& [escape, plain] :
         {std::pair("\\u003c", '<'), {"\\u003e", '>'}, {"\\u0026", '&'}})
      undo(begin, escape, plain);
  }
  // A backslash of the text itself stands there twice.
  void undo(std::size_t begin, std::string_view escape, char plain) {
    for (std::size_t at = begin; (at = out_.find('\\', at)) != std::string::npos;) {
      const bool found = out_.compare(at, escape.size(), escape) == 0;
      if (found) out_.replace(at, escape.size(), 1, plain);
      at += found ? 1 : 2;
    }
  }
  void new_line(int depth) {
    if (How == Layout::kOneLine) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(depth) * 2, ' ');
  }
  void list(const List& list, int depth) {
    out_ += '[';
    for (std::size_t i = 0; i < list.size; ++i) {
      if (out_.size() > kTextBytesMax || !nodes_.take(depth + 1)) return;
      if (i != 0) out_ += ',';
      new_line(depth + 1);
      value(list.items[i], depth + 1);
    }
    if (list.size != 0) new_line(depth);
    out_ += ']';
  }
  void map(const Map& map, int depth) {
    out_ += '{';
    for (std::size_t i = 0; i < map.size; ++i) {
      if (out_.size() > kTextBytesMax || !nodes_.take(depth + 1)) return;
      if (i != 0) out_ += ',';
      new_line(depth + 1);
      text(map.entries[i].key);
      out_ += How == Layout::kLines ? ": " : ":";
      value(map.entries[i].value, depth + 1);
    }
    if (map.size != 0) new_line(depth);
    out_ += '}';
  }

  std::string& out_;
  NodeBudget& nodes_;
};

template <Layout How, Escape What>
bool to_json(Call& call) {
  std::string& out = call.runtime.start_text();
  JsonWriter<How, What>(out, call.runtime.nodes()).value(call.args[0], 0);
  return out.size() <= kTextBytesMax && call.return_scratch();
}

constexpr auto kEncodingFunctions = std::to_array<Function>({
    {"Hash", "ss", salted<Digest::kSha3>},
    {"Sha2Hash", "ss", salted<Digest::kSha256>},
    {"sha1sum", "s", digest<Digest::kSha1>},
    {"sha256sum", "s", digest<Digest::kSha256>},
    {"sha512sum", "s", digest<Digest::kSha512>},
    {"adler32sum", "s", adler32},
    {"b64enc", "s", to_base64},
    {"b64dec", "s", from_base64},
    {"b32enc", "s", to_base32},
    {"b32dec", "s", from_base32},
    {"fromJson", "s", from_json},
    {"mustFromJson", "s", must_from_json},
    {"toJson", "a", to_json<Layout::kOneLine, Escape::kHtml>},
    {"mustToJson", "a", to_json<Layout::kOneLine, Escape::kHtml>},
    {"toPrettyJson", "a", to_json<Layout::kLines, Escape::kHtml>},
    {"mustToPrettyJson", "a", to_json<Layout::kLines, Escape::kHtml>},
    {"toRawJson", "a", to_json<Layout::kOneLine, Escape::kNone>},
    {"mustToRawJson", "a", to_json<Layout::kOneLine, Escape::kNone>},
});

}  // namespace

std::span<const Function> encoding_functions() {
  return kEncodingFunctions;
}

}  // namespace tailrace::pipeline::go_template
