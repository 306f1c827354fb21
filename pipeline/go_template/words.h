// Texts taken apart and changed: by characters, by words, by other texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/go_template/runtime.h"

namespace tailrace::pipeline::go_template {

enum class Side { kLeft, kRight, kBoth };

bool is_space(std::uint32_t code_point);

// Without the characters of `cutset` at its ends.
std::string_view trimmed(std::string_view text, std::string_view cutset, Side side);
std::string_view without_space(std::string_view text);

// Appends `text` with `from` replaced, at most `count` times (below 0: always). An empty `from` is
// found before each character and at the end.
void append_replaced(std::string& out, std::string_view text, std::string_view from,
                     std::string_view to, std::int64_t count);

void append_lower(std::string& out, std::string_view text, const Runtime& runtime);
void append_upper(std::string& out, std::string_view text, const Runtime& runtime);
// Go's strings.Title.
void append_title(std::string& out, std::string_view text, const Runtime& runtime);
// The first letter of each word in lower case.
void append_untitled(std::string& out, std::string_view text, const Runtime& runtime);
void append_swapped_case(std::string& out, std::string_view text, const Runtime& runtime);
void append_initials(std::string& out, std::string_view text);
// WordsLike_this as words_like_this; `connector` is the underscore.
void append_connected(std::string& out, std::string_view text, char connector,
                      const Runtime& runtime);
void append_camel_case(std::string& out, std::string_view text, const Runtime& runtime);

}  // namespace tailrace::pipeline::go_template
