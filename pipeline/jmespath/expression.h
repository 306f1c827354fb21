// A JMESPath expression as a tree.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace::pipeline::jmespath {

// So far the part of the language that nearly all configurations use: names, quoted names and
// paths of them. The rest of the language adds kinds here.
struct Expression {
  enum class Kind {
    kField,          // `name` of the object at hand.
    kSubexpression,  // `right` applied to what `left` gives.
  };
  Kind kind = Kind::kField;
  std::string name;
  std::unique_ptr<Expression> left;
  std::unique_ptr<Expression> right;
};

// Errors: kInvalid with the place and what was found there; constructs of the language that are not
// there yet are refused by their name.
Result<std::unique_ptr<Expression>> parse_expression(std::string_view text);

// The names on the way from the root, when the expression is nothing but a path (so far always).
std::vector<std::string> path_of(const Expression& expression);

}  // namespace tailrace::pipeline::jmespath
