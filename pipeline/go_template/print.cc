// Values as text: what a template prints, and Go's printf.
#include "pipeline/go_template/print.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "base/go_quote.h"
#include "base/utf8.h"
#include "model/label_set.h"
#include "pipeline/go_template/template.h"
#include "pipeline/go_template/times.h"

namespace tailrace::pipeline::go_template {
namespace {

constexpr std::int64_t kWidthMax = 1'000'000;  // Go's.

struct Verb {
  char letter = 'v';
  bool plus = false;
  bool minus = false;
  bool sharp = false;
  bool space = false;
  bool zero = false;
  std::optional<std::int64_t> width;
  std::optional<std::int64_t> precision;
  int depth = 0;  // In how many lists and maps.
};

std::size_t characters_in(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++count)
    i += std::max<std::size_t>(utf8_sequence_bytes(text.substr(i)), 1);
  return count;
}

void append_padded(std::string& out, std::string_view text, const Verb& verb, bool is_number) {
  const auto have = static_cast<std::int64_t>(characters_in(text));
  const std::int64_t missing = verb.width.value_or(0) - have;
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
    append_value(out, value);
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
      std::string hex;
      for (const char c : value.text) {
        const auto byte = static_cast<unsigned char>(c);
        hex += verb.letter == 'x' ? fmt::format("{:02x}", byte) : fmt::format("{:02X}", byte);
      }
      append_padded(out, hex, verb, false);
      return;
    }
    default:
      append_bad_verb(out, value, verb);
  }
}

void append_with(std::string& out, const Value& value, const Verb& verb);

void append_list(std::string& out, const List& list, Verb verb) {
  ++verb.depth;
  out += '[';
  for (std::size_t i = 0; i < list.size; ++i) {
    if (i != 0) out += ' ';
    append_with(out, list.items[i], verb);
  }
  out += ']';
}

void append_map(std::string& out, const Map& map, Verb verb) {
  ++verb.depth;
  out += "map[";
  for (std::size_t i = 0; i < map.size; ++i) {
    if (i != 0) out += ' ';
    append_with(out, Value::of_text(map.entries[i].key), verb);
    out += ':';
    append_with(out, map.entries[i].value, verb);
  }
  out += ']';
}

void append_with(std::string& out, const Value& value, const Verb& verb) {
  // Of the first the caller makes an error.
  if (out.size() > kTextBytesMax || verb.depth > kValueDepthMax) return;
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
      append_list(out, *value.list, verb);
      break;
    case Value::Kind::kMap:
      append_map(out, *value.map, verb);
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

// Reads a number or takes it from the arguments.
std::optional<std::int64_t> read_number(std::string_view format, std::size_t& at) {
  std::optional<std::int64_t> number;
  while (at < format.size() && format[at] >= '0' && format[at] <= '9') {
    number = std::min(number.value_or(0) * 10 + (format[at++] - '0'), kWidthMax + 1);
  }
  return number;
}

// Gives `%` sequences their arguments.
class Formatter {
 public:
  Formatter(std::string& out, std::string_view format, std::span<const Value> values)
      : out_(out), format_(format), values_(values) {}

  bool run() {
    while (at_ < format_.size()) {
      const std::size_t percent = std::min(format_.find('%', at_), format_.size());
      out_ += format_.substr(at_, percent - at_);
      at_ = percent + 1;
      if (percent < format_.size()) sequence();
      if (out_.size() > kTextBytesMax) return false;
    }
    if (next_ < values_.size() && !reordered_) append_extra();
    return out_.size() <= kTextBytesMax;
  }

 private:
  void flags(Verb& verb) {
    for (; at_ < format_.size(); ++at_) {
      switch (format_[at_]) {
        case '+':
          verb.plus = true;
          break;
        case '-':
          verb.minus = true;
          verb.zero = false;
          break;
        case '#':
          verb.sharp = true;
          break;
        case ' ':
          verb.space = true;
          break;
        case '0':
          verb.zero = !verb.minus;
          break;
        default:
          return;
      }
    }
  }

  // `[3]`: the next argument is the third.
  void argument_number() {
    if (at_ >= format_.size() || format_[at_] != '[') return;
    const std::size_t end = format_.find(']', at_);
    std::size_t at = at_ + 1;
    const auto number = read_number(format_, at);
    bad_number_ = true;
    reordered_ = true;
    if (end == std::string_view::npos) {
      ++at_;
      return;
    }
    at_ = end + 1;
    if (at != end || !number || *number < 1) return;
    if (*number > static_cast<std::int64_t>(values_.size())) return;
    next_ = static_cast<std::size_t>(*number - 1);
    bad_number_ = false;
  }

  std::optional<std::int64_t> width(std::string_view problem, bool& minus) {
    if (at_ >= format_.size() || format_[at_] != '*') return read_number(format_, at_);
    ++at_;
    const bool usable = next_ < values_.size() && values_[next_].kind == Value::Kind::kInt &&
                        std::abs(values_[next_].integer) <= kWidthMax;
    if (!usable) {
      out_ += problem;
      ++next_;
      return std::nullopt;
    }
    const std::int64_t value = values_[next_++].integer;
    if (value < 0) minus = true;
    return value < 0 ? -value : value;
  }

  void sequence() {
    Verb verb;
    bad_number_ = false;
    flags(verb);
    argument_number();
    verb.width = width("%!(BADWIDTH)", verb.minus);
    if (verb.width && *verb.width > kWidthMax) {
      verb.width.reset();
      out_ += "%!(BADWIDTH)";
    }
    if (verb.minus) verb.zero = false;
    if (at_ < format_.size() && format_[at_] == '.') {
      ++at_;
      argument_number();
      bool negative = false;
      verb.precision = width("%!(BADPREC)", negative).value_or(0);
      if (negative) verb.precision.reset();
    }
    argument_number();
    if (at_ >= format_.size()) {
      out_ += "%!(NOVERB)";
      return;
    }
    const std::size_t bytes = std::max<std::size_t>(utf8_sequence_bytes(format_.substr(at_)), 1);
    const std::string_view letter = format_.substr(at_, bytes);
    at_ += bytes;
    if (letter == "%") {
      out_ += '%';
    } else if (bad_number_) {
      out_ += fmt::format("%!{}(BADINDEX)", letter);
    } else if (next_ >= values_.size()) {
      out_ += fmt::format("%!{}(MISSING)", letter);
    } else {
      verb.letter = bytes == 1 ? letter[0] : '?';
      append_with(out_, values_[next_++], verb);
    }
  }

  void append_extra() {
    out_ += "%!(EXTRA ";
    for (std::size_t i = next_; i < values_.size(); ++i) {
      if (i != next_) out_ += ", ";
      out_ += values_[i].is_nil() ? "<nil>" : type_name(values_[i]);
      if (values_[i].is_nil()) continue;
      out_ += '=';
      append_value(out_, values_[i]);
    }
    out_ += ')';
  }

  std::string& out_;
  const std::string_view format_;
  const std::span<const Value> values_;
  std::size_t at_ = 0;
  std::size_t next_ = 0;
  bool reordered_ = false;
  bool bad_number_ = false;
};

}  // namespace

void print_result(std::string& out, const Value& value) {
  if (value.is_nil()) {
    out += "<no value>";
  } else {
    append_value(out, value);
  }
}

void append_value(std::string& out, const Value& value) {
  if (value.is_text()) {
    out += value.text;
  } else {
    append_with(out, value, {});
  }
}

void append_quoted(std::string& out, std::string_view text) {
  append_go_quoted(out, text);
}

std::string_view type_name(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kNil:
      return "<nil>";
    case Value::Kind::kBool:
      return "bool";
    case Value::Kind::kInt:
      return "int";
    case Value::Kind::kInt64:
      return "int64";
    case Value::Kind::kFloat:
      return "float64";
    case Value::Kind::kText:
      return "string";
    case Value::Kind::kList:
      return value.list->element == Element::kText  ? "[]string"
             : value.list->element == Element::kInt ? "[]int"
                                                    : "[]interface {}";
    case Value::Kind::kMap:
      return value.map->element == Element::kText ? "map[string]string" : "map[string]interface {}";
    case Value::Kind::kTime:
      return "time.Time";
    case Value::Kind::kDuration:
      break;
  }
  return "time.Duration";
}

void append_all(std::string& out, std::span<const Value> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i != 0 && !values[i].is_text() && !values[i - 1].is_text()) out += ' ';
    if (out.size() <= kTextBytesMax) append_value(out, values[i]);
  }
}

bool append_formatted(std::string& out, std::string_view format, std::span<const Value> values) {
  return Formatter(out, format, values).run();
}

}  // namespace tailrace::pipeline::go_template
