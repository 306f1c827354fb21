// Loki's text of labels, read back: {a="v", b="w"}.
#pragma once

#include <string_view>

#include "base/result.h"
#include "receivers/pushed_lines.h"

namespace tailrace::receivers {

// Adds the labels to the group begun last. Values are Go strings, with double quotes or backquotes;
// blanks may stand between all parts, and a comma behind the last label.
// Errors: kInvalid with the words for the sender; some labels may have been added.
Status parse_label_text(std::string_view text, PushedLines& lines);

}  // namespace tailrace::receivers
