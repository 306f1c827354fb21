// Reads `key=value` pairs from a text.
#include "pipeline/logfmt/scanner.h"

#include <cstdint>
#include <optional>
#include <string>

#include "base/utf8.h"

namespace tailrace::pipeline::logfmt {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_blank(char c) {
  return static_cast<unsigned char>(c) <= ' ';
}

bool is_good_key(std::string_view key) {
  for (std::size_t i = 0; i < key.size();) {
    const std::size_t bytes = utf8_sequence_bytes(key.substr(i));
    if (bytes == 0 || key.substr(i, bytes) == kReplacement) return false;
    i += bytes;
  }
  return true;
}

std::optional<std::uint32_t> hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text.substr(0, 4)) {
    const char lower = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9') {
      value = value * 16 + static_cast<std::uint32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

char* put_utf8(char* out, std::uint32_t code_point) {
  const auto low = [](std::uint32_t bits) { return static_cast<char>(0x80U | (bits & 0x3FU)); };
  if (code_point < 0x80) {
    *out++ = static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    *out++ = static_cast<char>(0xC0U | (code_point >> 6U));
    *out++ = low(code_point);
  } else if (code_point < 0x10000) {
    *out++ = static_cast<char>(0xE0U | (code_point >> 12U));
    *out++ = low(code_point >> 6U);
    *out++ = low(code_point);
  } else {
    *out++ = static_cast<char>(0xF0U | (code_point >> 18U));
    *out++ = low(code_point >> 12U);
    *out++ = low(code_point >> 6U);
    *out++ = low(code_point);
  }
  return out;
}

// The `uXXXX` at `at` (behind the backslash), with a second one when the two are a pair.
std::optional<std::uint32_t> unicode_escape(std::string_view raw, std::size_t& at) {
  const std::optional<std::uint32_t> first = hex4(raw.substr(at + 1));
  if (!first) return std::nullopt;
  at += 5;
  if (*first < 0xD800 || *first >= 0xE000) return first;
  if (*first < 0xDC00 && raw.substr(at).starts_with("\\u")) {
    const std::optional<std::uint32_t> second = hex4(raw.substr(at + 2));
    if (second && *second >= 0xDC00 && *second < 0xE000) {
      at += 6;
      return 0x10000 + ((*first - 0xD800) << 10U) + (*second - 0xDC00);
    }
  }
  return 0xFFFD;
}

// The text of the inside of quotes; nothing when an escape or a control character is bad. An
// invalid byte becomes U+FFFD, which takes three.
std::optional<std::string_view> unescape(std::string_view raw, Arena& arena) {
  constexpr std::string_view kLetters = "\"\\/'bfnrt";
  constexpr std::string_view kMeanings = "\"\\/'\b\f\n\r\t";
  char* const begin = arena.allocate(raw.size() * 3);
  char* out = begin;
  for (std::size_t at = 0; at < raw.size();) {
    const char c = raw[at];
    if (static_cast<unsigned char>(c) < ' ') return std::nullopt;
    if (c != '\\') {
      const std::size_t bytes = utf8_sequence_bytes(raw.substr(at));
      const std::string_view character = bytes == 0 ? kReplacement : raw.substr(at, bytes);
      out += character.copy(out, character.size());
      at += bytes == 0 ? 1 : bytes;
      continue;
    }
    if (++at == raw.size()) return std::nullopt;
    if (raw[at] == 'u') {
      const std::optional<std::uint32_t> code_point = unicode_escape(raw, at);
      if (!code_point) return std::nullopt;
      out = put_utf8(out, *code_point);
      continue;
    }
    const std::size_t known = kLetters.find(raw[at]);
    if (known == std::string_view::npos) return std::nullopt;
    *out++ = kMeanings[known];
    ++at;
  }
  return std::string_view(begin, static_cast<std::size_t>(out - begin));
}

}  // namespace

Scanner::Outcome Scanner::next(std::string_view& key, std::string_view& value) {
  while (at_ < text_.size() && is_blank(text_[at_]))
    ++at_;
  if (at_ == text_.size()) return Outcome::kEnd;
  const std::size_t begin = at_;
  while (at_ < text_.size() && !is_blank(text_[at_]) && text_[at_] != '=') {
    if (text_[at_] == '"') return Outcome::kMalformed;
    ++at_;
  }
  key = text_.substr(begin, at_ - begin);
  if (key.empty() || !is_good_key(key)) return Outcome::kMalformed;
  value = {};
  if (at_ == text_.size() || text_[at_] != '=') return Outcome::kPair;  // A bare key.
  ++at_;
  return read_value(value);
}

Scanner::Outcome Scanner::read_value(std::string_view& value) {
  if (at_ < text_.size() && text_[at_] == '"') return read_quoted(value);
  const std::size_t begin = at_;
  for (; at_ < text_.size() && !is_blank(text_[at_]); ++at_) {
    if (text_[at_] == '=' || text_[at_] == '"') return Outcome::kMalformed;
  }
  value = text_.substr(begin, at_ - begin);
  return Outcome::kPair;
}

Scanner::Outcome Scanner::read_quoted(std::string_view& value) {
  const std::size_t begin = ++at_;
  bool has_escape = false;
  for (; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
    if (text_[at_] == '"') {
      value = text_.substr(begin, at_++ - begin);
      if (!has_escape) return Outcome::kPair;
      const std::optional<std::string_view> text = unescape(value, arena_);
      if (!text) return Outcome::kMalformed;
      value = *text;
      return Outcome::kPair;
    }
    if (text_[at_] != '\\') continue;
    has_escape = true;
    // A newline ends the record, also behind a backslash.
    if (at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
  }
  return Outcome::kMalformed;
}

}  // namespace tailrace::pipeline::logfmt
