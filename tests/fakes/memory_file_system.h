// A file system in memory that fails, fills up, tears writes and loses power when told.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/mutex.h"
#include "tests/fakes/memory_inode.h"

namespace tailrace::testing {

// What can be made to fail. Creating a file is kCreate and then kOpen, a directory kCreate.
enum class Operation {
  kOpen,
  kRead,
  kStat,  // stat(), link_stat() and File::stat().
  kList,
  kResolve,
  kLock,
  // Mutations: before_mutation is asked.
  kCreate,
  kWrite,
  kTruncate,
  kSync,
  kReserve,
  kRename,
  kRemove,  // Of files and directories.
  kSyncDirectory,
};

// Behaves as PosixFileSystem does on ext4 (the same test body runs on both), but for permissions:
// there are none, errors are injected. Relative paths start at "/".
//
// Ownership: borrows the clock, which gives modified times. Open files and locks must not outlive
//   the file system.
// Threading: any thread.
class MemoryFileSystem final : public FileSystem {
 public:
  explicit MemoryFileSystem(const Clock& clock);

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

  // ---- What other programs do. They never fail by injection, but by nature (ENOENT, ENOTDIR).
  // ----

  // As open(), and kill() leaves the file open: it belongs to another program.
  Result<std::unique_ptr<File>> open_for_other_program(const std::string& path, OpenMode mode);
  // Creates the file and its directories when missing.
  void append(const std::string& path, std::string_view text);
  // The content from scratch, in the same inode when the file exists.
  void overwrite(const std::string& path, std::string_view text);
  // nullopt: there is no such regular file.
  std::optional<std::string> content(const std::string& path);
  Status symlink(const std::string& target, const std::string& path);
  Status hard_link(const std::string& existing, const std::string& path);
  void punch_hole(const std::string& path, std::uint64_t offset, std::uint64_t length);

  // ---- Faults. ----

  static constexpr std::uint64_t kAlways = UINT64_MAX;
  // The next `times` operations of this kind on `path` (as it was opened; empty: on any) fail.
  void fail_on(Operation operation, const std::string& path, int code,
               std::uint64_t times = kAlways);
  void clear_failures();
  // All files together may take so many bytes; writes beyond fail with ENOSPC, having written what
  // fits.
  void set_capacity(std::uint64_t bytes);
  // Mutations fail with EROFS until become_writable().
  void become_read_only();
  void become_writable();
  void become_memory_backed();
  // A read returns at most so many bytes.
  void limit_reads_to(std::uint64_t bytes);
  // The next write_at() writes so many bytes of what it is given, then fails with `code`.
  void tear_next_write_after(std::uint64_t bytes, int code);
  // The next file created gets this inode number, which no living file has.
  void reuse_inode(std::uint64_t inode);
  // st_dev of everything, which changes over reboots.
  void set_device(std::uint64_t device);
  // Asked before every mutation through FileSystem and File; an error is what the caller gets, and
  // nothing happens. It may call anything here (tear_next_write_after()); the simulation counts
  // down to its crash points with it. Other programs are not asked.
  void set_before_mutation(
      std::function<std::optional<Error>(Operation operation, const std::string& path)> hook);

  // Called before everything that only looks: another program may act in between.
  void set_before_look(std::function<void(Operation operation, const std::string& path)> hook);

  // Makes everything durable, as if the kernel had found the time.
  void sync_all();
  // Power loss: file data since the file's last sync() and names since their directory's last
  // sync_directory() are gone, as are locks; files still open fail with EBADF.
  void crash();
  // The process dies: what it wrote stays. Its locks are gone, its open files fail with EBADF.
  void kill();

 private:
  class OpenFile;
  class HeldLock;
  using InodePointer = std::shared_ptr<Inode>;  // Names and open files share one inode.
  enum class LastLink { kFollow, kKeep };
  enum class Opener { kUs, kOther };

  // Where a path leads. `inode` is null when only the last name is missing.
  struct Place {
    InodePointer directory;  // Null for "/" and paths that end in "..".
    std::string name;
    InodePointer inode;
    std::string path;  // Absolute, without links.
  };

  Result<Place> find(std::string_view operation, const std::string& path, LastLink last)
      TAILRACE_REQUIRES(mutex_);
  Result<Place> find_existing(std::string_view operation, const std::string& path, LastLink last)
      TAILRACE_REQUIRES(mutex_);
  InodePointer create_inode(const Place& place, FileKind kind) TAILRACE_REQUIRES(mutex_);
  void unlink(const Place& place) TAILRACE_REQUIRES(mutex_);
  Status make_directories_of(const std::string& path, std::string_view operation)
      TAILRACE_REQUIRES(mutex_);
  Result<std::unique_ptr<File>> open_as(Opener opener, const std::string& path, OpenMode mode);
  Result<FileStat> stat_as(const std::string& path, LastLink last);
  // An injected failure, or a mutation where none is allowed. Takes the lock itself.
  Status admit(Operation operation, std::string_view words, const std::string& path);
  std::uint64_t room() TAILRACE_REQUIRES(mutex_);
  void forget_process() TAILRACE_REQUIRES(mutex_);

  const Clock& clock_;
  Mutex mutex_;
  InodePointer root_ TAILRACE_GUARDED_BY(mutex_);
  std::vector<std::weak_ptr<Inode>> inodes_ TAILRACE_GUARDED_BY(mutex_);
  std::uint64_t next_inode_ TAILRACE_GUARDED_BY(mutex_) = 2;
  std::optional<std::uint64_t> reused_inode_ TAILRACE_GUARDED_BY(mutex_);
  std::uint64_t device_ TAILRACE_GUARDED_BY(mutex_) = 1;
  // Open files and locks of an earlier life are of no use.
  std::uint64_t process_ TAILRACE_GUARDED_BY(mutex_) = 0;
  std::uint64_t boot_ TAILRACE_GUARDED_BY(mutex_) = 0;
  std::map<const Inode*, std::uint64_t> locks_ TAILRACE_GUARDED_BY(mutex_);  // -> lock number
  std::uint64_t next_lock_ TAILRACE_GUARDED_BY(mutex_) = 0;

  struct Fault {
    int code = 0;
    std::uint64_t times = 0;
  };
  std::map<std::pair<Operation, std::string>, Fault> faults_ TAILRACE_GUARDED_BY(mutex_);
  std::uint64_t capacity_ TAILRACE_GUARDED_BY(mutex_);
  std::uint64_t read_limit_ TAILRACE_GUARDED_BY(mutex_);
  std::optional<std::pair<std::uint64_t, int>> torn_write_ TAILRACE_GUARDED_BY(mutex_);
  enum class Writing { kAllowed, kReadOnly };
  Writing writing_ TAILRACE_GUARDED_BY(mutex_) = Writing::kAllowed;
  bool memory_backed_ TAILRACE_GUARDED_BY(mutex_) = false;
  std::function<std::optional<Error>(Operation, const std::string&)> before_mutation_
      TAILRACE_GUARDED_BY(mutex_);
  std::function<void(Operation, const std::string&)> before_look_ TAILRACE_GUARDED_BY(mutex_);
};

}  // namespace tailrace::testing
