// The values that a template works with.
#include "pipeline/go_template/value.h"

#include <algorithm>

namespace tailrace::pipeline::go_template {
namespace {

MapEntry* place_of(const Map& map, std::string_view key) {
  return std::lower_bound(
      map.entries, map.entries + map.size, key,
      [](const MapEntry& entry, std::string_view wanted) { return entry.key < wanted; });
}

bool equal(const Value& a, const Value& b, int depth, NodeBudget& nodes);

// A list or map is equal to itself, and need not be looked into.
bool equal_lists(const List& a, const List& b, int depth, NodeBudget& nodes) {
  if (&a == &b) return true;
  if (a.element != b.element || a.size != b.size) return false;
  for (std::size_t i = 0; i < a.size; ++i) {
    if (!nodes.take(depth) || !equal(a.items[i], b.items[i], depth, nodes)) return false;
  }
  return true;
}

bool equal_maps(const Map& a, const Map& b, int depth, NodeBudget& nodes) {
  if (&a == &b) return true;
  if (a.element != b.element || a.size != b.size) return false;
  for (std::size_t i = 0; i < a.size; ++i) {
    if (a.entries[i].key != b.entries[i].key || !nodes.take(depth)) return false;
    if (!equal(a.entries[i].value, b.entries[i].value, depth, nodes)) return false;
  }
  return true;
}

bool equal(const Value& a, const Value& b, int depth, NodeBudget& nodes) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Value::Kind::kNil:
      return true;
    case Value::Kind::kBool:
      return a.boolean == b.boolean;
    case Value::Kind::kInt:
    case Value::Kind::kInt64:
    case Value::Kind::kDuration:
      return a.integer == b.integer;
    case Value::Kind::kTime:
      return a.integer == b.integer && a.number == b.number;
    case Value::Kind::kFloat:
      return a.number == b.number;
    case Value::Kind::kText:
      return a.text.size() == b.text.size() &&
             (a.text.data() == b.text.data() ||
              (nodes.take_text(a.text.size()) && a.text == b.text));
    case Value::Kind::kList:
      return equal_lists(*a.list, *b.list, depth + 1, nodes);
    case Value::Kind::kMap:
      break;
  }
  return equal_maps(*a.map, *b.map, depth + 1, nodes);
}

}  // namespace

List* make_list(Arena& arena, std::size_t size, Element element) {
  List* const list = make_array<List>(arena, 1);
  list->items = make_array<Value>(arena, size);
  list->size = size;
  list->element = element;
  return list;
}

Map* make_map(Arena& arena, std::size_t capacity, Element element) {
  Map* const map = make_array<Map>(arena, 1);
  map->entries = make_array<MapEntry>(arena, capacity);
  map->capacity = capacity;
  map->element = element;
  return map;
}

const Value* find(const Map& map, std::string_view key) {
  const MapEntry* const place = place_of(map, key);
  const bool found = place != map.entries + map.size && place->key == key;
  return found ? &place->value : nullptr;
}

void put(Map& map, std::string_view key, const Value& value, Arena& arena) {
  MapEntry* place = place_of(map, key);
  const auto index = static_cast<std::size_t>(place - map.entries);
  if (index < map.size && place->key == key) {
    place->value = value;
    return;
  }
  if (map.size == map.capacity) {
    map.capacity = map.capacity * 2 + 4;
    MapEntry* const larger = make_array<MapEntry>(arena, map.capacity);
    std::copy(map.entries, map.entries + map.size, larger);
    map.entries = larger;
    place = larger + index;
  }
  std::move_backward(place, map.entries + map.size, map.entries + map.size + 1);
  *place = {.key = key, .value = value};
  ++map.size;
}

void remove(Map& map, std::string_view key) {
  MapEntry* const place = place_of(map, key);
  if (place == map.entries + map.size || place->key != key) return;
  std::move(place + 1, map.entries + map.size, place);
  --map.size;
}

bool is_true(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kNil:
      return false;
    case Value::Kind::kBool:
      return value.boolean;
    case Value::Kind::kInt:
    case Value::Kind::kInt64:
    case Value::Kind::kDuration:
      return value.integer != 0;
    case Value::Kind::kFloat:
      return value.number != 0;
    case Value::Kind::kText:
      return !value.text.empty();
    case Value::Kind::kList:
      return value.list->size != 0;
    case Value::Kind::kMap:
      return value.map->size != 0;
    case Value::Kind::kTime:
      break;
  }
  return true;
}

bool deep_equal(const Value& a, const Value& b, NodeBudget& nodes) {
  return equal(a, b, 0, nodes);
}

}  // namespace tailrace::pipeline::go_template
