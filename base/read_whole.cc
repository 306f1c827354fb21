// Small files as text.
#include "base/read_whole.h"

#include <array>

#include <fmt/format.h>

namespace tailrace {

Result<std::string> read_whole(FileSystem& file_system, const std::string& path,
                               std::size_t bytes_max) {
  const auto file = file_system.open(path, OpenMode::kRead);
  if (!file) return fail(file.error());
  std::string text;
  std::array<char, 16384> buffer{};
  while (true) {
    const auto count = (*file)->read_at(text.size(), buffer);
    if (!count) return fail(count.error());
    if (*count == 0) return text;
    text.append(buffer.data(), *count);
    if (text.size() > bytes_max) {
      return fail(Error::kExhausted, fmt::format("is longer than {} bytes", bytes_max));
    }
  }
}

}  // namespace tailrace
