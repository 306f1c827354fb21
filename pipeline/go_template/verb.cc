// One value after one verb of Go's printf.
#include "pipeline/go_template/verb.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
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

// The value as by %v, with the width, the precision and the flags of the verb.
void append_bad_verb(std::string& out, const Value& value, const Verb& verb) {
  out += "%!";
  out += verb.written;
  out += '(';
  if (value.is_nil()) {
    out += "<nil>";
  } else {
    out += type_name(value);
    out += '=';
    Verb plain = verb;
    plain.letter = 'v';
    NodeBudget none_needed;  // It is no list and no map.
    append_with(out, value, plain, none_needed);
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

// 0x1.98p+03: one digit before the point, and at least two of the exponent.
std::string hexadecimal(double value, std::optional<std::int64_t> precision) {
  int exponent = 0;
  const double mantissa = value == 0 ? value : std::frexp(value, &exponent) * 2;
  exponent -= value == 0 ? 0 : 1;
  std::string text = precision ? fmt::format("{:.{}a}", mantissa, static_cast<int>(*precision))
                               : fmt::format("{:a}", mantissa);
  text.erase(text.find('p'));
  // Rounded up to two.
  if (const std::size_t two = text.find("0x2"); two != std::string::npos) {
    text[two + 2] = '1';
    ++exponent;
  }
  return text + fmt::format("p{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
}

// 4503599627370496p-52
std::string binary_exponent(double value) {
  int exponent = 0;
  constexpr int kDigits = std::numeric_limits<double>::digits;
  constexpr int kLeast = std::numeric_limits<double>::min_exponent - kDigits;
  std::frexp(value, &exponent);
  exponent = value == 0 ? kLeast : std::max(exponent - kDigits, kLeast);
  const double mantissa = std::ldexp(value, -exponent);
  return fmt::format("{:.0f}p{}{}", mantissa, exponent < 0 ? '-' : '+', std::abs(exponent));
}

// `#`: always a point; the digits that %g leaves out at the end. `text` has a sign.
void force_point(std::string& text, const Verb& verb) {
  const bool hexadecimal = verb.letter == 'x' || verb.letter == 'X';
  std::int64_t digits = 0;
  if (verb.letter == 'g' || verb.letter == 'G' || verb.letter == 'v' || verb.letter == 'x') {
    digits = verb.precision.value_or(6);
  }
  const std::size_t end = std::min(text.find_first_of(hexadecimal ? "pP" : "eE"), text.size());
  const std::string tail = text.substr(end);
  text.erase(end);
  bool significant = false;
  for (const char c : std::string_view(text).substr(1)) {
    if (c == '.') continue;
    significant = significant || c != '0';
    if (significant) --digits;
  }
  if (text.find('.') == std::string::npos) {
    if (text.size() == 2 && text[1] == '0') --digits;
    text += '.';
  }
  if (digits > 0) text.append(static_cast<std::size_t>(digits), '0');
  text += tail;
}

// With a sign in front, `+` too.
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
      case 'x':
      case 'X':
        text = hexadecimal(value, verb.precision);
        break;
      case 'b':
        text = binary_exponent(value);
        break;
      default:
        text = verb.precision ? fmt::format("{:.{}g}", value, std::max(precision, 1))
                              : shortest(value);
    }
    if (verb.letter == 'G' || verb.letter == 'X') {
      for (char& c : text)
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  if (text[0] != '-' && text[0] != '+') text.insert(0, 1, '+');
  if (text[0] == '+' && verb.space && !verb.plus) text[0] = ' ';
  return text;
}

void append_float(std::string& out, const Value& value, const Verb& verb) {
  constexpr std::string_view kVerbs = "veEfFgGxXb";
  if (kVerbs.find(verb.letter) == std::string_view::npos) {
    append_bad_verb(out, value, verb);
    return;
  }
  std::string text = float_text(value.number, verb);
  Verb padding = verb;
  if (std::isfinite(value.number)) {
    if (verb.sharp && verb.letter != 'b') force_point(text, verb);
    if (text[0] == '+' && !verb.plus) text.erase(0, 1);
  } else {
    padding.zero = false;
    if (std::isnan(value.number) && !verb.space && !verb.plus) text.erase(0, 1);
  }
  append_padded(out, text, padding, true);
}

// As Go writes it in a string, without the quotes.
std::string escaped_in_quotes(std::string_view text, const Verb& verb) {
  std::string quoted;
  append_quoted(quoted, text);
  quoted = quoted.substr(1, quoted.size() - 2);
  if (!verb.plus) return quoted;
  std::string ascii;
  for (std::size_t i = 0; i < quoted.size();) {
    const DecodedCharacter character = decode_utf8(std::string_view(quoted).substr(i));
    i += character.bytes;
    if (character.code_point < 0x80) {
      ascii += static_cast<char>(character.code_point);
    } else if (character.code_point < 0x10000) {
      ascii += fmt::format("\\u{:04x}", character.code_point);
    } else {
      ascii += fmt::format("\\U{:08x}", character.code_point);
    }
  }
  return ascii;
}

std::string character_text(std::int64_t value) {
  std::string text;
  const bool valid = value >= 0 && value <= 0x10FFFF && (value < 0xD800 || value >= 0xE000);
  append_utf8(text, valid ? static_cast<std::uint32_t>(value) : 0xFFFD);
  return text;
}

// U+0061, with `#` U+0061 'a'
void append_unicode(std::string& out, std::int64_t value, const Verb& verb) {
  const auto digits =
      static_cast<int>(std::clamp<std::int64_t>(verb.precision.value_or(4), 4, 1000));
  std::string text = fmt::format("U+{:0{}X}", static_cast<std::uint64_t>(value), digits);
  if (verb.sharp && value >= 0 && value <= 0x10FFFF) {
    const std::string character = character_text(value);
    const bool printable =
        character == "\"" || character == "\\" || escaped_in_quotes(character, Verb()) == character;
    if (printable) text += " '" + character + "'";
  }
  Verb padding = verb;
  padding.zero = false;
  append_padded(out, text, padding, false);
}

void append_character(std::string& out, std::int64_t value, const Verb& verb) {
  std::string text = character_text(value);
  if (verb.letter == 'q') {
    const bool quote = text == "'" || text == "\"";
    text = "'" + (quote ? (text == "'" ? "\\'" : text) : escaped_in_quotes(text, verb)) + "'";
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
      prefix = verb.letter == 'O' ? "0o" : "";
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
  padding.zero = false;
  std::string text = negative ? "-" : verb.plus ? "+" : verb.space ? " " : "";
  std::int64_t wanted = 0;
  if (verb.precision) {
    wanted = *verb.precision;
    if (wanted == 0 && magnitude == 0) return append_padded(out, "", padding, false);
  } else if (verb.zero && verb.width) {
    wanted = *verb.width - static_cast<std::int64_t>(text.size());
  }
  const auto missing = std::min(wanted, kWidthMax) - static_cast<std::int64_t>(digits.size());
  if (missing > 0) digits.insert(0, static_cast<std::size_t>(missing), '0');
  const bool octal = verb.letter == 'o' || verb.letter == 'O';
  if (octal && verb.sharp && digits[0] != '0') digits.insert(0, 1, '0');
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

// What Go can write between backquotes.
bool fits_backquotes(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const DecodedCharacter character = decode_utf8(text.substr(i));
    i += character.bytes;
    const std::uint32_t c = character.code_point;
    if (c == 0xFFFD && character.bytes == 1) return false;
    if ((c < 0x20 && c != '\t') || c == '`' || c == 0x7F || c == 0xFEFF) return false;
  }
  return true;
}

void append_hexadecimal(std::string& out, std::string_view text, const Verb& verb) {
  const bool upper = verb.letter == 'X';
  const std::string_view digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  const std::string_view prefix = !verb.sharp ? "" : upper ? "0X" : "0x";
  if (verb.precision) text = text.substr(0, static_cast<std::size_t>(*verb.precision));
  std::string hex;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (verb.space && !hex.empty()) hex += ' ';
    if (verb.space || hex.empty()) hex += prefix;
    hex += digits[byte >> 4U];
    hex += digits[byte & 15U];
  }
  append_padded(out, hex, verb, false);
}

void append_text(std::string& out, const Value& value, const Verb& verb) {
  switch (verb.letter) {
    case 'v':
    case 's':
      if (!verb.go_syntax) {
        append_padded(out, first_characters(value.text, verb), verb, false);
        return;
      }
      [[fallthrough]];
    case 'q': {
      const std::string_view text = first_characters(value.text, verb);
      const bool raw = verb.sharp && fits_backquotes(text);
      append_padded(out,
                    raw ? fmt::format("`{}`", text) : '"' + escaped_in_quotes(text, verb) + '"',
                    verb, false);
      return;
    }
    case 'x':
    case 'X':
      append_hexadecimal(out, value.text, verb);
      return;
    default:
      append_bad_verb(out, value, verb);
  }
}

// In Go's syntax `[]string{"b", "a"}`, else `[b a]`.
void append_list(std::string& out, const Value& value, Verb verb, NodeBudget& nodes) {
  const List& list = *value.list;
  ++verb.depth;
  if (verb.go_syntax) out += type_name(value);
  out += verb.go_syntax ? '{' : '[';
  for (std::size_t i = 0; i < list.size; ++i) {
    if (out.size() > kTextBytesMax || !nodes.take(verb.depth)) return;
    if (i != 0) out += verb.go_syntax ? ", " : " ";
    append_with(out, list.items[i], verb, nodes);
  }
  out += verb.go_syntax ? '}' : ']';
}

void append_map(std::string& out, const Value& value, Verb verb, NodeBudget& nodes) {
  const Map& map = *value.map;
  ++verb.depth;
  out += verb.go_syntax ? type_name(value) : "map";
  out += verb.go_syntax ? '{' : '[';
  for (std::size_t i = 0; i < map.size; ++i) {
    if (out.size() > kTextBytesMax || !nodes.take(verb.depth)) return;
    if (i != 0) out += verb.go_syntax ? ", " : " ";
    append_with(out, Value::of_text(map.entries[i].key), verb, nodes);
    out += ':';
    append_with(out, map.entries[i].value, verb, nodes);
  }
  out += verb.go_syntax ? '}' : ']';
}

}  // namespace

void append_with(std::string& out, const Value& value, const Verb& verb, NodeBudget& nodes) {
  if (verb.letter == 'T') {
    append_padded(out, value.is_nil() ? "<nil>" : first_characters(type_name(value), verb), verb,
                  false);
    return;
  }
  switch (value.kind) {
    case Value::Kind::kNil:
      // In a list or a map it is no operand of its own: neither the letter nor the width counts.
      if (verb.depth > 0) {
        out += verb.go_syntax ? "interface {}(nil)" : "<nil>";
      } else if (verb.letter == 'v') {
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
      append_list(out, value, verb, nodes);
      break;
    case Value::Kind::kMap:
      append_map(out, value, verb, nodes);
      break;
    case Value::Kind::kTime:
    case Value::Kind::kDuration: {
      if (verb.letter == 'd' ||
          (value.kind == Value::Kind::kDuration &&
           std::string_view("boOcU").find(verb.letter) != std::string_view::npos)) {
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
