// Template functions that calculate.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <system_error>

#include "pipeline/go_template/decimal.h"
#include "pipeline/go_template/functions.h"
#include "pipeline/go_template/numbers.h"
#include "pipeline/go_template/print.h"

namespace tailrace::pipeline::go_template {
namespace {

constexpr std::size_t kListMax = 100'000;

std::int64_t integer(const Call& call, std::size_t i) {
  return to_int64(call.args[i]);
}

// Go's integers wrap around.
std::int64_t wrapped(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}
std::uint64_t bits(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

bool atoi(Call& call) {
  return call.return_int(decimal_integer(call.args[0].text).value_or(0));
}
bool to_integer(Call& call) {
  return call.return_int(integer(call, 0));
}
bool to_integer64(Call& call) {
  return call.return_int64(integer(call, 0));
}
bool to_float(Call& call) {
  return call.return_float(to_double(call.args[0]));
}

// toDecimal value: its text as an octal number; 0 when it is none.
bool to_decimal(Call& call) {
  std::string& text = call.runtime.start_text();
  append_value(text, call.args[0], call.runtime.nodes());
  const bool plus = text.starts_with('+') && !text.starts_with("+-");
  const char* const end = text.data() + text.size();
  std::int64_t value = 0;
  const auto [at, error] = std::from_chars(text.data() + (plus ? 1 : 0), end, value, 8);
  return call.return_int64(error == std::errc{} && at == end ? value : 0);
}

bool add(Call& call) {
  std::uint64_t sum = 0;
  for (const Value& value : call.args)
    sum += bits(to_int64(value));
  return call.return_int64(wrapped(sum));
}
bool add_one(Call& call) {
  return call.return_int64(wrapped(bits(integer(call, 0)) + 1));
}
bool subtract(Call& call) {
  return call.return_int64(wrapped(bits(integer(call, 0)) - bits(integer(call, 1))));
}
bool multiply(Call& call) {
  std::uint64_t product = 1;
  for (const Value& value : call.args)
    product *= bits(to_int64(value));
  return call.return_int64(wrapped(product));
}
bool divide(Call& call) {
  const std::int64_t by = integer(call, 1);
  if (by == 0) return false;
  if (by == -1) return call.return_int64(wrapped(0 - bits(integer(call, 0))));
  return call.return_int64(integer(call, 0) / by);
}
bool modulo(Call& call) {
  const std::int64_t by = integer(call, 1);
  if (by == 0) return false;
  return call.return_int64(by == -1 ? 0 : integer(call, 0) % by);
}

bool max(Call& call) {
  std::int64_t result = integer(call, 0);
  for (const Value& value : call.args)
    result = std::max(result, to_int64(value));
  return call.return_int64(result);
}
bool min(Call& call) {
  std::int64_t result = integer(call, 0);
  for (const Value& value : call.args)
    result = std::min(result, to_int64(value));
  return call.return_int64(result);
}
bool max_float(Call& call) {
  double result = to_double(call.args[0]);
  for (const Value& value : call.args)
    result = std::max(result, to_double(value));
  return call.return_float(result);
}
bool min_float(Call& call) {
  double result = to_double(call.args[0]);
  for (const Value& value : call.args)
    result = std::min(result, to_double(value));
  return call.return_float(result);
}

template <Operation What>
bool decimal(Call& call) {
  double result = to_double(call.args[0]);
  for (const Value& value : call.args.subspan(1)) {
    const double operand = to_double(value);
    if (What == Operation::kDivide && operand == 0) return false;
    result = decimal_result(What, result, operand);
  }
  return call.return_float(result);
}
bool add_one_float(Call& call) {
  return call.return_float(decimal_result(Operation::kAdd, to_double(call.args[0]), 1));
}

bool ceil(Call& call) {
  return call.return_float(std::ceil(to_double(call.args[0])));
}
bool floor(Call& call) {
  return call.return_float(std::floor(to_double(call.args[0])));
}
bool round(Call& call) {
  const double round_from = call.args.size() > 2 ? call.args[2].number : 0.5;
  const double power = std::pow(10.0, static_cast<double>(call.args[1].integer));
  const double shifted = power * to_double(call.args[0]);
  const double rest = shifted - std::trunc(shifted);
  return call.return_float((rest >= round_from ? std::ceil(shifted) : std::floor(shifted)) / power);
}

// How many steps there are from `start` to before `stop`; nothing when they are too many.
bool count_steps(std::int64_t start, std::int64_t stop, std::int64_t step, std::size_t& count) {
  count = 0;
  const bool falls = stop < start;
  if (falls ? step >= 0 : step <= 0) return true;
  const auto distance = falls ? bits(start) - bits(stop) : bits(stop) - bits(start);
  const auto width = falls ? 0 - bits(step) : bits(step);
  const std::uint64_t steps = distance / width + (distance % width != 0 ? 1 : 0);
  count = static_cast<std::size_t>(steps);
  return steps <= kListMax;
}

bool until_step_of(Call& call, std::int64_t start, std::int64_t stop, std::int64_t step) {
  std::size_t count = 0;
  if (!count_steps(start, stop, step, count) || !call.runtime.step(count)) return false;
  List* const list = make_list(call.arena, count, Element::kInt);
  for (std::size_t i = 0; i < count; ++i) {
    list->items[i] = Value::of_int(start + static_cast<std::int64_t>(i) * step);
  }
  call.result = Value::of_list(list);
  return true;
}
bool until_step(Call& call) {
  return until_step_of(call, call.args[0].integer, call.args[1].integer, call.args[2].integer);
}
bool until(Call& call) {
  const std::int64_t count = call.args[0].integer;
  return until_step_of(call, 0, count, count < 0 ? -1 : 1);
}

// seq end; seq start end; seq start step end: as a text with blanks between.
bool seq(Call& call) {
  std::array<std::int64_t, 3> given{};
  if (call.args.empty() || call.args.size() > 3) return call.return_text("");
  for (std::size_t i = 0; i < call.args.size(); ++i)
    given[i] = call.args[i].integer;
  const std::int64_t start = call.args.size() == 1 ? 1 : given[0];
  const std::int64_t end = given[call.args.size() - 1];
  const std::int64_t direction = end < start ? -1 : 1;
  const std::int64_t step = call.args.size() == 3 ? given[1] : direction;
  std::size_t count = 0;
  if (end == (direction > 0 ? INT64_MAX : INT64_MIN)) return false;
  if (!count_steps(start, end + direction, step, count) || !call.runtime.step(count)) return false;
  std::string& out = call.runtime.start_text();
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) out += ' ';
    out += std::to_string(start + static_cast<std::int64_t>(i) * step);
  }
  return call.return_scratch();
}

constexpr auto kNumberFunctions = std::to_array<Function>({
    {"atoi", "s", atoi},
    {"int", "a", to_integer},
    {"int64", "a", to_integer64},
    {"float64", "a", to_float},
    {"toDecimal", "a", to_decimal},
    {"add", "a*", add},
    {"add1", "a", add_one},
    {"sub", "aa", subtract},
    {"mul", "aa*", multiply},
    {"div", "aa", divide},
    {"mod", "aa", modulo},
    {"max", "aa*", max},
    {"biggest", "aa*", max},
    {"min", "aa*", min},
    {"maxf", "aa*", max_float},
    {"minf", "aa*", min_float},
    {"addf", "aa*", decimal<Operation::kAdd>},
    {"add1f", "a", add_one_float},
    {"subf", "aa*", decimal<Operation::kSubtract>},
    {"mulf", "aa*", decimal<Operation::kMultiply>},
    {"divf", "aa*", decimal<Operation::kDivide>},
    {"ceil", "a", ceil},
    {"floor", "a", floor},
    {"round", "aif*", round},
    {"until", "i", until},
    {"untilStep", "iii", until_step},
    {"seq", "i*", seq},
});

}  // namespace

std::span<const Function> number_functions() {
  return kNumberFunctions;
}

}  // namespace tailrace::pipeline::go_template
