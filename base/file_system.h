// Files as a parameter: the few operations that tailrace needs of a file system.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tailrace {

enum class FileKind { kRegular, kDirectory, kSymlink, kOther };

// What fstat() tells, as far as anybody asks.
struct FileStat {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::uint64_t blocks = 0;  // 512-byte units on disk; fewer than size / 512 means holes.
  WallTime modified{};
  FileKind kind = FileKind::kRegular;
  std::uint32_t links = 1;  // 0 once the last name is gone.
};

struct DirectoryEntry {
  std::string name;
  FileKind kind = FileKind::kRegular;  // kOther when the file system does not say.
};

// An open file. Closing is the destructor's business.
//
// Threading: confined to whoever owns it; different files may be used from different threads.
// Errors: all are the system's, with errno as the code.
class File {
 public:
  virtual ~File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  // Reads at most buffer.size() bytes at `offset`. 0 is the end of the file; short reads happen.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) = 0;
  // Writes all `parts` one behind the other at `offset`. On failure any prefix may have been
  // written: the caller truncates.
  virtual Status write_at(std::uint64_t offset, std::span<const std::string_view> parts) = 0;
  virtual Result<FileStat> stat() = 0;
  virtual Status truncate(std::uint64_t size) = 0;
  // fdatasync().
  virtual Status sync() = 0;
  // Allocates [offset, offset + length) without changing the size, so that a later write there
  // finds room on a full disk. EOPNOTSUPP where the file system cannot.
  virtual Status reserve(std::uint64_t offset, std::uint64_t length) = 0;
  // The first offset >= `offset` that holds data (SEEK_DATA); the size when only a hole follows;
  // `offset` itself where the file system does not know holes.
  virtual Result<std::uint64_t> next_data(std::uint64_t offset) = 0;
  // The descriptor, for inotify and epoll; -1 for a file in memory.
  virtual int descriptor() const = 0;

 protected:
  File() = default;
};

// Held while a lock file is locked; releases in the destructor.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class OpenMode {
  kRead,         // The file must exist.
  kReadWrite,    // Created when missing, mode 0600.
  kCreateEmpty,  // Created or truncated to nothing, mode 0600.
};

// A file system: the kernel's (PosixFileSystem) or one in memory (tests/fakes).
//
// Threading: any thread.
// Errors: the system's, with errno as the code and the path in the message.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  // Follows symbolic links.
  virtual Result<FileStat> stat(const std::string& path) = 0;
  // Does not follow the last link.
  virtual Result<FileStat> link_stat(const std::string& path) = 0;
  // All names but "." and "..", in no order.
  virtual Result<std::vector<DirectoryEntry>> list(const std::string& directory) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;
  // Creates the directory and its missing parents, mode 0700. Existing is fine.
  virtual Status make_directories(const std::string& path) = 0;
  virtual Status remove_directory(const std::string& path) = 0;
  // fsync() of a directory: makes a rename or a creation in it survive a power loss.
  virtual Status sync_directory(const std::string& path) = 0;
  // The absolute path without links, "." and "..".
  virtual Result<std::string> real_path(const std::string& path) = 0;
  // Bytes an unprivileged writer may still use there.
  virtual Result<std::uint64_t> free_bytes(const std::string& path) = 0;
  // Whether `path` lies on tmpfs or ramfs, where a file costs memory.
  virtual Result<bool> is_memory_backed(const std::string& path) = 0;
  // Takes an exclusive lock on `path` (created when missing) without waiting; EWOULDBLOCK when
  // somebody else holds it.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
};

// The kernel's file system.
class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<FileStat> stat(const std::string& path) override;
  Result<FileStat> link_stat(const std::string& path) override;
  Result<std::vector<DirectoryEntry>> list(const std::string& directory) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status make_directories(const std::string& path) override;
  Status remove_directory(const std::string& path) override;
  Status sync_directory(const std::string& path) override;
  Result<std::string> real_path(const std::string& path) override;
  Result<std::uint64_t> free_bytes(const std::string& path) override;
  Result<bool> is_memory_backed(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
};

}  // namespace tailrace
