// A secret that stands in a file and may be changed there at any time.
#include "http/secret_file.h"

#include <array>
#include <string_view>
#include <utility>

namespace tailrace::http {

namespace {

// Nobody's secret is longer; a path that names something endless must not fill the memory.
constexpr std::size_t kSecretBytesMax = 1U << 20U;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

SecretFile::SecretFile(FileSystem& file_system, std::string path)
    : file_system_(file_system), path_(std::move(path)) {}

Result<std::string> SecretFile::read() {
  const auto stat = file_system_.stat(path_);
  if (!stat) return fail(stat.error());
  if (known_ && known_->inode == stat->inode && known_->device == stat->device &&
      known_->size == stat->size && known_->modified == stat->modified) {
    return text_;
  }
  const auto file = file_system_.open(path_, OpenMode::kRead);
  if (!file) return fail(file.error());
  std::string content;
  std::array<char, 4096> buffer{};
  while (content.size() < kSecretBytesMax) {
    const auto count = (*file)->read_at(content.size(), buffer);
    if (!count) return fail(count.error());
    if (*count == 0) break;
    content.append(buffer.data(), *count);
  }
  text_ = trimmed(content);
  known_ = *stat;
  return text_;
}

}  // namespace tailrace::http
