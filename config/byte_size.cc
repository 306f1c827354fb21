// Sizes in bytes.
#include "config/byte_size.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <string>

#include <fmt/format.h>

namespace tailrace::config {
namespace {

// Index times 10 is the shift.
constexpr std::array<std::string_view, 6> kWords = {"kilo", "mega", "giga", "tera", "peta", "exa"};

std::optional<unsigned> shift_of(std::string_view unit) {
  if (unit.empty() || unit == "b" || unit == "byte" || unit == "bytes") return 0;
  unsigned shift = 0;
  for (const std::string_view word : kWords) {
    shift += 10;
    if (unit.front() != word.front()) continue;
    const std::string_view rest = unit.substr(1);
    if (rest.empty() || rest == "b") return shift;
    if (!unit.starts_with(word)) return std::nullopt;
    const std::string_view ending = unit.substr(word.size());
    if (ending.empty() || ending == "byte" || ending == "bytes") return shift;
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Result<std::uint64_t> parse_byte_size(std::string_view text) {
  if (text.empty()) return 0;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::invalid_argument) {
    return fail(Error::kInvalid, fmt::format("\"{}\" is not a size in bytes: it needs a whole "
                                             "number, with or without a unit such as kb or MB",
                                             text));
  }
  std::string unit;
  for (const char* c = end; c != text.data() + text.size(); ++c) {
    unit += *c >= 'A' && *c <= 'Z' ? static_cast<char>(*c + ('a' - 'A')) : *c;
  }
  unit.erase(0, unit.find_first_not_of(' '));
  const auto shift = shift_of(unit);
  if (!shift) {
    return fail(
        Error::kInvalid,
        fmt::format("\"{}\" is not a size in bytes: the units are b, kb, mb, gb, tb, pb, eb "
                    "(powers of 1024)",
                    text));
  }
  if (error == std::errc::result_out_of_range ||
      number > std::numeric_limits<std::uint64_t>::max() >> *shift) {
    return fail(Error::kInvalid, fmt::format("\"{}\" is too large", text));
  }
  return number << *shift;
}

}  // namespace tailrace::config
