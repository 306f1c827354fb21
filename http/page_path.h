// Paths of pages below `server.http_path_prefix`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tailrace::http {

// The prefix with a slash in front and none behind; empty when it is empty or only slashes.
std::string normal_prefix(std::string_view prefix);

// What follows the prefix ("/ready"), or nothing: a page has no other path than the one below it.
// `prefix`: of normal_prefix().
std::optional<std::string_view> below_prefix(std::string_view path, std::string_view prefix);

}  // namespace tailrace::http
