// A secret that stands in a file and may be changed there at any time.
#include "http/secret_file.h"

#include <string_view>
#include <utility>

#include "base/read_whole.h"

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
  const auto content = read_whole(file_system_, path_, kSecretBytesMax);
  if (!content) return fail(content.error());
  text_ = trimmed(*content);
  known_ = *stat;
  return text_;
}

}  // namespace tailrace::http
