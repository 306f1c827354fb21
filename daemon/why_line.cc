// Looks for a line from the end of a file.
#include "daemon/why_line.h"

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace tailrace::daemon {
namespace {

// A part of the file that begins at the start of a line, or at the file's.
struct Window {
  std::uint64_t begin = 0;
  std::string bytes;
};

Result<std::string> read_range(File& file, std::uint64_t begin, std::uint64_t end) {
  std::string bytes(end - begin, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const Result<std::size_t> got = file.read_at(begin + done, std::span(bytes).subspan(done));
    if (!got) return fail(got.error());
    if (*got == 0) break;  // It shrank.
    done += *got;
  }
  bytes.resize(done);
  return bytes;
}

FileLine line_at(const Window& window, std::size_t begin, std::size_t end) {
  return {.begin = window.begin + begin,
          .end = window.begin + end,
          .text = window.bytes.substr(begin, end - begin)};
}

// The start of the line that has the byte `at`.
std::size_t start_of(const std::string& bytes, std::size_t at) {
  if (at == 0) return 0;
  const std::size_t newline = bytes.rfind('\n', at - 1);
  return newline == std::string::npos ? 0 : newline + 1;
}

FoundLine found_at(const Window& window, std::size_t at) {
  const std::string& bytes = window.bytes;
  FoundLine found;
  const std::size_t begin = start_of(bytes, at);
  const std::size_t newline = bytes.find('\n', begin);
  const std::size_t end = std::min(newline, bytes.size());
  found.line = line_at(window, begin, end);
  found.terminated = newline != std::string::npos;
  for (std::size_t next = begin; next > 0 && found.before.size() < kLinesAround;) {
    const std::size_t line_end = next - 1;
    next = start_of(bytes, line_end);
    found.before.push_back(line_at(window, next, line_end));
  }
  std::reverse(found.before.begin(), found.before.end());
  for (std::size_t next = end + 1; next < bytes.size() && found.after.size() < kLinesAround;) {
    const std::size_t line_end = bytes.find('\n', next);
    if (line_end == std::string::npos) break;
    found.after.push_back(line_at(window, next, line_end));
    next = line_end + 1;
  }
  return found;
}

// What of a window that begins in the middle of a line belongs to that line is left out.
void begin_at_a_line(Window& window) {
  if (window.begin == 0) return;
  const std::size_t newline = window.bytes.find('\n');
  if (newline == std::string::npos) return;  // One line longer than the window.
  window.begin += newline + 1;
  window.bytes.erase(0, newline + 1);
}

std::string shown(const std::string& text) {
  constexpr std::size_t kShownBytes = 80;
  return text.size() <= kShownBytes ? text : text.substr(0, kShownBytes) + "...";
}

}  // namespace

Result<FoundLine> find_line(FileSystem& file_system, const LineWanted& wanted) {
  const auto file = file_system.open(wanted.path, OpenMode::kRead);
  if (!file) return fail(file.error());
  const Result<FileStat> stat = (*file)->stat();
  if (!stat) return fail(stat.error());
  const std::uint64_t size = stat->size;
  if (size == 0) return fail(Error::kInvalid, "the file is empty");
  if (wanted.offset && *wanted.offset >= size) {
    return fail(Error::kInvalid,
                fmt::format("the file has {} bytes, there is no byte {}", size, *wanted.offset));
  }
  std::uint64_t end = size;
  if (wanted.offset) end = std::min(size, *wanted.offset + kLineSearchBytes / 2);
  Window window;
  window.begin = end - std::min(end, kLineSearchBytes);
  Result<std::string> bytes = read_range(**file, window.begin, end);
  if (!bytes) return fail(bytes.error());
  window.bytes = std::move(*bytes);
  begin_at_a_line(window);
  std::size_t at = window.bytes.empty() ? 0 : window.bytes.size() - 1;
  if (wanted.offset) {
    at = *wanted.offset - std::min(*wanted.offset, window.begin);
  } else if (wanted.text) {
    at = window.bytes.rfind(*wanted.text);
    if (at == std::string::npos) {
      const bool whole = end - std::min(end, kLineSearchBytes) == 0;
      return fail(Error::kInvalid, fmt::format("no line of {} contains \"{}\"",
                                               whole ? "the file" : "the last 64 MiB of the file",
                                               shown(*wanted.text)));
    }
  }
  FoundLine found = found_at(window, at);
  found.file_bytes = size;
  return found;
}

}  // namespace tailrace::daemon
