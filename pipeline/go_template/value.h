// The values that a template works with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "base/arena_array.h"
#include "pipeline/go_template/node_budget.h"

namespace tailrace::pipeline::go_template {

struct List;
struct Map;

// A value of one of the Go types that can come up. Everything it refers to is in the arena, in the
// data or in the template, and lives as long as the execution.
struct Value {
  enum class Kind : std::uint8_t {
    kNil,
    kBool,
    kInt,
    kInt64,
    kFloat,
    kText,
    kList,
    kMap,
    kTime,      // integer: nanoseconds since 1970; text: name of its zone.
    kDuration,  // integer: nanoseconds.
  };
  Kind kind = Kind::kNil;
  // A nil as it lies in a map or list, Go's interface {} that holds nothing: to ask it for a field
  // is an error, and it is no map. A pipeline takes the nothing out; that, as what is missing, has
  // every field (none of them there) and is an empty map to functions.
  bool held_nil = false;
  bool boolean = false;
  std::int64_t integer = 0;
  double number = 0;
  std::string_view text;
  const List* list = nullptr;  // Of a list, and only of it.
  Map* map = nullptr;          // Of a map, and only of it.

  static Value of_bool(bool value) {
    Value result;
    result.kind = Kind::kBool;
    result.boolean = value;
    return result;
  }
  static Value of_int(std::int64_t value, Kind kind = Kind::kInt) {
    Value result;
    result.kind = kind;
    result.integer = value;
    return result;
  }
  static Value of_float(double value) {
    Value result;
    result.kind = Kind::kFloat;
    result.number = value;
    return result;
  }
  static Value of_text(std::string_view value) {
    Value result;
    result.kind = Kind::kText;
    result.text = value;
    return result;
  }
  static Value of_list(const List* value) {
    Value result;
    result.kind = Kind::kList;
    result.list = value;
    return result;
  }
  static Value of_map(Map* value) {
    Value result;
    result.kind = Kind::kMap;
    result.map = value;
    return result;
  }

  bool is_nil() const { return kind == Kind::kNil; }
  bool is_text() const { return kind == Kind::kText; }
  bool is_integer() const { return kind == Kind::kInt || kind == Kind::kInt64; }
};

// What Go knows a list's or a map's elements to be: []interface {} or []string.
enum class Element : std::uint8_t { kAny, kText, kInt };

struct List {
  Value* items = nullptr;
  std::size_t size = 0;
  Element element = Element::kAny;

  std::span<Value> values() const { return {items, size}; }
};

struct MapEntry {
  std::string_view key;
  Value value;
};

// Keys are sorted.
struct Map {
  MapEntry* entries = nullptr;
  std::size_t size = 0;
  std::size_t capacity = 0;
  Element element = Element::kAny;

  std::span<MapEntry> all() const { return {entries, size}; }
};

List* make_list(Arena& arena, std::size_t size, Element element = Element::kAny);
Map* make_map(Arena& arena, std::size_t capacity, Element element = Element::kAny);
// Null: there is no such key.
const Value* find(const Map& map, std::string_view key);
void put(Map& map, std::string_view key, const Value& value, Arena& arena);
void remove(Map& map, std::string_view key);

// What `if` takes for true.
bool is_true(const Value& value);
// Go's reflect.DeepEqual: the same type and the same content. What is too large to compare spends
// the budget and is not equal.
bool deep_equal(const Value& a, const Value& b, NodeBudget& nodes);

}  // namespace tailrace::pipeline::go_template
