// The text form of an extracted value, as Promtail's stages see it.
#include "pipeline/value_text.h"

#include "pipeline/json/json_text.h"

namespace tailrace::pipeline {

std::string_view number_text(double value, Arena& arena) {
  json::FixedBuffer buffer;
  return arena.copy(json::fixed_text(value, buffer));
}

std::optional<std::string_view> text_of(const Value& value, Arena& arena) {
  switch (value.kind) {
    case Value::Kind::kText:
      return value.text;
    case Value::Kind::kNumber:
      return number_text(value.number, arena);
    case Value::Kind::kBool:
      return value.boolean ? "true" : "false";
    case Value::Kind::kAbsent:
    case Value::Kind::kNil:
      break;
  }
  return std::nullopt;
}

}  // namespace tailrace::pipeline
