// What an OAuth2 token endpoint answers.
//
// A reader of just enough JSON: one object, whose nested values are skipped. The layers keep JSON
// libraries out of this folder, and three members do not justify one.
#include "http/token_response.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace tailrace::http {

namespace {

// A token that lives longer than this is asked for again anyway.
constexpr double kExpiresMax = 10.0 * 365 * 24 * 3600;

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0U | (code >> 6U));
    out += static_cast<char>(0x80U | (code & 0x3fU));
  } else {
    out += static_cast<char>(0xe0U | (code >> 12U));
    out += static_cast<char>(0x80U | ((code >> 6U) & 0x3fU));
    out += static_cast<char>(0x80U | (code & 0x3fU));
  }
}

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : rest_(text) {}

  // Takes `c` after white space, if it is next.
  bool take(char c) {
    skip_space();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  char peek() {
    skip_space();
    return rest_.empty() ? '\0' : rest_.front();
  }

  std::optional<std::string> string() {
    if (!take('"')) return std::nullopt;
    std::string out;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return out;
      if (c != '\\') {
        out += c;
      } else if (!escape(out)) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  // A number or a literal, as its text.
  std::string_view word() {
    skip_space();
    const std::string_view found = rest_.substr(0, rest_.find_first_of(",]} \t\r\n"));
    rest_.remove_prefix(found.size());
    return found;
  }

  // Any value, nested ones included.
  bool skip_value() {
    int depth = 0;
    do {
      const char c = peek();
      if (c == '\0') return false;
      if (c == '"') {
        if (!string()) return false;
      } else if (c == '{' || c == '[') {
        rest_.remove_prefix(1);
        ++depth;
      } else if (c == '}' || c == ']') {
        if (depth == 0) return false;
        rest_.remove_prefix(1);
        --depth;
      } else if (c == ',' || c == ':') {
        if (depth == 0) return false;
        rest_.remove_prefix(1);
      } else if (word().empty()) {
        return false;
      }
    } while (depth > 0);
    return true;
  }

 private:
  void skip_space() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }

  bool escape(std::string& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
    if (rest_.empty()) return false;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (const std::size_t place = kNames.find(c); place != std::string_view::npos) {
      out += kValues[place];
      return true;
    }
    std::uint32_t code = 0;
    if (c != 'u' || rest_.size() < 4) return false;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + 4, code, 16);
    if (error != std::errc() || end != rest_.data() + 4) return false;
    rest_.remove_prefix(4);
    append_utf8(out, code);
    return true;
  }

  std::string_view rest_;
};

// Some servers write the number as a string.
std::optional<std::chrono::seconds> seconds_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0)) {
    return std::nullopt;
  }
  return std::chrono::seconds(static_cast<std::int64_t>(std::min(value, kExpiresMax)));
}

bool read_member(JsonReader& reader, TokenResponse& response) {
  const auto name = reader.string();
  if (!name || !reader.take(':')) return false;
  if (*name == "access_token" || *name == "token_type") {
    const auto value = reader.string();
    if (!value) return false;
    (*name == "access_token" ? response.access_token : response.token_type) = *value;
    return true;
  }
  if (*name == "expires_in") {
    if (reader.peek() != '"') {
      const std::string_view word = reader.word();
      const auto seconds = seconds_of(word);
      if (seconds) response.expires_in = *seconds;
      return seconds.has_value() || word == "null";
    }
    const auto text = reader.string();
    if (!text) return false;
    const auto seconds = seconds_of(*text);
    if (seconds) response.expires_in = *seconds;
    return seconds.has_value();
  }
  return reader.skip_value();
}

}  // namespace

Result<TokenResponse> parse_token_response(std::string_view json) {
  const auto malformed = [] { return fail(Error::kInvalid, "malformed token response"); };
  JsonReader reader(json);
  TokenResponse response;
  if (!reader.take('{')) return malformed();
  if (!reader.take('}')) {
    do {
      if (!read_member(reader, response)) return malformed();
    } while (reader.take(','));
    if (!reader.take('}')) return malformed();
  }
  if (response.access_token.empty()) {
    return fail(Error::kInvalid, "token response without access_token");
  }
  return response;
}

}  // namespace tailrace::http
