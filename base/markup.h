// Text for HTML and XML.
#pragma once

#include <string>
#include <string_view>

namespace tailrace {

// `text` with <, >, & and " written so that they are no markup, also within an attribute.
std::string escape_markup(std::string_view text);

}  // namespace tailrace
