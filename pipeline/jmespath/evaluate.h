// Evaluates JMESPath expressions.
#pragma once

#include <span>
#include <string_view>

#include "pipeline/jmespath/expression.h"
#include "pipeline/jmespath/value.h"

namespace tailrace::pipeline::jmespath {

// What `expression` gives on `value`. False: a run-time error (a wrong argument, an unknown
// function). Values made on the way are in the arena.
bool evaluate(const Expression& expression, const Value& value, const Workspace& room,
              Value& result);

// One call, with its arguments.
bool call_function(std::string_view name, std::span<const Value> args, const Workspace& room,
                   Value& result);

}  // namespace tailrace::pipeline::jmespath
