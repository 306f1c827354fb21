// Values as text: what a template prints, and Go's printf.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "pipeline/go_template/value.h"

namespace tailrace::pipeline::go_template {

// What is too large for `nodes` is cut off; so is, about at kTextBytesMax, what is too long.

// What an action puts out: as %v, but "<no value>" for nil.
void print_result(std::string& out, const Value& value, NodeBudget& nodes);
// Go's %v.
void append_value(std::string& out, const Value& value, NodeBudget& nodes);
// Go's %q of a text.
void append_quoted(std::string& out, std::string_view text);
// Go's %T.
std::string_view type_name(const Value& value);

// Sprint: a blank between two operands when neither is a text.
void append_all(std::string& out, std::span<const Value> values, NodeBudget& nodes);
// Sprintf. False: the result is too long.
bool append_formatted(std::string& out, std::string_view format, std::span<const Value> values,
                      NodeBudget& nodes);

}  // namespace tailrace::pipeline::go_template
