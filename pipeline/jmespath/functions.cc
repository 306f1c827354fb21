// The functions of JMESPath.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <system_error>

#include "base/arena_array.h"
#include "base/utf8.h"
#include "pipeline/jmespath/evaluate.h"

namespace tailrace::pipeline::jmespath {
namespace {

struct Call {
  std::span<const Value> args;
  const Workspace& room;
  Value& result;
  Arena& arena = room.arena;

  bool give(const Value& value) {
    result = value;
    return true;
  }
  std::span<const Value> items(std::size_t i) const { return content_of(args[i], arena).values; }
};

bool all_are(std::span<const Value> values, Value::Kind kind) {
  return std::all_of(values.begin(), values.end(),
                     [kind](const Value& value) { return value.kind == kind; });
}

bool absolute(Call& call) {
  return call.give(Value::of_number(std::abs(call.args[0].number)));
}
bool ceiling(Call& call) {
  return call.give(Value::of_number(std::ceil(call.args[0].number)));
}
bool round_down(Call& call) {
  return call.give(Value::of_number(std::floor(call.args[0].number)));
}

bool sum(Call& call) {
  double total = 0;
  for (const Value& value : call.items(0))
    total += value.number;
  return call.give(Value::of_number(total));
}
bool average(Call& call) {
  const auto count = call.items(0).size();
  if (count == 0) return call.give({});
  return sum(call) && call.give(Value::of_number(call.result.number / static_cast<double>(count)));
}

bool contains(Call& call) {
  const Value& wanted = call.args[1];
  if (call.args[0].is_text()) {
    return call.give(Value::of_bool(wanted.is_text() &&
                                    call.args[0].text.find(wanted.text) != std::string_view::npos));
  }
  const auto items = call.items(0);
  return call.give(Value::of_bool(std::any_of(items.begin(), items.end(), [&](const Value& item) {
    return equal(item, wanted, call.arena);
  })));
}
bool starts_with(Call& call) {
  return call.give(Value::of_bool(call.args[0].text.starts_with(call.args[1].text)));
}
bool ends_with(Call& call) {
  return call.give(Value::of_bool(call.args[0].text.ends_with(call.args[1].text)));
}

bool join(Call& call) {
  std::string& text = call.room.text;
  text.clear();
  bool is_first = true;
  for (const Value& item : call.items(1)) {
    if (!is_first) text += call.args[0].text;
    is_first = false;
    text += item.text;
  }
  return call.give(Value::of_text(call.arena.copy(text)));
}

bool length(Call& call) {
  std::size_t count = 0;
  if (call.args[0].is_text()) {
    std::string_view rest = call.args[0].text;
    for (; !rest.empty(); ++count)
      rest.remove_prefix(std::max<std::size_t>(utf8_sequence_bytes(rest), 1));
  } else {
    count = call.items(0).size();
  }
  return call.give(Value::of_number(static_cast<double>(count)));
}

bool keys(Call& call) {
  const Content content = content_of(call.args[0], call.arena);
  Value* const names = make_array<Value>(call.arena, content.values.size());
  std::transform(content.keys, content.keys + content.values.size(), names, Value::of_text);
  return call.give(Value::of_array({names, content.values.size()}));
}
bool values(Call& call) {
  return call.give(Value::of_array(call.items(0)));
}

bool map(Call& call) {
  const auto items = call.items(1);
  Value* const mapped = make_array<Value>(call.arena, items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!evaluate(*call.args[0].reference, items[i], call.room, mapped[i])) return false;
  }
  return call.give(Value::of_array({mapped, items.size()}));
}

// The values that order the items, by `by`; all numbers or all texts, or it is an error.
struct Ordered {
  Value key;
  Value item;
  std::size_t place = 0;
};
std::optional<std::span<Ordered>> ordered(const Call& call, const Expression* by) {
  const auto items = call.items(0);
  Ordered* const all = make_array<Ordered>(call.arena, items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    all[i].item = all[i].key = items[i];
    all[i].place = i;
    if (by != nullptr && !evaluate(*by, items[i], call.room, all[i].key)) return std::nullopt;
    const bool fits =
        (all[i].key.is_number() || all[i].key.is_text()) && all[i].key.kind == all[0].key.kind;
    if (!fits) return std::nullopt;
  }
  return std::span<Ordered>(all, items.size());
}
bool before(const Ordered& a, const Ordered& b) {
  return a.key.is_number() ? a.key.number < b.key.number : a.key.text < b.key.text;
}

bool largest_by(Call& call, const Expression* by) {
  const auto all = ordered(call, by);
  if (!all) return false;
  if (all->empty()) return call.give({});
  return call.give(std::max_element(all->begin(), all->end(), before)->item);
}
bool smallest_by(Call& call, const Expression* by) {
  const auto all = ordered(call, by);
  if (!all) return false;
  if (all->empty()) return call.give({});
  return call.give(std::min_element(all->begin(), all->end(), before)->item);
}
bool sorted_by(Call& call, const Expression* by) {
  const auto all = ordered(call, by);
  if (!all) return false;
  // Equal ones stay in order; std::stable_sort would take memory for that.
  std::sort(all->begin(), all->end(), [](const Ordered& a, const Ordered& b) {
    return before(a, b) || (!before(b, a) && a.place < b.place);
  });
  Value* const items = make_array<Value>(call.arena, all->size());
  std::transform(all->begin(), all->end(), items, [](const Ordered& entry) { return entry.item; });
  return call.give(Value::of_array({items, all->size()}));
}
bool largest(Call& call) {
  return largest_by(call, nullptr);
}
bool smallest(Call& call) {
  return smallest_by(call, nullptr);
}
bool sort(Call& call) {
  return sorted_by(call, nullptr);
}
bool max_by(Call& call) {
  return largest_by(call, call.args[1].reference);
}
bool min_by(Call& call) {
  return smallest_by(call, call.args[1].reference);
}
bool sort_by(Call& call) {
  return sorted_by(call, call.args[1].reference);
}

// Members of later objects win.
bool merge(Call& call) {
  std::size_t most = 0;
  for (std::size_t i = 0; i < call.args.size(); ++i)
    most += call.items(i).size();
  Value* const items = make_array<Value>(call.arena, most);
  auto* const names = make_array<std::string_view>(call.arena, most);
  std::size_t count = 0;
  for (const Value& object : call.args) {
    const Content content = content_of(object, call.arena);
    for (std::size_t i = 0; i < content.values.size(); ++i) {
      const auto place =
          static_cast<std::size_t>(std::find(names, names + count, content.keys[i]) - names);
      names[place] = content.keys[i];
      items[place] = content.values[i];
      count += place == count ? 1 : 0;
    }
  }
  Value merged = Value::of_array({items, count});
  merged.kind = Value::Kind::kObject;
  merged.keys = names;
  return call.give(merged);
}

bool not_null(Call& call) {
  const auto found = std::find_if_not(call.args.begin(), call.args.end(),
                                      [](const Value& value) { return value.is_null(); });
  return call.give(found == call.args.end() ? Value() : *found);
}

bool reverse(Call& call) {
  if (call.args[0].is_text()) {
    std::string_view rest = call.args[0].text;
    const std::size_t size = rest.size();
    char* const text = call.arena.allocate(size);
    while (!rest.empty()) {
      const std::size_t bytes = std::max<std::size_t>(utf8_sequence_bytes(rest), 1);
      std::copy_n(rest.data(), bytes, text + rest.size() - bytes);
      rest.remove_prefix(bytes);
    }
    return call.give(Value::of_text({text, size}));
  }
  const auto items = call.items(0);
  Value* const reversed = make_array<Value>(call.arena, items.size());
  std::reverse_copy(items.begin(), items.end(), reversed);
  return call.give(Value::of_array({reversed, items.size()}));
}

bool to_array(Call& call) {
  if (call.args[0].is_array()) return call.give(call.args[0]);
  Value* const item = make_array<Value>(call.arena, 1);
  *item = call.args[0];
  return call.give(Value::of_array({item, 1}));
}

bool to_string(Call& call) {
  if (call.args[0].is_text()) return call.give(call.args[0]);
  std::string& text = call.room.text;
  text.clear();
  append_json(text, call.args[0], KeyOrder::kSorted, call.arena);
  return call.give(Value::of_text(call.arena.copy(text)));
}

bool to_number(Call& call) {
  if (call.args[0].is_number()) return call.give(call.args[0]);
  if (!call.args[0].is_text()) return call.give({});
  std::string_view text = call.args[0].text;
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = !text.empty() && error == std::errc{} && end == text.data() + text.size();
  return call.give(is_number ? Value::of_number(number) : Value());
}

bool type(Call& call) {
  constexpr std::array<std::string_view, 7> kNames = {"null",  "boolean", "number", "string",
                                                      "array", "object",  "null"};
  return call.give(Value::of_text(kNames[static_cast<std::size_t>(call.args[0].kind)]));
}

// One letter per parameter: n number, s string, a array, N array of numbers, S array of strings,
// o object, e expression, l what has a length, r what can be reversed, c what can contain, * any;
// a last `+` allows more of the letter before.
struct Function {
  std::string_view name;
  std::string_view parameters;
  bool (*run)(Call& call);
};
constexpr std::array<Function, 26> kFunctions = {{{"abs", "n", absolute},
                                                  {"avg", "N", average},
                                                  {"ceil", "n", ceiling},
                                                  {"contains", "c*", contains},
                                                  {"ends_with", "ss", ends_with},
                                                  {"floor", "n", round_down},
                                                  {"join", "sS", join},
                                                  {"keys", "o", keys},
                                                  {"length", "l", length},
                                                  {"map", "ea", map},
                                                  {"max", "a", largest},
                                                  {"max_by", "ae", max_by},
                                                  {"merge", "o+", merge},
                                                  {"min", "a", smallest},
                                                  {"min_by", "ae", min_by},
                                                  {"not_null", "*+", not_null},
                                                  {"reverse", "r", reverse},
                                                  {"sort", "a", sort},
                                                  {"sort_by", "ae", sort_by},
                                                  {"starts_with", "ss", starts_with},
                                                  {"sum", "N", sum},
                                                  {"to_array", "*", to_array},
                                                  {"to_number", "*", to_number},
                                                  {"to_string", "*", to_string},
                                                  {"type", "*", type},
                                                  {"values", "o", values}}};

bool fits(const Value& value, char parameter, Arena& arena) {
  using Kind = Value::Kind;
  const auto items = [&] { return content_of(value, arena).values; };
  switch (parameter) {
    case 'n':
      return value.is_number();
    case 's':
      return value.is_text();
    case 'a':
      return value.is_array();
    case 'N':
      return value.is_array() && all_are(items(), Kind::kNumber);
    case 'S':
      return value.is_array() && all_are(items(), Kind::kString);
    case 'o':
      return value.is_object();
    case 'e':
      return value.kind == Kind::kReference;
    case 'l':
      return value.is_text() || value.is_array() || value.is_object();
    case 'r':
    case 'c':
      return value.is_text() || value.is_array();
    default:
      return value.kind != Kind::kReference;
  }
}

}  // namespace

bool call_function(std::string_view name, std::span<const Value> args, const Workspace& room,
                   Value& result) {
  const auto function =
      std::find_if(kFunctions.begin(), kFunctions.end(),
                   [name](const Function& candidate) { return candidate.name == name; });
  if (function == kFunctions.end()) return false;
  const std::string_view parameters = function->parameters;
  const bool more = parameters.ends_with('+');
  const std::size_t required = parameters.size() - (more ? 1 : 0);
  if (args.size() < required || (!more && args.size() > required)) return false;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (!fits(args[i], parameters[std::min(i, required - 1)], room.arena)) return false;
  }
  Call call{args, room, result};
  return function->run(call);
}

}  // namespace tailrace::pipeline::jmespath
