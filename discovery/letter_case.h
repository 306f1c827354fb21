// Upper and lower case of any alphabet, for the relabelling actions of that name.
#pragma once

#include <string>
#include <string_view>

namespace tailrace::discovery {

enum class LetterCase { kLower, kUpper };

// `text` with each character in that case, one for one. What is not UTF-8 becomes U+FFFD when the
// text has anything beyond ASCII.
std::string to_case(std::string_view text, LetterCase letter_case);

}  // namespace tailrace::discovery
