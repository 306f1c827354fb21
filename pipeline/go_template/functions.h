// The functions that templates can call.
#pragma once

#include <span>
#include <string_view>

#include "base/arena.h"
#include "pipeline/go_template/runtime.h"
#include "pipeline/go_template/value.h"

namespace tailrace::pipeline::go_template {

struct Call {
  std::span<const Value> args;  // Checked against the parameters.
  Arena& arena;
  Runtime& runtime;
  Value result;

  // Sets the result to a text that is built in runtime.scratch().
  bool return_scratch() {
    // Long texts count as many steps, so that the arena stays small.
    constexpr std::size_t kBytesPerStep = 64;
    const std::string& text = runtime.scratch();
    if (text.size() > kTextBytesMax || !runtime.step(text.size() / kBytesPerStep)) return false;
    result = Value::of_text(arena.copy(text));
    return true;
  }
  bool return_text(std::string_view text) {
    result = Value::of_text(text);
    return true;
  }
  bool return_int64(std::int64_t value) {
    result = Value::of_int(value, Value::Kind::kInt64);
    return true;
  }
  bool return_int(std::int64_t value) {
    result = Value::of_int(value);
    return true;
  }
  bool return_bool(bool value) {
    result = Value::of_bool(value);
    return true;
  }
  bool return_float(double value) {
    result = Value::of_float(value);
    return true;
  }
};

// What Go's types let in, one letter per parameter: s string, i int, f float64, b bool, a any,
// l a list, m a map (what is missing is an empty one), w a map that is changed, t a time. A last
// `*` repeats the letter before it, none or more times.
struct Function {
  std::string_view name;
  std::string_view parameters;
  bool (*run)(Call& call);  // False: an error. Null: `and` and `or`, which do not evaluate all.
};

// Null: there is none, or it is not supported.
const Function* find_function(std::string_view name);
// Go's templates or sprig have it, and it is refused here (docs/formats/go-template.md).
bool is_unsupported_function(std::string_view name);

std::span<const Function> builtin_functions();
std::span<const Function> text_functions();
std::span<const Function> number_functions();
std::span<const Function> list_functions();
std::span<const Function> collection_functions();
std::span<const Function> pattern_functions();
std::span<const Function> encoding_functions();
std::span<const Function> path_functions();
std::span<const Function> time_functions();

}  // namespace tailrace::pipeline::go_template
