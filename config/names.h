// Names in configuration files: which are valid, and which were probably meant.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tailrace::config {

// [a-zA-Z_:][a-zA-Z0-9_:]*
bool is_metric_name(std::string_view name);

// Equal but for the case of ASCII letters.
bool equal_ignoring_case(std::string_view a, std::string_view b);

std::string to_lower_ascii(std::string_view text);

// The candidate that a person probably meant by `name`, if one is near.
std::optional<std::string_view> nearest_name(std::string_view name,
                                             std::span<const std::string_view> candidates);

// "; did you mean \"x\"?" or nothing.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace tailrace::config
