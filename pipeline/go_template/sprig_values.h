// How the functions of sprig see values and give lists back.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "pipeline/go_template/functions.h"

namespace tailrace::pipeline::go_template {

// What sprig takes for empty; a time never is.
inline bool is_empty(const Value& value) {
  return !is_true(value);
}

// A value as text; in the arena unless it is one.
std::string_view text_of(Call& call, const Value& value);

// Sets the result to a list; false: too many steps.
bool return_list(Call& call, std::span<const Value> values, Element element = Element::kAny);
bool return_texts(Call& call, const std::vector<std::string_view>& texts);

}  // namespace tailrace::pipeline::go_template
