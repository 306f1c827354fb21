// What `${V...}` can do to a value: the functions behind expand_env.h.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tailrace::config {

// Applies the operator `name` ("^^", "#", "/", ":" ...) with its arguments. An operator that does
// not know what to do with them leaves the value as it is.
std::string apply_env_function(std::string_view name, std::string value,
                               std::span<const std::string> arguments);

// Whether `text` (of `${V:text}`) is a position.
bool is_substring_position(std::string_view text);

}  // namespace tailrace::config
