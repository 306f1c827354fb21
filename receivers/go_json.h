// JSON as Go's encoding/json writes it.
#pragma once

#include <string>
#include <string_view>

namespace tailrace::receivers {

// With quotes; "<", ">", "&", U+2028 and U+2029 as \u escapes, bytes that are not UTF-8 as U+FFFD.
void append_go_json_text(std::string& out, std::string_view text);
// A float64: the shortest digits that give it back, without an exponent from 1e-6 up to 1e21.
void append_go_json_number(std::string& out, double value);

}  // namespace tailrace::receivers
