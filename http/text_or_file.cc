// Looks at a file's stamp, and reads it when that is new.
#include "http/text_or_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tailrace::http {
namespace {

// Certificates with their chains, keys, passwords: more is a mistake.
constexpr std::size_t kFileBytesMax = 1U << 20U;

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Result<std::string> read_all(int descriptor, const std::string& file) {
  std::string text;
  std::string buffer(16384, '\0');
  while (true) {
    const ssize_t bytes = read(descriptor, buffer.data(), buffer.size());
    if (bytes == 0) return text;
    if (bytes < 0) return fail(system_failure(errno, "read " + file));
    text.append(buffer, 0, static_cast<std::size_t>(bytes));
    if (text.size() > kFileBytesMax) return fail(system_failure(EFBIG, "read " + file));
  }
}

}  // namespace

TextOrFile::TextOrFile(std::string text, std::string file)
    : text_(std::move(text)), file_(std::move(file)) {}

Result<bool> TextOrFile::refresh() {
  if (file_.empty()) return false;
  struct stat found {};
  const auto stamp = [&found] {
    return Stamp(found.st_dev, found.st_ino, found.st_size, nanoseconds(found.st_mtim),
                 nanoseconds(found.st_ctim));
  };
  if (stat(file_.c_str(), &found) != 0) return fail(system_failure(errno, "read " + file_));
  if (stamp_ == stamp()) return false;
  // A pipe without a writer must not hold the server up.
  const int descriptor = open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return fail(system_failure(errno, "read " + file_));
  if (fstat(descriptor, &found) != 0) found = {};
  Result<std::string> text = read_all(descriptor, file_);
  close(descriptor);
  if (!text) return fail(text.error());
  text_ = std::move(*text);
  stamp_ = stamp();
  return true;
}

}  // namespace tailrace::http
