// What an unquoted YAML 1.1 scalar is: text, boolean, number or null.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tailrace::config {

enum class YamlType { kNull, kText, kBool, kInteger, kFloat, kList, kMap };

// Sign and magnitude, so that the whole ranges of int64 and of uint64 fit.
struct YamlInteger {
  bool negative = false;
  std::uint64_t magnitude = 0;
};

// The value of a scalar; only the member that `type` names is meaningful.
struct YamlScalar {
  YamlType type = YamlType::kText;
  bool boolean = false;
  YamlInteger integer;
  double number = 0;
};

// Types a plain (unquoted) scalar as Promtail's YAML 1.1 decoder does: `y`, `No`, `on` ... are
// booleans, 1_000, 0x1f, 0o17, 017 and 0b11 integers, 1e3 and 08 floats, dates stay text
// (docs/compatibility.md, configuration file).
YamlScalar resolve_plain_scalar(std::string_view text);

// An integer with Go's base prefixes (0x, 0o, 0b, a leading 0) and an optional sign.
std::optional<YamlInteger> parse_prefixed_integer(std::string_view text);

}  // namespace tailrace::config
