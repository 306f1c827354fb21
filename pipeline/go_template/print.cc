// Values as text: what a template prints, and Go's printf.
#include "pipeline/go_template/print.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/utf8.h"
#include "model/label_set.h"
#include "pipeline/go_template/template.h"
#include "pipeline/go_template/verb.h"

namespace tailrace::pipeline::go_template {
namespace {

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
  Formatter(std::string& out, std::string_view format, std::span<const Value> values,
            NodeBudget& nodes)
      : out_(out), format_(format), values_(values), nodes_(nodes) {}

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
      verb.written = letter;
      if (letter == "v") {  // For it these two mean something else.
        verb.go_syntax = std::exchange(verb.sharp, false);
        verb.plus = false;
      }
      append_with(out_, values_[next_++], verb, nodes_);
    }
  }

  void append_extra() {
    out_ += "%!(EXTRA ";
    for (std::size_t i = next_; i < values_.size(); ++i) {
      if (i != next_) out_ += ", ";
      out_ += values_[i].is_nil() ? "<nil>" : type_name(values_[i]);
      if (values_[i].is_nil()) continue;
      out_ += '=';
      append_value(out_, values_[i], nodes_);
    }
    out_ += ')';
  }

  std::string& out_;
  const std::string_view format_;
  const std::span<const Value> values_;
  NodeBudget& nodes_;
  std::size_t at_ = 0;
  std::size_t next_ = 0;
  bool reordered_ = false;
  bool bad_number_ = false;
};

}  // namespace

void print_result(std::string& out, const Value& value, NodeBudget& nodes) {
  if (value.is_nil()) {
    out += "<no value>";
  } else {
    append_value(out, value, nodes);
  }
}

void append_value(std::string& out, const Value& value, NodeBudget& nodes) {
  if (out.size() > kTextBytesMax) return;
  if (value.is_text()) {
    out += value.text;
  } else {
    append_with(out, value, {}, nodes);
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

void append_all(std::string& out, std::span<const Value> values, NodeBudget& nodes) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i != 0 && !values[i].is_text() && !values[i - 1].is_text()) out += ' ';
    append_value(out, values[i], nodes);
  }
}

bool append_formatted(std::string& out, std::string_view format, std::span<const Value> values,
                      NodeBudget& nodes) {
  return Formatter(out, format, values, nodes).run();
}

}  // namespace tailrace::pipeline::go_template
