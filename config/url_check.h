// Whether a text is a URL that a client can be given.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tailrace::config {

// What is wrong with `url`, or nothing. As Promtail, a text without a scheme passes here and fails
// when something is sent. A password in it does not show up in the message.
std::optional<std::string> find_url_fault(std::string_view url);

// Whether `url` begins with http:// or https://, in any case.
bool has_http_scheme(std::string_view url);

}  // namespace tailrace::config
