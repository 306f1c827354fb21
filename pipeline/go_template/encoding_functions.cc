// Template functions that hash and encode, and those for paths.
#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "pipeline/go_template/functions.h"
#include "pipeline/json/json_text.h"

namespace tailrace::pipeline::go_template {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

using Digest = Runtime::Digest;

template <Digest How>
bool digest(Call& call) {
  std::string& out = call.runtime.start_text();
  return call.runtime.append_digest(out, How, call.args[0].text, {}) && call.return_scratch();
}

// Hash salt text.
template <Digest How>
bool salted(Call& call) {
  std::string& out = call.runtime.start_text();
  return call.runtime.append_digest(out, How, call.args[0].text, call.args[1].text) &&
         call.return_scratch();
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

// Bad input gives Go's error message as the text.
bool from_base64(Call& call) {
  std::string& out = call.runtime.start_text();
  std::string kept;
  std::size_t at = 0;
  std::size_t padding = 0;
  const std::string_view text = call.args[0].text;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n' || c == '\r') continue;
    if (c == '=' && kept.size() % 4 >= 2 && padding < 4 - kept.size() % 4) {
      ++padding;
      continue;
    }
    if (padding != 0 || kBase64.find(c) == std::string_view::npos) break;
    kept += c;
  }
  if (at < text.size() || (kept.size() + padding) % 4 != 0) {
    out = fmt::format("illegal base64 data at input byte {}", at);
    return call.return_scratch();
  }
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    bits = (bits << 6U) | static_cast<std::uint32_t>(kBase64.find(kept[i]));
    if (i % 4 != 0) out += static_cast<char>((bits >> (6 - 2 * (i % 4))) & 255U);
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
      put(*map, child.key, value, arena);
    }
  }
  result = is_list ? Value::of_list(list) : Value::of_map(map);
  return true;
}

// What is no JSON gives nil.
bool from_json(Call& call) {
  json::Document& document = call.runtime.document();
  if (!call.runtime.step(call.args[0].text.size() / 8)) return false;
  const auto outcome = document.parse(call.args[0].text, call.arena);
  if (outcome != json::Document::Outcome::kOk) return true;
  return value_of(document, document.root(), call.arena, 0, call.result);
}

void append_json(std::string& out, const Value& value, int depth) {
  if (depth > kValueDepthMax || out.size() > kTextBytesMax) return;
  switch (value.kind) {
    case Value::Kind::kNil:
      out += "null";
      break;
    case Value::Kind::kBool:
      out += value.boolean ? "true" : "false";
      break;
    case Value::Kind::kFloat:
      json::append_number(out, value.number);
      break;
    case Value::Kind::kText:
      json::append_valid_string(out, value.text);
      break;
    case Value::Kind::kList:
      out += '[';
      for (std::size_t i = 0; i < value.list->size; ++i) {
        if (i != 0) out += ',';
        append_json(out, value.list->items[i], depth + 1);
      }
      out += ']';
      break;
    case Value::Kind::kMap:
      out += '{';
      for (std::size_t i = 0; i < value.map->size; ++i) {
        if (i != 0) out += ',';
        json::append_valid_string(out, value.map->entries[i].key);
        out += ':';
        append_json(out, value.map->entries[i].value, depth + 1);
      }
      out += '}';
      break;
    default:
      out += std::to_string(value.integer);
  }
}

bool to_json(Call& call) {
  std::string& out = call.runtime.start_text();
  append_json(out, call.args[0], 0);
  return out.size() <= kTextBytesMax && call.return_scratch();
}

// --- Paths with slashes ---

// Go's path.Clean.
std::string cleaned(std::string_view path) {
  const bool rooted = path.starts_with('/');
  std::string out;
  std::size_t ups = 0;  // Leading ".." that nothing takes back.
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part.empty() || part == ".") continue;
    const std::size_t fixed = ups == 0 ? 0 : ups * 3 - 1;
    if (part != "..") {
      if (!out.empty()) out += '/';
      out += part;
    } else if (out.size() > fixed) {
      const std::size_t slash = out.rfind('/');
      out.resize(slash == std::string::npos || slash < fixed ? fixed : slash);
    } else if (!rooted) {
      if (!out.empty()) out += '/';
      out += "..";
      ++ups;
    }
  }
  if (rooted) out.insert(0, 1, '/');
  return out.empty() ? "." : out;
}

bool clean(Call& call) {
  call.runtime.start_text() = cleaned(call.args[0].text);
  return call.return_scratch();
}
bool dir(Call& call) {
  const std::string_view path = call.args[0].text;
  const std::size_t slash = path.rfind('/');
  call.runtime.start_text() =
      cleaned(slash == std::string_view::npos ? "" : path.substr(0, slash + 1));
  return call.return_scratch();
}
bool base(Call& call) {
  std::string_view path = call.args[0].text;
  if (path.empty()) return call.return_text(".");
  while (path.ends_with('/'))
    path.remove_suffix(1);
  if (path.empty()) return call.return_text("/");
  return call.return_text(path.substr(path.rfind('/') + 1));
}
bool extension(Call& call) {
  const std::string_view path = call.args[0].text;
  const std::size_t dot = path.find_last_of("./");
  const bool has = dot != std::string_view::npos && path[dot] == '.';
  return call.return_text(has ? path.substr(dot) : "");
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
    {"fromJson", "s", from_json},
    {"toJson", "a", to_json},
    {"base", "s", base},
    {"dir", "s", dir},
    {"ext", "s", extension},
    {"clean", "s", clean},
});

}  // namespace

std::span<const Function> encoding_functions() {
  return kEncodingFunctions;
}

}  // namespace tailrace::pipeline::go_template
