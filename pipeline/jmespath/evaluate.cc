// Evaluates JMESPath expressions.
#include "pipeline/jmespath/evaluate.h"

#include <algorithm>

#include "base/arena_array.h"

namespace tailrace::pipeline::jmespath {
namespace {

using Kind = Expression::Kind;

class Evaluation {
 public:
  explicit Evaluation(const Workspace& room) : room_(room), arena_(room.arena) {}

  bool run(const Expression& e, const Value& value, Value& result) {
    switch (e.kind) {
      case Kind::kIdentity:
      case Kind::kCurrent:
        result = value;
        return true;
      case Kind::kField:
        result = member_of(value, e.name);
        return true;
      case Kind::kSubexpression:
      case Kind::kPipe: {
        Value left;
        return run(*e.children[0], value, left) && run(*e.children[1], left, result);
      }
      case Kind::kIndex:
        result = item_of(value, e.index);
        return true;
      case Kind::kSlice:
        return slice(e, value, result);
      case Kind::kFlatten:
        return flatten(e, value, result);
      case Kind::kProjection:
      case Kind::kFilterProjection:
      case Kind::kValueProjection:
        return project(e, value, result);
      case Kind::kMultiSelectList:
      case Kind::kMultiSelectHash:
        return select(e, value, result);
      case Kind::kOr:
      case Kind::kAnd:
        if (!run(*e.children[0], value, result)) return false;
        return is_true(result) == (e.kind == Kind::kOr) || run(*e.children[1], value, result);
      case Kind::kNot:
        if (!run(*e.children[0], value, result)) return false;
        result = Value::of_bool(!is_true(result));
        return true;
      case Kind::kComparison:
        return compare(e, value, result);
      case Kind::kLiteral:
        result = Value::of(e.literal->document, &e.literal->document.root());
        return true;
      case Kind::kRawString:
        result = Value::of_text(e.name);
        return true;
      case Kind::kFunction:
        return call(e, value, result);
      case Kind::kReference:
        result = {};
        result.kind = Value::Kind::kReference;
        result.reference = e.children[0].get();
        return true;
    }
    return false;
  }

 private:
  Value item_of(const Value& value, std::int64_t index) {
    if (!value.is_array()) return {};
    const auto items = content_of(value, arena_).values;
    const auto size = static_cast<std::int64_t>(items.size());
    const std::int64_t place = index < 0 ? index + size : index;
    return place < 0 || place >= size ? Value() : items[static_cast<std::size_t>(place)];
  }

  bool slice(const Expression& e, const Value& value, Value& result) {
    const std::int64_t step = e.slice[2].value_or(1);
    if (step == 0) return false;
    if (!value.is_array()) {
      result = {};
      return true;
    }
    const auto items = content_of(value, arena_).values;
    const auto size = static_cast<std::int64_t>(items.size());
    const auto bounded = [&](std::int64_t at) {
      if (at < 0) at = at < -size ? -1 : at + size;
      return std::clamp<std::int64_t>(at, step < 0 ? -1 : 0, step < 0 ? size - 1 : size);
    };
    const std::int64_t begin = e.slice[0] ? bounded(*e.slice[0]) : step < 0 ? size - 1 : 0;
    const std::int64_t end = e.slice[1] ? bounded(*e.slice[1]) : step < 0 ? -1 : size;
    Value* const kept = make_array<Value>(arena_, items.size());
    std::size_t count = 0;
    for (std::int64_t i = begin; step > 0 ? i < end : i > end;) {
      kept[count++] = items[static_cast<std::size_t>(i)];
      if (__builtin_add_overflow(i, step, &i)) break;
    }
    result = Value::of_array({kept, count});
    return true;
  }

  bool flatten(const Expression& e, const Value& value, Value& result) {
    Value left;
    if (!run(*e.children[0], value, left)) return false;
    result = {};
    if (!left.is_array()) return true;
    const auto items = content_of(left, arena_).values;
    std::size_t count = 0;
    for (const Value& item : items)
      count += item.is_array() ? content_of(item, arena_).values.size() : 1;
    Value* const flat = make_array<Value>(arena_, count);
    Value* out = flat;
    for (const Value& item : items) {
      if (item.is_array()) {
        const auto inner = content_of(item, arena_).values;
        out = std::copy(inner.begin(), inner.end(), out);
      } else {
        *out++ = item;
      }
    }
    result = Value::of_array({flat, count});
    return true;
  }

  bool project(const Expression& e, const Value& value, Value& result) {
    Value left;
    if (!run(*e.children[0], value, left)) return false;
    result = {};
    const bool fits = e.kind == Kind::kValueProjection ? left.is_object() : left.is_array();
    if (!fits) return true;
    const auto items = content_of(left, arena_).values;
    Value* const kept = make_array<Value>(arena_, items.size());
    std::size_t count = 0;
    for (const Value& item : items) {
      if (e.kind == Kind::kFilterProjection) {
        Value condition;
        if (!run(*e.children[2], item, condition)) return false;
        if (!is_true(condition)) continue;
      }
      Value projected;
      if (!run(*e.children[1], item, projected)) return false;
      if (!projected.is_null()) kept[count++] = projected;
    }
    result = Value::of_array({kept, count});
    return true;
  }

  bool select(const Expression& e, const Value& value, Value& result) {
    result = {};
    if (value.is_null()) return true;
    Value* const items = make_array<Value>(arena_, e.children.size());
    for (std::size_t i = 0; i < e.children.size(); ++i) {
      if (!run(*e.children[i], value, items[i])) return false;
    }
    result = Value::of_array({items, e.children.size()});
    if (e.kind == Kind::kMultiSelectList) return true;
    // Of two equal names the last one counts.
    auto* const keys = make_array<std::string_view>(arena_, e.names.size());
    std::size_t count = 0;
    for (std::size_t i = 0; i < e.names.size(); ++i) {
      std::string_view* const known = std::find(keys, keys + count, e.names[i]);
      items[known - keys] = items[i];
      *known = e.names[i];
      count += known == keys + count ? 1 : 0;
    }
    result.kind = Value::Kind::kObject;
    result.keys = keys;
    result.size = count;
    return true;
  }

  bool compare(const Expression& e, const Value& value, Value& result) {
    Value left;
    Value right;
    if (!run(*e.children[0], value, left) || !run(*e.children[1], value, right)) return false;
    if (e.comparator == Comparator::kEqual || e.comparator == Comparator::kNotEqual) {
      result = Value::of_bool(equal(left, right, arena_) == (e.comparator == Comparator::kEqual));
      return true;
    }
    result = {};
    if (!left.is_number() || !right.is_number()) return true;
    switch (e.comparator) {
      case Comparator::kLess:
        result = Value::of_bool(left.number < right.number);
        break;
      case Comparator::kLessEqual:
        result = Value::of_bool(left.number <= right.number);
        break;
      case Comparator::kGreater:
        result = Value::of_bool(left.number > right.number);
        break;
      default:
        result = Value::of_bool(left.number >= right.number);
    }
    return true;
  }

  bool call(const Expression& e, const Value& value, Value& result) {
    Value* const args = make_array<Value>(arena_, e.children.size());
    for (std::size_t i = 0; i < e.children.size(); ++i) {
      if (!run(*e.children[i], value, args[i])) return false;
    }
    result = {};
    return call_function(e.name, {args, e.children.size()}, room_, result);
  }

  const Workspace room_;
  Arena& arena_;
};

}  // namespace

bool evaluate(const Expression& expression, const Value& value, const Workspace& room,
              Value& result) {
  return Evaluation(room).run(expression, value, result);
}

}  // namespace tailrace::pipeline::jmespath
