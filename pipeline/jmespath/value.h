// What JMESPath expressions work on: JSON values, of the document or made by an expression.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "pipeline/json/json_document.h"

namespace tailrace::pipeline::jmespath {

struct Expression;

// Arrays and objects of the document are looked into only when an expression does.
struct Value {
  enum class Kind : std::uint8_t {
    kNull,
    kBool,
    kNumber,
    kString,
    kArray,
    kObject,
    kReference,  // &expression, as an argument of a function.
  };
  Kind kind = Kind::kNull;
  bool boolean = false;
  double number = 0;
  std::string_view text;
  // Arrays and objects: either what is in it (keys of objects beside), or its node.
  const Value* items = nullptr;
  const std::string_view* keys = nullptr;
  std::size_t size = 0;
  const json::Document* document = nullptr;
  const json::Node* node = nullptr;
  const Expression* reference = nullptr;

  static Value of(const json::Document& document, const json::Node* node);
  static Value of_bool(bool given);
  static Value of_number(double given);
  static Value of_text(std::string_view given);
  static Value of_array(std::span<const Value> values);

  bool is_null() const { return kind == Kind::kNull; }
  bool is_array() const { return kind == Kind::kArray; }
  bool is_object() const { return kind == Kind::kObject; }
  bool is_number() const { return kind == Kind::kNumber; }
  bool is_text() const { return kind == Kind::kString; }
};

// Room to work in: values are made in the arena, texts are put together in `text`.
struct Workspace {
  Arena& arena;
  std::string& text;
};

// What is in an array or object; of the latter also the keys, in the order of the text.
struct Content {
  std::span<const Value> values;
  const std::string_view* keys = nullptr;
};
Content content_of(const Value& value, Arena& arena);

// Null where there is none.
Value member_of(const Value& object, std::string_view key);

bool is_true(const Value& value);
bool equal(const Value& a, const Value& b, Arena& arena);

enum class KeyOrder { kOfDocument, kSorted };
// As JSON without blanks.
void append_json(std::string& out, const Value& value, KeyOrder order, Arena& arena);

}  // namespace tailrace::pipeline::jmespath
