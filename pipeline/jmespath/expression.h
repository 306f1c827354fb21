// A JMESPath expression as a tree.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "pipeline/jmespath/value.h"
#include "pipeline/json/json_document.h"

namespace tailrace::pipeline::jmespath {

// An expression longer than this, or nested deeper, is a mistake.
inline constexpr std::size_t kExpressionBytesMax = 4096;
inline constexpr int kNestingMax = 200;

enum class Comparator : std::uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual
};

// A JSON literal of an expression, and what its values view.
struct Literal {
  explicit Literal(std::size_t bytes) : arena(bytes) {}
  std::string text;
  Arena arena;
  json::Document document;
};

struct Expression {
  enum class Kind : std::uint8_t {
    kIdentity,
    kCurrent,
    kField,          // `name` of the object at hand.
    kSubexpression,  // children[1] applied to what children[0] gives; kPipe and index likewise.
    kPipe,
    kIndex,  // Of the array at hand.
    kSlice,
    kFlatten,           // What children[0] gives.
    kProjection,        // children[1] of each item of what children[0] gives.
    kValueProjection,   // Of each value of an object.
    kFilterProjection,  // Where children[2] holds.
    kMultiSelectList,
    kMultiSelectHash,  // names
    kOr,
    kAnd,
    kNot,
    kComparison,
    kLiteral,
    kRawString,  // name
    kFunction,   // name
    kReference,  // &children[0]
  };
  Kind kind = Kind::kIdentity;
  std::string name;
  std::vector<std::string> names;
  std::vector<std::unique_ptr<Expression>> children;
  Comparator comparator = Comparator::kEqual;
  std::int64_t index = 0;
  std::optional<std::int64_t> slice[3];  // Begin, end, step.
  std::unique_ptr<Literal> literal;
};

// Errors: kInvalid with the place and what was found there.
Result<std::unique_ptr<Expression>> parse_expression(std::string_view text);

// The names on the way from the root, when the expression is nothing but a path.
std::optional<std::vector<std::string>> path_of(const Expression& expression);

}  // namespace tailrace::pipeline::jmespath
