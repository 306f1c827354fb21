// What JMESPath expressions work on: JSON values, of the document or made by an expression.
#include "pipeline/jmespath/value.h"

#include <algorithm>
#include <numeric>

#include "base/arena_array.h"
#include "pipeline/json/json_text.h"

namespace tailrace::pipeline::jmespath {

Value Value::of(const json::Document& document, const json::Node* node) {
  using NodeKind = json::Node::Kind;
  Value value;
  if (node == nullptr) return value;
  switch (node->kind) {
    case NodeKind::kNull:
      break;
    case NodeKind::kFalse:
    case NodeKind::kTrue:
      return of_bool(node->kind == NodeKind::kTrue);
    case NodeKind::kNumber:
      return of_number(node->number);
    case NodeKind::kString:
      return of_text(node->text);
    case NodeKind::kArray:
    case NodeKind::kObject:
      value.kind = node->kind == NodeKind::kArray ? Kind::kArray : Kind::kObject;
      value.document = &document;
      value.node = node;
      break;
  }
  return value;
}

Value Value::of_bool(bool given) {
  Value value;
  value.kind = Kind::kBool;
  value.boolean = given;
  return value;
}

Value Value::of_number(double given) {
  Value value;
  value.kind = Kind::kNumber;
  value.number = given;
  return value;
}

Value Value::of_text(std::string_view given) {
  Value value;
  value.kind = Kind::kString;
  value.text = given;
  return value;
}

Value Value::of_array(std::span<const Value> values) {
  Value value;
  value.kind = Kind::kArray;
  value.items = values.data();
  value.size = values.size();
  return value;
}

Content content_of(const Value& value, Arena& arena) {
  if (value.node == nullptr) return {{value.items, value.size}, value.keys};
  const json::Document& document = *value.document;
  std::size_t count = 0;
  const auto for_each = [&](auto&& visit) {
    for (std::uint32_t i = value.node->first_child; i != json::Node::kNone;
         i = document.node(i).next_sibling) {
      if (!document.node(i).overridden) visit(document.node(i));
    }
  };
  for_each([&](const json::Node&) { ++count; });
  Value* const values = make_array<Value>(arena, count);
  std::string_view* const keys =
      value.is_object() ? make_array<std::string_view>(arena, count) : nullptr;
  std::size_t at = 0;
  for_each([&](const json::Node& child) {
    if (keys != nullptr) keys[at] = child.key;
    values[at++] = Value::of(document, &child);
  });
  return {{values, count}, keys};
}

Value member_of(const Value& object, std::string_view key) {
  if (!object.is_object()) return {};
  if (object.node != nullptr) {
    return Value::of(*object.document, object.document->member(*object.node, key));
  }
  for (std::size_t i = 0; i < object.size; ++i) {
    if (object.keys[i] == key) return object.items[i];
  }
  return {};
}

bool is_true(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kNull:
      return false;
    case Value::Kind::kBool:
      return value.boolean;
    case Value::Kind::kString:
      return !value.text.empty();
    case Value::Kind::kArray:
    case Value::Kind::kObject:
      return value.node != nullptr ? value.node->first_child != json::Node::kNone : value.size != 0;
    case Value::Kind::kNumber:
    case Value::Kind::kReference:
      break;
  }
  return true;
}

bool equal(const Value& a, const Value& b, Arena& arena) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Value::Kind::kNull:
      return true;
    case Value::Kind::kBool:
      return a.boolean == b.boolean;
    case Value::Kind::kNumber:
      return a.number == b.number;
    case Value::Kind::kString:
      return a.text == b.text;
    case Value::Kind::kReference:
      return a.reference == b.reference;
    case Value::Kind::kArray:
    case Value::Kind::kObject:
      break;
  }
  const Content x = content_of(a, arena);
  const Content y = content_of(b, arena);
  if (x.values.size() != y.values.size()) return false;
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const Value other = x.keys == nullptr ? y.values[i] : member_of(b, x.keys[i]);
    if (x.keys != nullptr &&
        std::find(y.keys, y.keys + y.values.size(), x.keys[i]) == y.keys + y.values.size()) {
      return false;
    }
    if (!equal(x.values[i], other, arena)) return false;
  }
  return true;
}

void append_json(std::string& out, const Value& value, KeyOrder order, Arena& arena) {
  switch (value.kind) {
    case Value::Kind::kNull:
    case Value::Kind::kReference:
      out += "null";
      return;
    case Value::Kind::kBool:
      out += value.boolean ? "true" : "false";
      return;
    case Value::Kind::kNumber:
      json::append_number(out, value.number);
      return;
    case Value::Kind::kString:
      json::append_string(out, value.text);
      return;
    case Value::Kind::kArray:
    case Value::Kind::kObject:
      break;
  }
  if (value.node != nullptr && order == KeyOrder::kOfDocument) {
    value.document->append_text(out, *value.node);
    return;
  }
  const Content content = content_of(value, arena);
  const std::size_t count = content.values.size();
  std::size_t* const places = make_array<std::size_t>(arena, count);
  std::iota(places, places + count, std::size_t{0});
  if (content.keys != nullptr && order == KeyOrder::kSorted) {
    std::sort(places, places + count, [&content](std::size_t a, std::size_t b) {
      return content.keys[a] < content.keys[b];
    });
  }
  out += value.is_array() ? '[' : '{';
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) out += ',';
    if (content.keys != nullptr) {
      json::append_string(out, content.keys[places[i]]);
      out += ':';
    }
    append_json(out, content.values[places[i]], order, arena);
  }
  out += value.is_array() ? ']' : '}';
}

}  // namespace tailrace::pipeline::jmespath
