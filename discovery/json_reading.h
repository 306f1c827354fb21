// Reading JSON that others wrote: what is missing or of another kind is empty. For sources only.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "discovery/target.h"

namespace tailrace::discovery {

using Json = simdjson::dom::element;

// The member, when `value` is an object that has it and it is not null.
inline std::optional<Json> json_find(Json value, std::string_view key) {
  Json found;
  if (value[key].get(found) != simdjson::SUCCESS || found.is_null()) return std::nullopt;
  return found;
}

// The member of a member.
inline std::optional<Json> json_find(Json value, std::string_view key, std::string_view inner) {
  const auto found = json_find(value, key);
  return found ? json_find(*found, inner) : std::nullopt;
}

inline std::string_view json_view(std::optional<Json> value) {
  std::string_view text;
  if (!value || value->get(text) != simdjson::SUCCESS) return {};
  return text;
}

inline std::string json_text(Json value, std::string_view key) {
  return std::string(json_view(json_find(value, key)));
}

inline std::string json_text(Json value, std::string_view key, std::string_view inner) {
  return std::string(json_view(json_find(value, key, inner)));
}

// A number as text; text as it is.
inline std::string json_number_text(Json value, std::string_view key) {
  const auto found = json_find(value, key);
  std::int64_t number = 0;
  if (found && found->get(number) == simdjson::SUCCESS) return std::to_string(number);
  return std::string(json_view(found));
}

inline std::optional<bool> json_bool(Json value, std::string_view key) {
  const auto found = json_find(value, key);
  bool flag = false;
  if (!found || found->get(flag) != simdjson::SUCCESS) return std::nullopt;
  return flag;
}

// The texts of an object.
inline LabelMap json_map(std::optional<Json> value) {
  LabelMap map;
  simdjson::dom::object object;
  if (!value || value->get(object) != simdjson::SUCCESS) return map;
  for (const auto& [key, member] : object) {
    std::string_view text;
    if (member.get(text) == simdjson::SUCCESS) map.insert_or_assign(std::string(key), text);
  }
  return map;
}

// Calls `take` with each member of the list, if it is one.
template <typename Take>
void json_each(std::optional<Json> value, Take take) {
  simdjson::dom::array list;
  if (!value || value->get(list) != simdjson::SUCCESS) return;
  for (const Json item : list)
    take(item);
}

// `parser` owns what comes back.
inline Result<Json> parse_json(simdjson::dom::parser& parser, std::string_view text) {
  Json root;
  const auto error = parser.parse(text.data(), text.size()).get(root);
  if (error != simdjson::SUCCESS) {
    return fail(Error::kInvalid, std::string("not JSON: ") + simdjson::error_message(error));
  }
  return root;
}

}  // namespace tailrace::discovery
