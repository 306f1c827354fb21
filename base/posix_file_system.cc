// The kernel's file system. Every call that a signal can interrupt is made again.
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/file_system.h"

namespace tailrace {
namespace {

// What open(), stat() and their like are asked to do, in an error's words: "open /path".
tl::unexpected<Error> failed(int code, std::string_view operation, const std::string& path) {
  std::string attempt(operation);
  attempt += ' ';
  attempt += path;
  return fail(system_failure(code, attempt));
}

template <typename Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR)
    result = call();
  return result;
}

// Closes a descriptor at the end of its scope or life.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

Result<Descriptor> open_descriptor(const std::string& path, int flags) {
  const int number =
      uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, 0600); });
  if (number < 0) return failed(errno, "open", path);
  return Descriptor(number);
}

FileKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::kRegular;
  if (S_ISDIR(mode)) return FileKind::kDirectory;
  if (S_ISLNK(mode)) return FileKind::kSymlink;
  return FileKind::kOther;
}

FileKind kind_of_type(unsigned char type) {
  if (type == DT_REG) return FileKind::kRegular;
  if (type == DT_DIR) return FileKind::kDirectory;
  if (type == DT_LNK) return FileKind::kSymlink;
  return FileKind::kOther;
}

FileStat converted(const struct stat& raw) {
  const auto modified =
      std::chrono::seconds(raw.st_mtim.tv_sec) + std::chrono::nanoseconds(raw.st_mtim.tv_nsec);
  return {
      .device = raw.st_dev,
      .inode = raw.st_ino,
      .size = static_cast<std::uint64_t>(raw.st_size),
      .blocks = static_cast<std::uint64_t>(raw.st_blocks),
      .modified = WallTime(modified),
      .kind = kind_of(raw.st_mode),
      .links = static_cast<std::uint32_t>(raw.st_nlink),
  };
}

class PosixFile final : public File {
 public:
  PosixFile(Descriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override {
    const ssize_t got = uninterrupted([&] {
      return ::pread(number(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    });
    if (got < 0) return failed(errno, "read", path_);
    return static_cast<std::size_t>(got);
  }

  Status write_at(std::uint64_t offset, std::span<const std::string_view> parts) override {
    std::size_t part = 0;     // The first part that is not wholly written,
    std::size_t written = 0;  // and how much of it is.
    for (;;) {
      std::array<iovec, 64> vectors{};
      int count = 0;
      std::size_t skipped = written;
      for (std::size_t i = part; i < parts.size(); ++i) {
        const std::string_view rest = parts[i].substr(skipped);
        skipped = 0;
        if (rest.empty()) continue;
        // pwritev() takes pointers to non-const for the sake of preadv().
        vectors[static_cast<std::size_t>(count)] = {const_cast<char*>(rest.data()), rest.size()};
        if (++count == static_cast<int>(vectors.size())) break;
      }
      if (count == 0) return {};
      const ssize_t put = uninterrupted(
          [&] { return ::pwritev(number(), vectors.data(), count, static_cast<off_t>(offset)); });
      if (put < 0) return failed(errno, "write", path_);
      offset += static_cast<std::uint64_t>(put);
      written += static_cast<std::size_t>(put);
      while (part < parts.size() && written >= parts[part].size())
        written -= parts[part++].size();
    }
  }

  Result<FileStat> stat() override {
    struct stat raw {};
    if (::fstat(number(), &raw) != 0) return failed(errno, "stat", path_);
    return converted(raw);
  }

  Status truncate(std::uint64_t size) override {
    if (uninterrupted([&] { return ::ftruncate(number(), static_cast<off_t>(size)); }) != 0) {
      return failed(errno, "truncate", path_);
    }
    return {};
  }

  Status sync() override {
    if (uninterrupted([&] { return ::fdatasync(number()); }) != 0) {
      return failed(errno, "sync", path_);
    }
    return {};
  }

  Status reserve(std::uint64_t offset, std::uint64_t length) override {
    if (uninterrupted([&] {
          return ::fallocate(number(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                             static_cast<off_t>(length));
        }) != 0) {
      return failed(errno, "reserve", path_);
    }
    return {};
  }

  Result<std::uint64_t> next_data(std::uint64_t offset) override {
    const off_t found = ::lseek(number(), static_cast<off_t>(offset), SEEK_DATA);
    if (found >= 0) return static_cast<std::uint64_t>(found);
    if (errno == EINVAL) return offset;
    if (errno != ENXIO) return failed(errno, "seek", path_);
    const auto end = stat();
    if (!end) return fail(end.error());
    return std::max(offset, end->size);
  }

  int descriptor() const override { return number(); }

 private:
  int number() const { return descriptor_.number(); }

  const Descriptor descriptor_;
  const std::string path_;
};

class PosixFileLock final : public FileLock {
 public:
  explicit PosixFileLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  const Descriptor descriptor_;  // flock() ends when it is closed.
};

// The directory that `path` is in; empty when it has no parent to create.
std::string parent_of(std::string path) {
  while (path.ends_with('/'))
    path.pop_back();
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

}  // namespace

Result<std::unique_ptr<File>> PosixFileSystem::open(const std::string& path, OpenMode mode) {
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  int flags = O_RDONLY | O_NONBLOCK;
  if (mode == OpenMode::kReadWrite) flags = O_RDWR | O_CREAT;
  if (mode == OpenMode::kCreateEmpty) flags = O_RDWR | O_CREAT | O_TRUNC;
  auto descriptor = open_descriptor(path, flags);
  if (!descriptor) return fail(descriptor.error());
  return std::make_unique<PosixFile>(std::move(*descriptor), path);
}

Result<FileStat> PosixFileSystem::stat(const std::string& path) {
  struct stat raw {};
  if (::stat(path.c_str(), &raw) != 0) return failed(errno, "stat", path);
  return converted(raw);
}

Result<FileStat> PosixFileSystem::link_stat(const std::string& path) {
  struct stat raw {};
  if (::lstat(path.c_str(), &raw) != 0) return failed(errno, "stat", path);
  return converted(raw);
}

Result<std::vector<DirectoryEntry>> PosixFileSystem::list(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), &::closedir);
  if (stream == nullptr) return failed(errno, "list", directory);
  std::vector<DirectoryEntry> entries;
  for (;;) {
    errno = 0;
    // glibc's readdir() is safe for a stream that only one thread uses.
    const dirent* const entry = ::readdir(stream.get());  // NOLINT(concurrency-mt-unsafe)
    if (entry == nullptr) break;
    const std::string_view name = static_cast<const char*>(entry->d_name);
    if (name == "." || name == "..") continue;
    entries.push_back({std::string(name), kind_of_type(entry->d_type)});
  }
  if (errno != 0) return failed(errno, "list", directory);
  return entries;
}

Status PosixFileSystem::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed(errno, "rename", from + " to " + to);
  return {};
}

Status PosixFileSystem::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return failed(errno, "remove", path);
  return {};
}

Status PosixFileSystem::make_directories(const std::string& path) {
  // Looked up first: mkdir() of what exists may say EROFS or EACCES instead of EEXIST.
  if (const auto existing = stat(path)) {
    if (existing->kind != FileKind::kDirectory) return failed(ENOTDIR, "create directory", path);
    return {};
  }
  if (const std::string parent = parent_of(path); !parent.empty()) {
    if (Status made = make_directories(parent); !made) return made;
  }
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  const int code = errno;
  // Somebody else may have made it meanwhile.
  const auto existing = stat(path);
  if (code == EEXIST && existing && existing->kind == FileKind::kDirectory) return {};
  return failed(code, "create directory", path);
}

Status PosixFileSystem::remove_directory(const std::string& path) {
  if (::rmdir(path.c_str()) != 0) return failed(errno, "remove directory", path);
  return {};
}

Status PosixFileSystem::sync_directory(const std::string& path) {
  const auto descriptor = open_descriptor(path, O_RDONLY | O_DIRECTORY);
  if (!descriptor) return fail(descriptor.error());
  if (uninterrupted([&] { return ::fsync(descriptor->number()); }) == 0) return {};
  // Some network file systems cannot sync a directory; there is nothing better to do on them.
  if (errno == EINVAL) return {};
  return failed(errno, "sync", path);
}

Result<std::string> PosixFileSystem::real_path(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> resolved(::realpath(path.c_str(), nullptr),
                                                        &std::free);
  if (resolved == nullptr) return failed(errno, "resolve", path);
  return std::string(resolved.get());
}

Result<std::uint64_t> PosixFileSystem::free_bytes(const std::string& path) {
  struct statvfs raw {};
  if (uninterrupted([&] { return ::statvfs(path.c_str(), &raw); }) != 0) {
    return failed(errno, "free space of", path);
  }
  return std::uint64_t{raw.f_bavail} * raw.f_frsize;
}

Result<bool> PosixFileSystem::is_memory_backed(const std::string& path) {
  struct statfs raw {};
  if (uninterrupted([&] { return ::statfs(path.c_str(), &raw); }) != 0) {
    return failed(errno, "file system of", path);
  }
  return raw.f_type == TMPFS_MAGIC || raw.f_type == RAMFS_MAGIC;
}

Result<std::unique_ptr<FileLock>> PosixFileSystem::lock(const std::string& path) {
  auto descriptor = open_descriptor(path, O_RDWR | O_CREAT);
  if (!descriptor) return fail(descriptor.error());
  const int number = descriptor->number();
  if (uninterrupted([number] { return ::flock(number, LOCK_EX | LOCK_NB); }) != 0) {
    return failed(errno, "lock", path);
  }
  return std::make_unique<PosixFileLock>(std::move(*descriptor));
}

}  // namespace tailrace
