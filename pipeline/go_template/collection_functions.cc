// Template functions for lists and maps, and those that choose between values.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "pipeline/go_template/functions.h"
#include "pipeline/go_template/numbers.h"
#include "pipeline/go_template/print.h"

namespace tailrace::pipeline::go_template {
namespace {

bool return_list(Call& call, std::span<const Value> values, Element element = Element::kAny) {
  if (!call.runtime.step(values.size())) return false;
  List* const list = make_list(call.arena, values.size(), element);
  std::copy(values.begin(), values.end(), list->items);
  call.result = Value::of_list(list);
  return true;
}

std::string_view text_of(Call& call, const Value& value) {
  if (value.is_text()) return value.text;
  append_value(call.runtime.start_text(), value);
  return call.arena.copy(call.runtime.scratch());
}

// --- Choosing ---

// What sprig takes for empty; a time never is.
bool is_empty(const Value& value) {
  return !is_true(value);
}

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
  return call.return_bool(deep_equal(call.args[0], call.args[1]));
}
bool type_of(Call& call) {
  return call.return_text(type_name(call.args[0]));
}
bool kind_of(Call& call) {
  switch (call.args[0].kind) {
    case Value::Kind::kNil:
      return call.return_text("invalid");
    case Value::Kind::kList:
      return call.return_text("slice");
    case Value::Kind::kMap:
      return call.return_text("map");
    case Value::Kind::kTime:
      return call.return_text("struct");
    case Value::Kind::kDuration:
      return call.return_text("int64");
    default:
      return call.return_text(type_name(call.args[0]));
  }
}

// --- Lists ---

bool list(Call& call) {
  return return_list(call, call.args);
}

// A list as it is, and of another value the list of its text; nil and nils are left out.
std::vector<std::string_view> texts_of(Call& call, const Value& value) {
  std::vector<std::string_view> texts;
  if (value.is_nil()) return texts;
  if (value.kind != Value::Kind::kList) return {text_of(call, value)};
  for (const Value& item : value.list->values()) {
    if (!item.is_nil()) texts.push_back(text_of(call, item));
  }
  return texts;
}

bool return_texts(Call& call, const std::vector<std::string_view>& texts) {
  if (!call.runtime.step(texts.size())) return false;
  List* const list = make_list(call.arena, texts.size(), Element::kText);
  std::transform(texts.begin(), texts.end(), list->items, Value::of_text);
  call.result = Value::of_list(list);
  return true;
}

bool to_strings(Call& call) {
  return return_texts(call, texts_of(call, call.args[0]));
}
bool sort_alpha(Call& call) {
  std::vector<std::string_view> texts = texts_of(call, call.args[0]);
  std::sort(texts.begin(), texts.end());
  return return_texts(call, texts);
}
bool join(Call& call) {
  const std::vector<std::string_view> texts = texts_of(call, call.args[1]);
  std::string& out = call.runtime.start_text();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i != 0) out += call.args[0].text;
    out += texts[i];
    if (out.size() > kTextBytesMax) return false;
  }
  return call.return_scratch();
}

// The parts between the separators; an empty separator cuts between characters.
std::vector<std::string_view> parts_of(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  if (separator.empty()) {
    for (std::size_t at = 0; at < text.size();) {
      std::size_t end = at + 1;
      while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80)
        ++end;
      parts.push_back(text.substr(at, end - at));
      at = end;
    }
    return parts;
  }
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + separator.size());
  }
}

bool split_list(Call& call) {
  return return_texts(call, parts_of(call.args[1].text, call.args[0].text));
}

// A map: _0, _1, ...
bool split(Call& call) {
  const auto parts = parts_of(call.args[1].text, call.args[0].text);
  if (!call.runtime.step(parts.size())) return false;
  constexpr std::size_t kPartsMax = 10'000;
  if (parts.size() > kPartsMax) return false;
  Map* const map = make_map(call.arena, parts.size(), Element::kText);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    put(*map, call.arena.copy("_" + std::to_string(i)), Value::of_text(parts[i]), call.arena);
  }
  call.result = Value::of_map(map);
  return true;
}

std::span<const Value> items(const Call& call, std::size_t i) {
  return call.args[i].list->values();
}
Element element(const Call& call, std::size_t i) {
  return call.args[i].list->element;
}

bool first(Call& call) {
  if (!items(call, 0).empty()) call.result = items(call, 0).front();
  return true;
}
bool last(Call& call) {
  if (!items(call, 0).empty()) call.result = items(call, 0).back();
  return true;
}
bool rest(Call& call) {
  const auto all = items(call, 0);
  if (all.empty()) return true;  // nil
  return return_list(call, all.subspan(1));
}
bool initial(Call& call) {
  const auto all = items(call, 0);
  if (all.empty()) return true;
  return return_list(call, all.first(all.size() - 1));
}
bool append(Call& call) {
  std::vector<Value> values(items(call, 0).begin(), items(call, 0).end());
  values.push_back(call.args[1]);
  return return_list(call, values);
}
bool prepend(Call& call) {
  std::vector<Value> values = {call.args[1]};
  values.insert(values.end(), items(call, 0).begin(), items(call, 0).end());
  return return_list(call, values);
}
bool reverse(Call& call) {
  const auto all = items(call, 0);
  return return_list(call, std::vector<Value>(all.rbegin(), all.rend()));
}

bool holds(std::span<const Value> values, const Value& wanted) {
  return std::any_of(values.begin(), values.end(),
                     [&wanted](const Value& value) { return deep_equal(value, wanted); });
}

bool uniq(Call& call) {
  std::vector<Value> values;
  for (const Value& value : items(call, 0)) {
    if (!call.runtime.step(values.size())) return false;
    if (!holds(values, value)) values.push_back(value);
  }
  return return_list(call, values);
}
bool without(Call& call) {
  std::vector<Value> values;
  for (const Value& value : items(call, 0)) {
    if (!call.runtime.step(call.args.size())) return false;
    if (!holds(call.args.subspan(1), value)) values.push_back(value);
  }
  return return_list(call, values);
}
bool compact(Call& call) {
  std::vector<Value> values;
  for (const Value& value : items(call, 0)) {
    if (!is_empty(value)) values.push_back(value);
  }
  return return_list(call, values);
}
// has needle haystack.
bool has(Call& call) {
  if (call.args[1].is_nil()) return call.return_bool(false);
  if (call.args[1].kind != Value::Kind::kList) return false;
  return call.runtime.step(items(call, 1).size()) &&
         call.return_bool(holds(items(call, 1), call.args[0]));
}
bool concat(Call& call) {
  std::vector<Value> values;
  for (std::size_t i = 0; i < call.args.size(); ++i) {
    values.insert(values.end(), items(call, i).begin(), items(call, i).end());
  }
  return return_list(call, values);
}
bool chunk(Call& call) {
  const auto all = items(call, 1);
  const auto size = static_cast<std::size_t>(std::max<std::int64_t>(call.args[0].integer, 0));
  if (size == 0) return false;
  std::vector<Value> chunks;
  for (std::size_t i = 0; i < all.size(); i += size) {
    if (!return_list(call, all.subspan(i, std::min(size, all.size() - i)))) return false;
    chunks.push_back(call.result);
  }
  return return_list(call, chunks);
}
// slice list from to; sprig's, which takes the place of Go's and knows no texts.
bool slice(Call& call) {
  if (call.args[0].kind != Value::Kind::kList || call.args.size() > 3) return false;
  const auto all = items(call, 0);
  if (all.empty()) return true;
  const auto size = static_cast<std::int64_t>(all.size());
  const std::int64_t from = call.args.size() > 1 ? to_int64(call.args[1]) : 0;
  const std::int64_t to = call.args.size() > 2 ? to_int64(call.args[2]) : size;
  if (from < 0 || from > to || to > size) return false;
  return return_list(
      call, all.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)),
      element(call, 0));
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
bool set(Call& call) {
  if (!is_any_map(call.args[0])) return false;
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
    if (!is_any_map(map)) return false;
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
  Map* const map = make_map(call.arena, from.size);
  for (const MapEntry& entry : from.all()) {
    if (is_named(call.args.subspan(1), entry.key) == (What == Choice::kPick)) {
      put(*map, entry.key, entry.value, call.arena);
    }
  }
  call.result = Value::of_map(map);
  return true;
}

// What is missing or empty in `target` comes from `source`, also in maps within.
void merge_into(Map& target, const Map& source, Arena& arena, int depth) {
  if (depth > kValueDepthMax) return;
  for (const MapEntry& entry : source.all()) {
    const Value* const known = find(target, entry.key);
    if (known == nullptr || is_empty(*known)) {
      put(target, entry.key, entry.value, arena);
    } else if (is_any_map(*known) && is_any_map(entry.value) && known->map != entry.value.map) {
      merge_into(*known->map, *entry.value.map, arena, depth + 1);
    }
  }
}
bool merge(Call& call) {
  for (const Value& map : call.args) {
    if (!is_any_map(map)) return false;
    if (map.map == call.args[0].map) continue;
    if (!call.runtime.step(map.map->size)) return false;
    merge_into(*call.args[0].map, *map.map, call.arena, 0);
  }
  call.result = call.args[0];
  return true;
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
    {"kindOf", "a", kind_of},
    {"list", "a*", list},
    {"tuple", "a*", list},
    {"toStrings", "a", to_strings},
    {"sortAlpha", "a", sort_alpha},
    {"join", "sa", join},
    {"splitList", "ss", split_list},
    {"split", "ss", split},
    {"first", "l", first},
    {"last", "l", last},
    {"rest", "l", rest},
    {"initial", "l", initial},
    {"append", "la", append},
    {"push", "la", append},
    {"prepend", "la", prepend},
    {"reverse", "l", reverse},
    {"uniq", "l", uniq},
    {"without", "la*", without},
    {"compact", "l", compact},
    {"has", "aa", has},
    {"concat", "l*", concat},
    {"chunk", "il", chunk},
    {"slice", "aa*", slice},
    {"dict", "a*", dict},
    {"get", "ms", get},
    {"set", "msa", set},
    {"unset", "ms", unset},
    {"hasKey", "ms", has_key},
    {"pluck", "sm*", pluck},
    {"keys", "m*", keys},
    {"values", "m", values},
    {"pick", "ms*", choose<Choice::kPick>},
    {"omit", "ms*", choose<Choice::kOmit>},
    {"merge", "mm*", merge},
    {"dig", "aa*", dig},
});

}  // namespace

std::span<const Function> collection_functions() {
  return kCollectionFunctions;
}

}  // namespace tailrace::pipeline::go_template
