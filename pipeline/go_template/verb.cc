// One value after one verb of Go's printf.
#include "pipeline/go_template/verb.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "base/go_quote.h"
#include "base/utf8.h"
#include "pipeline/go_template/print.h"
#include "pipeline/go_template/template.h"
#include "pipeline/go_template/times.h"

namespace tailrace::pipeline::go_template {
namespace {

std::size_t characters_in(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++count)
    i += std::max<std::size_t>(utf8_sequence_bytes(text.substr(i)), 1);
  return count;
}

void append_padded(std::string& out, std::string_view text, const Verb& verb, bool is_number) {
  if (!verb.width) {  // Nearly always: no need to count the characters of a long text.
    out += text;
    return;
  }
  const auto have = static_cast<std::int64_t>(characters_in(text));
  const std::int64_t missing = *verb.width - have;
  const auto count = static_cast<std::size_t>(std::max<std::int64_t>(missing, 0));
  if (verb.minus) {
    out += text;
    out.append(count, ' ');
  } else if (verb.zero) {
    const bool has_sign =
        is_number && !text.empty() && (text[0] == '-' || text[0] == '+' || text[0] == ' ');
    if (has_sign) out += text[0];
    out.append(count, '0');
    out += text.substr(has_sign ? 1 : 0);
  } else {
    out.append(count, ' ');
    out += text;
  }
}

void append_bad_verb(std::string& out, const Value& value, const Verb& verb) {
  out += "%!";
  out += verb.letter;
  out += '(';
  if (value.is_nil()) {
    out += "<nil>";
  } else {
    out += type_name(value);
    out += '=';
    NodeBudget none_needed;  // It is no list and no map.
    append_value(out, value, none_needed);
  }
  out += ')';
}

// %g's shortest form: an exponent below 1e-4 and from 1e6 on (docs/formats/go-template.md,
// Printing).
std::string shortest(double value) {
  std::array<char, 64> buffer{};
  const auto print = [&](std::chars_format format) {
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format).ptr;
    return std::string(buffer.data(), end);
  };
  std::string scientific = print(std::chars_format::scientific);
  const std::size_t mark = scientific.find('e');
  int exponent = 0;
  std::from_chars(scientific.data() + mark + 2, scientific.data() + scientific.size(), exponent);
  if (scientific[mark + 1] == '-') exponent = -exponent;
  if (exponent < -4 || exponent >= 6) return scientific;
  return print(std::chars_format::fixed);
}

std::string float_text(double value, const Verb& verb) {
  std::string text;
  if (std::isnan(value)) {
    text = "NaN";
  } else if (std::isinf(value)) {
    text = value > 0 ? "+Inf" : "-Inf";
  } else {
    const auto precision =
        static_cast<int>(std::min<std::int64_t>(verb.precision.value_or(6), 1000));
    switch (verb.letter) {
      case 'e':
        text = fmt::format("{:.{}e}", value, precision);
        break;
      case 'E':
        text = fmt::format("{:.{}E}", value, precision);
        break;
      case 'f':
      case 'F':
        text = fmt::format("{:.{}f}", value, precision);
        break;
      default:
        text = verb.precision ? fmt::format("{:.{}g}", value, std::max(precision, 1))
                              : shortest(value);
        if (verb.letter == 'G') std::replace(text.begin(), text.end(), 'e', 'E');
    }
  }
  const bool signed_already = text[0] == '-' || text[0] == '+';
  if (verb.plus && !signed_already) text.insert(0, 1, '+');
  if (!verb.plus && text[0] == '+') text.erase(0, std::isinf(value) ? 0 : 1);
  if (verb.space && !verb.plus && !signed_already) text.insert(0, 1, ' ');
  return text;
}

void append_float(std::string& out, const Value& value, const Verb& verb) {
  constexpr std::string_view kVerbs = "veEfFgG";
  if (kVerbs.find(verb.letter) == std::string_view::npos) {
    append_bad_verb(out, value, verb);
    return;
  }
  Verb padding = verb;
  if (!std::isfinite(value.number)) padding.zero = false;
  append_padded(out, float_text(value.number, verb), padding, true);
}

// U+00E9
void append_unicode(std::string& out, std::int64_t value, const Verb& verb) {
  append_padded(out, fmt::format("U+{:04X}", static_cast<std::uint64_t>(value)), verb, false);
}

void append_character(std::string& out, std::int64_t value, const Verb& verb) {
  std::string text;
  const bool valid = value >= 0 && value <= 0x10FFFF && (value < 0xD800 || value >= 0xE000);
  append_utf8(text, valid ? static_cast<std::uint32_t>(value) : 0xFFFD);
  if (verb.letter == 'q') {
    const bool printable = text != "'" && text != "\\" && static_cast<unsigned char>(text[0]) >= 32;
    text = printable ? "'" + text + "'" : text == "'" ? "'\\''" : fmt::format("'\\x{:02x}'", value);
  }
  append_padded(out, text, verb, false);
}

void append_integer(std::string& out, const Value& value, const Verb& verb) {
  const bool negative = value.integer < 0;
  const std::uint64_t magnitude = negative ? 0 - static_cast<std::uint64_t>(value.integer)
                                           : static_cast<std::uint64_t>(value.integer);
  std::string digits;
  std::string_view prefix;
  switch (verb.letter) {
    case 'v':
    case 'd':
      digits = fmt::format("{}", magnitude);
      break;
    case 'b':
      digits = fmt::format("{:b}", magnitude);
      prefix = verb.sharp ? "0b" : "";
      break;
    case 'o':
    case 'O':
      digits = fmt::format("{:o}", magnitude);
      prefix = verb.letter == 'O' ? "0o" : verb.sharp ? "0" : "";
      break;
    case 'x':
      digits = fmt::format("{:x}", magnitude);
      prefix = verb.sharp ? "0x" : "";
      break;
    case 'X':
      digits = fmt::format("{:X}", magnitude);
      prefix = verb.sharp ? "0X" : "";
      break;
    case 'c':
    case 'q':
      append_character(out, value.integer, verb);
      return;
    case 'U':
      append_unicode(out, value.integer, verb);
      return;
    default:
      append_bad_verb(out, value, verb);
      return;
  }
  Verb padding = verb;
  if (verb.precision) {
    const auto wanted = static_cast<std::size_t>(std::min(*verb.precision, kWidthMax));
    if (digits.size() < wanted) digits.insert(0, wanted - digits.size(), '0');
    padding.zero = false;
  }
  std::string text = negative ? "-" : verb.plus ? "+" : verb.space ? " " : "";
  text += prefix;
  text += digits;
  append_padded(out, text, padding, true);
}

std::string_view first_characters(std::string_view text, const Verb& verb) {
  if (!verb.precision) return text;
  std::size_t bytes = 0;
  for (std::int64_t i = 0; i < *verb.precision && bytes < text.size(); ++i)
    bytes += std::max<std::size_t>(utf8_sequence_bytes(text.substr(bytes)), 1);
  return text.substr(0, bytes);
}

void append_text(std::string& out, const Value& value, const Verb& verb) {
  switch (verb.letter) {
    case 'v':
    case 's':
      append_padded(out, first_characters(value.text, verb), verb, false);
      return;
    case 'q': {
      std::string quoted;
      append_quoted(quoted, first_characters(value.text, verb));
      append_padded(out, quoted, verb, false);
      return;
    }
    case 'x':
    case 'X': {
      const std::string_view digits = verb.letter == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
      std::string hex;
      for (const char c : value.text) {
        const auto byte = static_cast<unsigned char>(c);
        hex += digits[byte >> 4U];
        hex += digits[byte & 15U];
      }
      append_padded(out, hex, verb, false);
      return;
    }
    default:
      append_bad_verb(out, value, verb);
  }
}

void append_list(std::string& out, const List& list, Verb verb, NodeBudget& nodes) {
  ++verb.depth;
  out += '[';
  for (std::size_t i = 0; i < list.size; ++i) {
    if (out.size() > kTextBytesMax || !nodes.take(verb.depth)) return;
    if (i != 0) out += ' ';
    append_with(out, list.items[i], verb, nodes);
  }
  out += ']';
}

void append_map(std::string& out, const Map& map, Verb verb, NodeBudget& nodes) {
  ++verb.depth;
  out += "map[";
  for (std::size_t i = 0; i < map.size; ++i) {
    if (out.size() > kTextBytesMax || !nodes.take(verb.depth)) return;
    if (i != 0) out += ' ';
    append_with(out, Value::of_text(map.entries[i].key), verb, nodes);
    out += ':';
    append_with(out, map.entries[i].value, verb, nodes);
  }
  out += ']';
}

}  // namespace

void append_with(std::string& out, const Value& value, const Verb& verb, NodeBudget& nodes) {
  if (verb.letter == 'T') {
    append_padded(out, value.is_nil() ? "<nil>" : type_name(value), verb, false);
    return;
  }
  switch (value.kind) {
    case Value::Kind::kNil:
      if (verb.letter == 'v') {
        append_padded(out, "<nil>", verb, false);
      } else {
        append_bad_verb(out, value, verb);
      }
      break;
    case Value::Kind::kBool:
      if (verb.letter == 'v' || verb.letter == 't') {
        append_padded(out, value.boolean ? "true" : "false", verb, false);
      } else {
        append_bad_verb(out, value, verb);
      }
      break;
    case Value::Kind::kInt:
    case Value::Kind::kInt64:
      append_integer(out, value, verb);
      break;
    case Value::Kind::kFloat:
      append_float(out, value, verb);
      break;
    case Value::Kind::kText:
      append_text(out, value, verb);
      break;
    case Value::Kind::kList:
      append_list(out, *value.list, verb, nodes);
      break;
    case Value::Kind::kMap:
      append_map(out, *value.map, verb, nodes);
      break;
    case Value::Kind::kTime:
    case Value::Kind::kDuration: {
      if (verb.letter == 'd') {
        append_integer(out, Value::of_int(value.integer), verb);
        break;
      }
      std::string text;
      value.kind == Value::Kind::kTime ? append_time(text, value) : append_duration(text, value);
      append_text(out, Value::of_text(text), verb);
      break;
    }
  }
}

}  // namespace tailrace::pipeline::go_template
