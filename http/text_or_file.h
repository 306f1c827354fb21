// A text that is given as it is, or by a file that is read again when it changes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "base/result.h"

namespace tailrace::http {

// Threading: one thread at a time.
// Errors: a file that cannot be read leaves the text as it was.
class TextOrFile {
 public:
  // `file` empty: `text` for good.
  TextOrFile(std::string text, std::string file);

  // Reads the file when it is another one than at the last call. true: it was read.
  Result<bool> refresh();
  const std::string& text() const { return text_; }

 private:
  // Device, inode, size, last writing and last change in nanoseconds.
  using Stamp = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t, std::int64_t>;

  std::string text_;
  const std::string file_;
  std::optional<Stamp> stamp_;
};

}  // namespace tailrace::http
