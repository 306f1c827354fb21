// Case change, trimming by glob, replacing, substrings.
#include "config/env_functions.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "config/yaml_document.h"

namespace tailrace::config {
namespace {

enum class Case { kUpper, kLower };
enum class Extent { kFirst, kAll };
enum class End { kPrefix, kSuffix };
enum class Length { kShortest, kLongest };

char32_t change_case_of(char32_t c, Case to) {
  const auto within = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  const bool upper = to == Case::kUpper;
  // ASCII, Latin-1, Greek and Cyrillic: the scripts with a constant distance.
  if (upper && within('a', 'z')) return c - 32;
  if (!upper && within('A', 'Z')) return c + 32;
  if (upper && within(0xe0, 0xfe) && c != 0xf7) return c - 32;
  if (!upper && within(0xc0, 0xde) && c != 0xd7) return c + 32;
  if (upper && within(0x3b1, 0x3c9) && c != 0x3c2) return c - 32;
  if (!upper && within(0x391, 0x3a9)) return c + 32;
  if (upper && within(0x430, 0x44f)) return c - 32;
  if (!upper && within(0x410, 0x42f)) return c + 32;
  if (upper && within(0x450, 0x45f)) return c - 80;
  if (!upper && within(0x400, 0x40f)) return c + 80;
  return c;
}

// Letters of up to two bytes change; all else is copied.
std::string change_case(std::string_view value, Case to, Extent extent) {
  std::string changed;
  while (!value.empty()) {
    const auto lead = static_cast<unsigned char>(value[0]);
    const bool two = lead >= 0xc2 && lead <= 0xdf && value.size() > 1;
    if (two) {
      const auto second = static_cast<unsigned char>(value[1]);
      const auto code = static_cast<char32_t>(((lead & 0x1fU) << 6U) | (second & 0x3fU));
      const char32_t other = change_case_of(code, to);
      changed += static_cast<char>(0xc0U | (other >> 6U));
      changed += static_cast<char>(0x80U | (other & 0x3fU));
    } else {
      changed += lead < 0x80 ? static_cast<char>(change_case_of(lead, to)) : value[0];
    }
    value.remove_prefix(two ? 2 : 1);
    if (extent == Extent::kFirst) break;
  }
  changed += value;
  return changed;
}

// One element of a glob: matches one byte, or is a star.
struct GlobElement {
  bool star = false;
  bool any = false;
  bool negated = false;
  std::string set;  // The bytes of a `[...]`, ranges written out, or the one byte.

  bool matches(char c) const { return any || (set.find(c) != std::string::npos) != negated; }
};

// Reads `[...]` behind its bracket; false when it does not end.
bool take_set(std::string_view& glob, GlobElement& element) {
  if (!glob.empty() && (glob[0] == '^' || glob[0] == '!')) {
    element.negated = true;
    glob.remove_prefix(1);
  }
  for (bool first = true; !glob.empty(); first = false) {
    const char c = glob[0];
    glob.remove_prefix(1);
    if (c == ']' && !first) return true;
    if (glob.size() >= 2 && glob[0] == '-' && glob[1] != ']') {
      for (int code = static_cast<unsigned char>(c); code <= static_cast<unsigned char>(glob[1]);
           ++code) {
        element.set += static_cast<char>(code);
      }
      glob.remove_prefix(2);
    } else {
      element.set += c;
    }
  }
  return false;
}

std::optional<std::vector<GlobElement>> parse_glob(std::string_view glob) {
  std::vector<GlobElement> elements;
  while (!glob.empty()) {
    const char c = glob[0];
    glob.remove_prefix(1);
    GlobElement element;
    if (c == '*') {
      element.star = true;
    } else if (c == '?') {
      element.any = true;
    } else if (c == '[') {
      if (!take_set(glob, element)) return std::nullopt;
    } else if (c == '\\' && !glob.empty()) {
      element.set = glob[0];
      glob.remove_prefix(1);
    } else {
      element.set = c;
    }
    elements.push_back(std::move(element));
  }
  return elements;
}

// Whether all of `text` matches; a star goes back at most to the last star (linear space).
bool glob_matches(const std::vector<GlobElement>& glob, std::string_view text) {
  std::size_t g = 0;
  std::size_t t = 0;
  std::optional<std::size_t> star;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (g < glob.size() && !glob[g].star && glob[g].matches(text[t])) {
      ++g;
      ++t;
    } else if (g < glob.size() && glob[g].star) {
      star = g++;
      star_text = t;
    } else if (star) {
      g = *star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g].star)
    ++g;
  return g == glob.size();
}

std::string trim(std::string value, std::string_view pattern, End end, Length length) {
  const auto glob = parse_glob(pattern);
  if (!glob) return value;
  for (std::size_t i = 0; i <= value.size(); ++i) {
    const std::size_t count = length == Length::kShortest ? i : value.size() - i;
    const std::string_view all = value;
    if (end == End::kPrefix && glob_matches(*glob, all.substr(0, count))) {
      return value.substr(count);
    }
    if (end == End::kSuffix && glob_matches(*glob, all.substr(all.size() - count))) {
      return value.substr(0, value.size() - count);
    }
  }
  return value;
}

std::string replace(std::string value, std::string_view from, std::string_view to, Extent extent) {
  if (from.empty()) return value;
  std::string replaced;
  std::size_t begin = 0;
  for (std::size_t found = value.find(from); found != std::string::npos;
       found = value.find(from, begin)) {
    replaced.append(value, begin, found - begin).append(to);
    begin = found + from.size();
    // The caller refuses what is larger; many matches times a long text must not get that far.
    if (extent == Extent::kFirst || replaced.size() > kConfigBytesMax) break;
  }
  return replaced.append(value, begin, std::string::npos);
}

std::string replace_end(std::string value, std::string_view from, const std::string& to, End end) {
  if (end == End::kPrefix && value.starts_with(from)) return to + value.substr(from.size());
  if (end == End::kSuffix && value.ends_with(from)) {
    return value.substr(0, value.size() - from.size()) + to;
  }
  return value;
}

std::optional<std::int64_t> parse_position(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Bytes, not characters. A position beyond the end gives nothing; what is not a position (or is
// negative, which Promtail dies of) leaves the value as it is.
std::string substring(std::string value, std::span<const std::string> arguments) {
  const auto position = parse_position(arguments[0]);
  if (!position || *position < 0) return value;
  std::optional<std::int64_t> length;
  if (arguments.size() > 1) {
    length = parse_position(arguments[1]);
    if (!length || *length < 0) return value;
  }
  if (static_cast<std::uint64_t>(*position) >= value.size()) return {};
  return value.substr(static_cast<std::size_t>(*position),
                      length ? static_cast<std::size_t>(*length) : std::string::npos);
}

}  // namespace

bool is_substring_position(std::string_view text) {
  return parse_position(text).has_value();
}

std::string apply_env_function(std::string_view name, std::string value,
                               std::span<const std::string> arguments) {
  if (name == "^") return change_case(value, Case::kUpper, Extent::kFirst);
  if (name == "^^") return change_case(value, Case::kUpper, Extent::kAll);
  if (name == ",") return change_case(value, Case::kLower, Extent::kFirst);
  if (name == ",,") return change_case(value, Case::kLower, Extent::kAll);
  if (name == ":-" || name == ":=" || name == "=" || name == ":?" || name == ":+") {
    if (!value.empty()) return value;
    std::string fallback;
    for (const std::string& argument : arguments)
      fallback += argument;
    return fallback;
  }
  if (arguments.empty()) return value;
  if (name == ":") return substring(std::move(value), arguments);
  if (name == "#") return trim(std::move(value), arguments[0], End::kPrefix, Length::kShortest);
  if (name == "##") return trim(std::move(value), arguments[0], End::kPrefix, Length::kLongest);
  if (name == "%") return trim(std::move(value), arguments[0], End::kSuffix, Length::kShortest);
  if (name == "%%") return trim(std::move(value), arguments[0], End::kSuffix, Length::kLongest);
  if (arguments.size() < 2) return value;
  if (name == "/") return replace(std::move(value), arguments[0], arguments[1], Extent::kFirst);
  if (name == "//") return replace(std::move(value), arguments[0], arguments[1], Extent::kAll);
  if (name == "/#") {
    return replace_end(std::move(value), arguments[0], arguments[1], End::kPrefix);
  }
  if (name == "/%") {
    return replace_end(std::move(value), arguments[0], arguments[1], End::kSuffix);
  }
  return value;
}

}  // namespace tailrace::config
