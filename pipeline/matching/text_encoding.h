// Which bytes of a text are characters, as Go sees it: an invalid byte is one U+FFFD.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tailrace::pipeline {

enum class TextEncoding { kAscii, kUtf8, kInvalid };

// Strict UTF-8: overlong forms and surrogates are invalid.
TextEncoding encoding_of(std::string_view text);

// A text with each invalid byte replaced by U+FFFD (three bytes), and the way back.
//
// Memory: kept and reused from text to text.
class RepairedText {
 public:
  void assign(std::string_view text);
  std::string_view text() const { return text_; }
  // The offset in the text given to assign() for an offset in text() between two characters.
  std::size_t original_offset(std::size_t repaired_offset) const;

 private:
  std::string text_;
  std::vector<std::size_t> replaced_at_;  // Offsets in text_, rising.
};

}  // namespace tailrace::pipeline
