// Finds the line that is asked for in its file, with the lines around it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"

namespace tailrace::daemon {

struct FileLine {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  // Without the newline.
  std::string text;
};

struct LineWanted {
  std::string path;
  std::optional<std::string> text;      // The last line that contains it.
  std::optional<std::uint64_t> offset;  // The line that has this byte. Neither: the last line.
};

struct FoundLine {
  FileLine line;
  bool terminated = true;  // A newline follows.
  std::vector<FileLine> before;
  std::vector<FileLine> after;
  std::uint64_t file_bytes = 0;
};

// So much of a file is looked through, from its end (or around the offset).
inline constexpr std::uint64_t kLineSearchBytes = 64U << 20U;
// So many lines before and behind are found: what stages like multiline need.
inline constexpr std::size_t kLinesAround = 200;

// Blocks on the file system.
// Errors: the file system's; kInvalid when there is no such line, in words for the user.
Result<FoundLine> find_line(FileSystem& file_system, const LineWanted& wanted);

}  // namespace tailrace::daemon
