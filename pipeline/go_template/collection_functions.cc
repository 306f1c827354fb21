// Template functions for maps, and those that choose between values.
#include <algorithm>
#include <array>
#include <vector>

#include "pipeline/go_template/functions.h"
#include "pipeline/go_template/print.h"
#include "pipeline/go_template/sprig_values.h"

namespace tailrace::pipeline::go_template {
namespace {

bool empty(Call& call) {
  return call.return_bool(is_empty(call.args[0]));
}
bool default_value(Call& call) {
  const bool missing = call.args.size() < 2 || is_empty(call.args[1]);
  call.result = call.args[missing ? 0 : 1];
  return true;
}
bool coalesce(Call& call) {
  const auto found = std::find_if_not(call.args.begin(), call.args.end(), is_empty);
  if (found != call.args.end()) call.result = *found;
  return true;
}
bool ternary(Call& call) {
  call.result = call.args[call.args[2].boolean ? 0 : 1];
  return true;
}
bool all_true(Call& call) {
  return call.return_bool(std::none_of(call.args.begin(), call.args.end(), is_empty));
}
bool any_true(Call& call) {
  return call.return_bool(!std::all_of(call.args.begin(), call.args.end(), is_empty));
}
bool equal_deeply(Call& call) {
  return call.return_bool(deep_equal(call.args[0], call.args[1], call.runtime.nodes()));
}
bool type_of(Call& call) {
  return call.return_text(type_name(call.args[0]));
}
// typeIs type value.
bool type_is(Call& call) {
  return call.return_bool(type_name(call.args[1]) == call.args[0].text);
}

std::string_view kind_name(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kNil:
      return "invalid";
    case Value::Kind::kList:
      return "slice";
    case Value::Kind::kMap:
      return "map";
    case Value::Kind::kTime:
      return "struct";
    case Value::Kind::kDuration:
      return "int64";
    default:
      return type_name(value);
  }
}
bool kind_of(Call& call) {
  return call.return_text(kind_name(call.args[0]));
}
bool kind_is(Call& call) {
  return call.return_bool(kind_name(call.args[1]) == call.args[0].text);
}

// --- Maps ---

bool dict(Call& call) {
  Map* const map = make_map(call.arena, call.args.size() / 2 + 1);
  for (std::size_t i = 0; i < call.args.size(); i += 2) {
    const bool has_value = i + 1 < call.args.size();
    put(*map, text_of(call, call.args[i]), has_value ? call.args[i + 1] : Value::of_text(""),
        call.arena);
  }
  call.result = Value::of_map(map);
  return true;
}
// Go does not take a map of texts for one of anything.
bool is_any_map(const Value& value) {
  return value.kind == Value::Kind::kMap && value.map->element == Element::kAny;
}
bool get(Call& call) {
  if (!is_any_map(call.args[0])) return false;
  const Value* const found = find(*call.args[0].map, call.args[1].text);
  call.result = found == nullptr ? Value::of_text("") : *found;
  return true;
}
// Entries stay sorted, so that a new one moves those behind it.
constexpr std::size_t kEntriesPerStep = 128;

bool set(Call& call) {
  if (!is_any_map(call.args[0])) return false;
  if (!call.runtime.step(call.args[0].map->size / kEntriesPerStep)) return false;
  put(*call.args[0].map, call.args[1].text, call.args[2], call.arena);
  call.result = call.args[0];
  return true;
}
bool unset(Call& call) {
  if (!is_any_map(call.args[0])) return false;
  remove(*call.args[0].map, call.args[1].text);
  call.result = call.args[0];
  return true;
}
bool has_key(Call& call) {
  return is_any_map(call.args[0]) &&
         call.return_bool(find(*call.args[0].map, call.args[1].text) != nullptr);
}
bool pluck(Call& call) {
  std::vector<Value> values;
  for (const Value& map : call.args.subspan(1)) {
    if (!is_any_map(map)) return false;
    const Value* const found = find(*map.map, call.args[0].text);
    if (found != nullptr) values.push_back(*found);
  }
  return return_list(call, values);
}
bool keys(Call& call) {
  std::vector<std::string_view> names;
  for (const Value& map : call.args) {
    // The same large map can be given many times.
    if (!is_any_map(map) || !call.runtime.step(map.map->size)) return false;
    for (const MapEntry& entry : map.map->all())
      names.push_back(entry.key);
  }
  return return_texts(call, names);
}
bool values(Call& call) {
  if (!is_any_map(call.args[0])) return false;
  std::vector<Value> all;
  for (const MapEntry& entry : call.args[0].map->all())
    all.push_back(entry.value);
  return return_list(call, all);
}

bool is_named(std::span<const Value> names, std::string_view key) {
  return std::any_of(names.begin(), names.end(),
                     [key](const Value& name) { return name.text == key; });
}
enum class Choice { kPick, kOmit };
template <Choice What>
bool choose(Call& call) {
  if (!is_any_map(call.args[0])) return false;
  const Map& from = *call.args[0].map;
  if (!call.runtime.step(from.size)) return false;
  Map* const map = make_map(call.arena, from.size);
  for (const MapEntry& entry : from.all()) {
    if (is_named(call.args.subspan(1), entry.key) == (What == Choice::kPick)) {
      put(*map, entry.key, entry.value, call.arena);
    }
  }
  call.result = Value::of_map(map);
  return true;
}

enum class Merge { kFill, kOverwrite };

// kFill: what is missing or empty in `target` comes from `source`; kOverwrite: what is not empty in
// `source` replaces it. Maps in both are merged.
void merge_into(Map& target, const Map& source, Merge how, Call& call, int depth) {
  for (const MapEntry& entry : source.all()) {
    if (!call.runtime.nodes().take(depth)) return;
    if (!call.runtime.step(target.size / kEntriesPerStep)) return;
    const Value* const known = find(target, entry.key);
    const bool both_maps = known != nullptr && is_any_map(*known) && is_any_map(entry.value);
    if (known == nullptr || (how == Merge::kFill && is_empty(*known))) {
      put(target, entry.key, entry.value, call.arena);
    } else if (both_maps) {
      if (known->map == entry.value.map) continue;
      merge_into(*known->map, *entry.value.map, how, call, depth + 1);
    } else if (how == Merge::kOverwrite && !is_empty(entry.value)) {
      put(target, entry.key, entry.value, call.arena);
    }
  }
}
template <Merge How>
bool merge(Call& call) {
  for (const Value& map : call.args) {
    if (!is_any_map(map)) return false;
    if (map.map == call.args[0].map) continue;
    if (!call.runtime.step(map.map->size)) return false;
    merge_into(*call.args[0].map, *map.map, How, call, 1);
  }
  call.result = call.args[0];
  return true;
}

// Only maps can be changed, so only they and what holds them need a copy. False: too large.
bool copied(const Value& value, Call& call, int depth, Value& result) {
  result = value;
  NodeBudget& nodes = call.runtime.nodes();
  if (value.kind == Value::Kind::kList) {
    List* const list = make_list(call.arena, value.list->size, value.list->element);
    for (std::size_t i = 0; i < list->size; ++i) {
      if (!nodes.take(depth) || !copied(value.list->items[i], call, depth + 1, list->items[i])) {
        return false;
      }
    }
    result = Value::of_list(list);
  } else if (value.kind == Value::Kind::kMap) {
    Map* const map = make_map(call.arena, value.map->size, value.map->element);
    for (const MapEntry& entry : value.map->all()) {
      Value copy;
      if (!nodes.take(depth) || !copied(entry.value, call, depth + 1, copy)) return false;
      put(*map, entry.key, copy, call.arena);
    }
    result = Value::of_map(map);
  }
  return true;
}
bool deep_copy(Call& call) {
  return !call.args[0].is_nil() && copied(call.args[0], call, 1, call.result);
}

// dig "a" "b" default map.
bool dig(Call& call) {
  if (call.args.size() < 3) return false;
  const Value& fallback = call.args[call.args.size() - 2];
  Value value = call.args.back();
  for (const Value& key : call.args.first(call.args.size() - 2)) {
    if (!is_any_map(value) || !key.is_text()) return false;
    const Value* const found = find(*value.map, key.text);
    if (found == nullptr) {
      call.result = fallback;
      return true;
    }
    value = *found;
  }
  call.result = value;
  return true;
}

constexpr auto kCollectionFunctions = std::to_array<Function>({
    {"default", "aa*", default_value},
    {"empty", "a", empty},
    {"coalesce", "a*", coalesce},
    {"ternary", "aab", ternary},
    {"all", "a*", all_true},
    {"any", "a*", any_true},
    {"deepEqual", "aa", equal_deeply},
    {"typeOf", "a", type_of},
    {"typeIs", "sa", type_is},
    {"typeIsLike", "sa", type_is},
    {"kindOf", "a", kind_of},
    {"kindIs", "sa", kind_is},
    {"dict", "a*", dict},
    {"get", "ms", get},
    {"set", "wsa", set},
    {"unset", "ms", unset},
    {"hasKey", "ms", has_key},
    {"pluck", "sm*", pluck},
    {"keys", "m*", keys},
    {"values", "m", values},
    {"pick", "ms*", choose<Choice::kPick>},
    {"omit", "ms*", choose<Choice::kOmit>},
    {"merge", "mm*", merge<Merge::kFill>},
    {"mustMerge", "mm*", merge<Merge::kFill>},
    {"mergeOverwrite", "mm*", merge<Merge::kOverwrite>},
    {"mustMergeOverwrite", "mm*", merge<Merge::kOverwrite>},
    {"deepCopy", "a", deep_copy},
    {"mustDeepCopy", "a", deep_copy},
    {"dig", "aa*", dig},
});

}  // namespace

std::span<const Function> collection_functions() {
  return kCollectionFunctions;
}

}  // namespace tailrace::pipeline::go_template
