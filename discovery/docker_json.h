// Fields of the Engine API's answers; what is missing or of another type is empty.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "discovery/docker_api.h"
#include "discovery/target.h"

namespace tailrace::discovery {

// `pointer`: "/Spec/Name".
inline std::string docker_text(simdjson::dom::element at, std::string_view pointer) {
  std::string_view text;
  return at.at_pointer(pointer).get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

inline std::uint64_t docker_number(simdjson::dom::element at, std::string_view pointer) {
  std::uint64_t number = 0;
  return at.at_pointer(pointer).get(number) == simdjson::SUCCESS ? number : 0;
}

// "true" or "false".
inline std::string docker_flag(simdjson::dom::element at, std::string_view pointer) {
  bool flag = false;
  return at.at_pointer(pointer).get(flag) == simdjson::SUCCESS && flag ? "true" : "false";
}

// Calls `each(name, value)` for the texts of a map.
template <typename Each>
void docker_pairs(simdjson::dom::element at, std::string_view pointer, const Each& each) {
  simdjson::dom::object map;
  if (at.at_pointer(pointer).get(map) != simdjson::SUCCESS) return;
  for (const auto field : map) {
    std::string_view value;
    if (field.value.get(value) == simdjson::SUCCESS) each(field.key, value);
  }
}

// Calls `each(element)` for the items of a list.
template <typename Each>
void docker_items(simdjson::dom::element at, std::string_view pointer, const Each& each) {
  simdjson::dom::array list;
  if (at.at_pointer(pointer).get(list) != simdjson::SUCCESS) return;
  for (const simdjson::dom::element item : list)
    each(item);
}

// The labels of a map of them, each behind `prefix`.
inline void docker_labels(simdjson::dom::element at, std::string_view pointer,
                          std::string_view prefix, LabelMap& labels) {
  docker_pairs(at, pointer, [&](std::string_view name, std::string_view value) {
    labels[docker_label_name(prefix, name)] = value;
  });
}

}  // namespace tailrace::discovery
