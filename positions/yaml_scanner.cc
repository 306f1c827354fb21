// The scalars and flow maps of YAML, exactly as far as positions files need them.
#include "positions/yaml_scanner.h"

#include <algorithm>

#include "base/utf8.h"

namespace tailrace::positions {

namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
bool is_break(char c) {
  return c == '\n' || c == '\r';
}
bool is_flow_mark(char c) {
  return c == ',' || c == '[' || c == ']' || c == '{' || c == '}';
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
  };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0U | (code >> 6U));
  } else {
    if (code < 0x10000) {
      put(0xe0U | (code >> 12U));
    } else {
      put(0xf0U | (code >> 18U));
      put(0x80U | ((code >> 12U) & 0x3fU));
    }
    put(0x80U | ((code >> 6U) & 0x3fU));
  }
  put(0x80U | (code & 0x3fU));
}

// What stands for itself after a backslash, or for one other character; 0: nothing does.
std::uint32_t simple_escape(char c) {
  switch (c) {
    case 'a':
      return 0x07;
    case 'b':
      return 0x08;
    case 't':
    case '\t':
      return 0x09;
    case 'n':
      return 0x0a;
    case 'v':
      return 0x0b;
    case 'f':
      return 0x0c;
    case 'r':
      return 0x0d;
    case 'e':
      return 0x1b;
    case ' ':
    case '"':
    case '/':
    case '\\':
      return static_cast<unsigned char>(c);
    case 'N':
      return 0x85;
    case '_':
      return 0xa0;
    case 'L':
      return 0x2028;
    case 'P':
      return 0x2029;
    default:
      return 0;
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool YamlScalar::is_null() const {
  return plain &&
         (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL");
}

tl::unexpected<Error> YamlScanner::error_at(std::size_t line, std::size_t column,
                                            std::string_view reason) const {
  return fail(Error::kInvalid, std::string(name_) + ":" + std::to_string(line + 1) + ":" +
                                   std::to_string(column + 1) + ": " + std::string(reason));
}

tl::unexpected<Error> YamlScanner::error(std::string_view reason) const {
  return error_at(line_, column(), reason);
}

Status YamlScanner::check_characters() const {
  std::size_t line = 0;
  std::size_t line_start = 0;
  for (std::size_t at = 0; at < text_.size();) {
    const auto c = static_cast<unsigned char>(text_[at]);
    if (c < 0x20 && c != '\n' && c != '\r' && c != '\t') {
      return error_at(line, at - line_start, "a control character");
    }
    const std::size_t bytes = c < 0x80 ? 1 : utf8_sequence_bytes(text_.substr(at));
    if (bytes == 0) return error_at(line, at - line_start, "this is not UTF-8");
    at += bytes;
    if (c == '\n') {
      ++line;
      line_start = at;
    }
  }
  return {};
}

bool YamlScanner::starts_line_with(std::string_view marker) const {
  if (column() != 0 || !text_.substr(at_).starts_with(marker)) return false;
  const char next = peek(marker.size());
  return at_ + marker.size() == text_.size() || is_blank(next) || is_break(next);
}

void YamlScanner::newline() {
  if (peek() == '\r' && peek(1) == '\n') ++at_;
  ++at_;
  ++line_;
  line_start_ = at_;
}

void YamlScanner::skip_blanks() {
  while (is_blank(peek()))
    ++at_;
}

Status YamlScanner::skip_to_token() {
  while (!at_end()) {
    const bool indentation = column() == 0;
    while (peek() == ' ')
      ++at_;
    const bool tab = peek() == '\t';
    skip_blanks();
    if (peek() == '#') {
      while (!at_end() && !is_break(peek()))
        ++at_;
    }
    if (at_end()) return {};
    if (is_break(peek())) {
      newline();
      continue;
    }
    if (tab && indentation) return error("a tab in the indentation");
    return {};
  }
  return {};
}

Result<std::string> YamlScanner::end_line() {
  skip_blanks();
  std::string comment;
  if (peek() == '#' && at_ > 0 && is_blank(text_[at_ - 1])) {
    while (!at_end() && !is_break(peek()))
      comment.push_back(text_[at_++]);
    comment.erase(0, comment.find_first_not_of("# \t"));
    comment.erase(comment.find_last_not_of(" \t") + 1);
  }
  if (at_end()) return comment;
  if (!is_break(peek())) return error("unexpected characters behind a value");
  newline();
  return comment;
}

Status YamlScanner::colon(Place place) {
  skip_blanks();
  const char next = peek(1);
  const bool ends = at_ + 1 >= text_.size() || is_blank(next) || is_break(next) ||
                    (place == Place::kFlow && is_flow_mark(next));
  if (peek() != ':' || !ends) return error("a key without ': ' behind it");
  ++at_;
  return {};
}

bool YamlScanner::ends_plain(Place place) const {
  const char c = peek();
  if (at_end() || is_break(c)) return true;
  if (c == '#' && at_ > 0 && is_blank(text_[at_ - 1])) return true;
  if (place == Place::kFlow && is_flow_mark(c)) return true;
  if (c != ':') return false;
  const char next = peek(1);
  return at_ + 1 >= text_.size() || is_blank(next) || is_break(next) ||
         (place == Place::kFlow && is_flow_mark(next));
}

bool YamlScanner::plain_goes_on(Place place, int parent_indent) const {
  if (place == Place::kBlockKey || !is_break(peek())) return false;
  YamlScanner ahead = *this;
  while (!ahead.at_end() && is_break(ahead.peek())) {
    ahead.newline();
    ahead.skip_blanks();
  }
  if (ahead.at_end() || ahead.peek() == '#') return false;
  if (place == Place::kFlow) return !is_flow_mark(ahead.peek()) && ahead.peek() != ':';
  return static_cast<int>(ahead.column()) > parent_indent;
}

Status YamlScanner::fold(std::string& out, std::size_t keep) {
  while (out.size() > keep && is_blank(out.back()))
    out.pop_back();
  std::size_t breaks = 0;
  while (is_break(peek())) {
    newline();
    ++breaks;
    if (starts_line_with("---") || starts_line_with("...")) {
      return error("the document ends inside a value");
    }
    skip_blanks();
  }
  if (breaks == 1) {
    out.push_back(' ');
  } else {
    out.append(breaks - 1, '\n');
  }
  return {};
}

Result<YamlScalar> YamlScanner::plain(Place place, int parent_indent) {
  constexpr std::string_view kNeverFirst = ",[]{}#&*!|>'\"%@`";
  const char first = peek();
  const char second = peek(1);
  if (kNeverFirst.find(first) != std::string_view::npos ||
      ((first == '-' || first == '?' || first == ':') &&
       (second == '\0' || is_blank(second) || is_break(second)))) {
    return error("only plain and quoted texts are understood here");
  }
  YamlScalar scalar{.text = {}, .plain = true};
  while (true) {
    while (!ends_plain(place))
      scalar.text.push_back(text_[at_++]);
    while (!scalar.text.empty() && is_blank(scalar.text.back()))
      scalar.text.pop_back();
    if (!plain_goes_on(place, parent_indent)) return scalar;
    const Status folded = fold(scalar.text, 0);
    if (!folded) return fail(folded.error());
  }
}

Status YamlScanner::escape(std::string& out) {
  const char c = peek();
  if (const std::uint32_t code = simple_escape(c); code != 0) {
    ++at_;
    append_utf8(out, code);
    return {};
  }
  if (c == '0') {
    ++at_;
    out.push_back('\0');
    return {};
  }
  const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  if (digits == 0) return error("an unknown escape");
  std::uint32_t code = 0;
  for (std::size_t i = 1; i <= digits; ++i) {
    const int value = hex_value(peek(i));
    if (value < 0) return error("an escape without its hexadecimal digits");
    code = code * 16 + static_cast<std::uint32_t>(value);
  }
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    return error("an escape that is no character");
  }
  at_ += digits + 1;
  append_utf8(out, code);
  return {};
}

Result<YamlScalar> YamlScanner::quoted(Place place) {
  const char quote = peek();
  const std::size_t line = line_;
  const std::size_t start = column();
  ++at_;
  YamlScalar scalar;
  std::size_t keep = 0;  // Escaped blanks before it stay when a line is folded.
  while (true) {
    if (at_end()) return error_at(line, start, "a quoted text without its end");
    const char c = peek();
    if (c == quote && quote == '\'' && peek(1) == '\'') {
      scalar.text.push_back('\'');
      at_ += 2;
    } else if (c == quote) {
      ++at_;
      return scalar;
    } else if (c == '\\' && quote == '"' && !is_break(peek(1))) {
      ++at_;
      const Status escaped = escape(scalar.text);
      if (!escaped) return fail(escaped.error());
      keep = scalar.text.size();
    } else if (c == '\\' && quote == '"') {
      ++at_;  // The line goes on without a blank.
      keep = scalar.text.size();
      newline();
      skip_blanks();
    } else if (is_break(c)) {
      if (place == Place::kBlockKey) return error("a key over several lines");
      const Status folded = fold(scalar.text, keep);
      if (!folded) return fail(folded.error());
    } else {
      scalar.text.push_back(c);
      ++at_;
    }
  }
}

Result<YamlScalar> YamlScanner::scalar(Place place, int parent_indent) {
  std::string tag;
  const std::size_t tag_line = line_;
  const std::size_t tag_column = column();
  if (peek() == '!') {
    while (!at_end() && !is_blank(peek()) && !is_break(peek()))
      tag.push_back(text_[at_++]);
    skip_blanks();
    if (tag != "!!str" && tag != "!!int" && tag != "!!binary") {
      return error_at(tag_line, tag_column, "this tag is not understood");
    }
  }
  Result<YamlScalar> scalar =
      peek() == '"' || peek() == '\'' ? quoted(place) : plain(place, parent_indent);
  if (!scalar || tag.empty()) return scalar;
  scalar->plain = false;
  if (tag != "!!binary") return scalar;
  std::optional<std::string> bytes = decode_base64(scalar->text);
  if (!bytes) return error_at(tag_line, tag_column, "this is not base64");
  scalar->text = std::move(*bytes);
  return scalar;
}

Result<std::vector<YamlPair>> YamlScanner::flow_map() {
  std::vector<YamlPair> pairs;
  ++at_;
  while (true) {
    Status found = skip_to_token();
    if (!found) return fail(found.error());
    if (at_end()) return error("a '{' without its '}'");
    if (peek() == '}') {
      ++at_;
      return pairs;
    }
    YamlPair pair;
    pair.line = line_;
    pair.column = column();
    Result<YamlScalar> key = scalar(Place::kFlow, -1);
    if (!key) return fail(key.error());
    pair.key = std::move(*key);
    found = skip_to_token();
    if (found) found = colon(Place::kFlow);
    if (found) found = skip_to_token();
    if (!found) return fail(found.error());
    pair.value.plain = true;
    if (peek() != ',' && peek() != '}') {
      Result<YamlScalar> value = scalar(Place::kFlow, -1);
      if (!value) return fail(value.error());
      pair.value = std::move(*value);
    }
    pairs.push_back(std::move(pair));
    found = skip_to_token();
    if (!found) return fail(found.error());
    if (peek() == ',') {
      ++at_;
    } else if (peek() != '}') {
      return error("neither ',' nor '}' behind a value");
    }
  }
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned have = 0;
  std::size_t digits = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (is_blank(c) || is_break(c)) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const std::size_t value = kBase64.find(c);
    if (value == std::string_view::npos || padding > 0) return std::nullopt;
    ++digits;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out.push_back(static_cast<char>(static_cast<unsigned char>(bits >> have)));
  }
  if ((digits + padding) % 4 != 0 || padding > 2) return std::nullopt;
  return out;
}

std::string encode_base64(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k) {
      group = (group << 8U) | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out.push_back(k <= have ? kBase64[(group >> (18 - 6 * k)) & 0x3fU] : '=');
    }
  }
  return out;
}

}  // namespace tailrace::positions
