// Template functions for lists.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/go_template/functions.h"
#include "pipeline/go_template/numbers.h"
#include "pipeline/go_template/sprig_values.h"

namespace tailrace::pipeline::go_template {
namespace {

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

bool to_strings(Call& call) {
  return return_texts(call, texts_of(call, call.args[0]));
}
bool sort_alpha(Call& call) {
  std::vector<std::string_view> texts = texts_of(call, call.args[0]);
  if (call.args[0].is_nil()) texts.push_back("<nil>");
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

// The parts between the separators, the last of `most` being what is left; an empty separator cuts
// between characters.
std::vector<std::string_view> parts_of(std::string_view text, std::string_view separator,
                                       std::size_t most = SIZE_MAX) {
  std::vector<std::string_view> parts;
  if (separator.empty()) {
    for (std::size_t at = 0; at < text.size();) {
      if (parts.size() + 1 == most) {
        parts.push_back(text.substr(at));
        break;
      }
      std::size_t end = at + 1;
      while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80)
        ++end;
      parts.push_back(text.substr(at, end - at));
      at = end;
    }
    return parts;
  }
  while (true) {
    const bool is_last = parts.size() + 1 == most;
    const std::size_t end = is_last ? std::string_view::npos : text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + separator.size());
  }
}

bool split_list(Call& call) {
  return return_texts(call, parts_of(call.args[1].text, call.args[0].text));
}

// A map: _0, _1, ...
bool return_numbered(Call& call, const std::vector<std::string_view>& parts) {
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

bool split(Call& call) {
  return return_numbered(call, parts_of(call.args[1].text, call.args[0].text));
}

// splitn separator count text: the last part is what is left; below 0: all.
bool split_some(Call& call) {
  const std::int64_t count = call.args[1].integer;
  if (count == 0) return return_numbered(call, {});
  const std::size_t most = count < 0 ? SIZE_MAX : static_cast<std::size_t>(count);
  return return_numbered(call, parts_of(call.args[2].text, call.args[0].text, most));
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
  return return_list(call, all.empty() ? all : all.subspan(1));
}
bool initial(Call& call) {
  const auto all = items(call, 0);
  return return_list(call, all.empty() ? all : all.first(all.size() - 1));
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

bool holds(std::span<const Value> values, const Value& wanted, NodeBudget& nodes) {
  return std::any_of(values.begin(), values.end(),
                     [&](const Value& value) { return deep_equal(value, wanted, nodes); });
}

bool uniq(Call& call) {
  std::vector<Value> values;
  for (const Value& value : items(call, 0)) {
    if (!call.runtime.step(values.size())) return false;
    if (!holds(values, value, call.runtime.nodes())) values.push_back(value);
  }
  return return_list(call, values);
}
bool without(Call& call) {
  std::vector<Value> values;
  for (const Value& value : items(call, 0)) {
    if (!call.runtime.step(call.args.size())) return false;
    if (!holds(call.args.subspan(1), value, call.runtime.nodes())) values.push_back(value);
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
         call.return_bool(holds(items(call, 1), call.args[0], call.runtime.nodes()));
}
bool concat(Call& call) {
  std::vector<Value> values;
  for (std::size_t i = 0; i < call.args.size(); ++i) {
    // The same long list can be given many times.
    if (!call.runtime.step(items(call, i).size())) return false;
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
// What stands behind the two places is not looked at.
bool slice(Call& call) {
  if (call.args[0].kind != Value::Kind::kList) return false;
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

constexpr auto kListFunctions = std::to_array<Function>({
    {"list", "a*", list},
    {"tuple", "a*", list},
    {"toStrings", "a", to_strings},
    {"sortAlpha", "a", sort_alpha},
    {"join", "sa", join},
    {"splitList", "ss", split_list},
    {"split", "ss", split},
    {"splitn", "sis", split_some},
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
    {"mustAppend", "la", append},
    {"mustPush", "la", append},
    {"mustPrepend", "la", prepend},
    {"mustFirst", "l", first},
    {"mustRest", "l", rest},
    {"mustLast", "l", last},
    {"mustInitial", "l", initial},
    {"mustReverse", "l", reverse},
    {"mustUniq", "l", uniq},
    {"mustWithout", "la*", without},
    {"mustHas", "aa", has},
    {"mustSlice", "aa*", slice},
    {"mustChunk", "il", chunk},
    {"mustCompact", "l", compact},
});

}  // namespace

std::span<const Function> list_functions() {
  return kListFunctions;
}

}  // namespace tailrace::pipeline::go_template
