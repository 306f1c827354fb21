// The file system in memory. A path is resolved name by name, as the kernel does it, so that links
// in the middle of a path, "..", dangling links and loops behave as they do on a disk.
#include "tests/fakes/memory_file_system.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <limits>
#include <utility>

#include "base/check.h"

namespace tailrace::testing {
namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kDefaultCapacity = std::uint64_t{1} << 40U;
constexpr int kLinksFollowedMax = 40;

tl::unexpected<Error> failed(int code, std::string_view words, const std::string& path) {
  return fail(system_failure(code, std::string(words) + " " + path));
}

bool is_mutation(Operation operation) {
  return operation >= Operation::kCreate;
}

void prepend_names(std::deque<std::string>& names, std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) parts.emplace_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  names.insert(names.begin(), parts.begin(), parts.end());
}

}  // namespace

class MemoryFileSystem::OpenFile final : public File {
 public:
  struct Owner {
    std::optional<std::uint64_t> process;  // nullopt: another program's, which kill() spares.
    std::uint64_t boot = 0;
  };

  OpenFile(MemoryFileSystem& fs, InodePointer inode, std::string path, OpenMode mode, Owner owner)
      : fs_(fs), inode_(std::move(inode)), path_(std::move(path)), mode_(mode), owner_(owner) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override {
    if (const Status ok = admit(Operation::kRead, "read"); !ok) return fail(ok.error());
    const MutexLock lock(fs_.mutex_);
    if (inode_->kind == FileKind::kDirectory) return failed(EISDIR, "read", path_);
    const std::size_t count = std::min<std::size_t>(buffer.size(), fs_.read_limit_);
    return inode_->content.read(offset, buffer.first(count));
  }

  Status write_at(std::uint64_t offset, std::span<const std::string_view> parts) override {
    if (const Status ok = admit(Operation::kWrite, "write"); !ok) return ok;
    if (mode_ == OpenMode::kRead) return failed(EBADF, "write", path_);
    std::string text;
    for (const std::string_view part : parts)
      text += part;
    const MutexLock lock(fs_.mutex_);
    std::size_t count = text.size();
    int code = 0;
    if (owner_.process) {
      if (fs_.torn_write_) {
        count = std::min<std::size_t>(count, fs_.torn_write_->first);
        code = fs_.torn_write_->second;
        fs_.torn_write_.reset();
      }
      const std::size_t fitting = fitting_bytes(offset, count, fs_.room());
      if (fitting < count) code = ENOSPC;
      count = fitting;
    }
    inode_->content.write(offset, std::string_view(text).substr(0, count));
    inode_->modified = fs_.clock_.wall_now();
    if (code != 0) return failed(code, "write", path_);
    return {};
  }

  Result<FileStat> stat() override {
    if (const Status ok = admit(Operation::kStat, "stat"); !ok) return fail(ok.error());
    const MutexLock lock(fs_.mutex_);
    return inode_->stat(fs_.device_);
  }

  Status truncate(std::uint64_t size) override {
    if (const Status ok = admit(Operation::kTruncate, "truncate"); !ok) return ok;
    if (mode_ == OpenMode::kRead) return failed(EINVAL, "truncate", path_);
    const MutexLock lock(fs_.mutex_);
    inode_->content.resize(size);
    inode_->modified = fs_.clock_.wall_now();
    return {};
  }

  Status sync() override {
    if (const Status ok = admit(Operation::kSync, "sync"); !ok) return ok;
    const MutexLock lock(fs_.mutex_);
    inode_->synced_content = inode_->content;
    return {};
  }

  Status reserve(std::uint64_t offset, std::uint64_t length) override {
    if (const Status ok = admit(Operation::kReserve, "reserve"); !ok) return ok;
    if (mode_ == OpenMode::kRead) return failed(EBADF, "reserve", path_);
    if (length == 0) return failed(EINVAL, "reserve", path_);
    const MutexLock lock(fs_.mutex_);
    if (inode_->content.allocated.missing(offset, offset + length) > fs_.room()) {
      return failed(ENOSPC, "reserve", path_);
    }
    inode_->content.allocated.add(offset, offset + length);
    return {};
  }

  Result<std::uint64_t> next_data(std::uint64_t offset) override {
    if (const Status ok = admit(Operation::kRead, "seek"); !ok) return fail(ok.error());
    const MutexLock lock(fs_.mutex_);
    const std::uint64_t size = inode_->content.bytes.size();
    return std::max(offset, std::min(size, inode_->content.data.next(offset)));
  }

  int descriptor() const override { return -1; }

 private:
  Status admit(Operation operation, std::string_view words) {
    if (owner_.process) {
      if (const Status ok = fs_.admit(operation, words, path_); !ok) return ok;
    }
    const MutexLock lock(fs_.mutex_);
    if (owner_.boot != fs_.boot_ || owner_.process.value_or(fs_.process_) != fs_.process_) {
      return failed(EBADF, words, path_);
    }
    return {};
  }

  // How much of a write of `count` bytes goes into `room`; what is overwritten needs none.
  std::size_t fitting_bytes(std::uint64_t offset, std::size_t count, std::uint64_t room) const {
    const ByteRanges& allocated = inode_->content.allocated;
    if (allocated.missing(offset, offset + count) <= room) return count;
    std::size_t fits = 0;
    while (count - fits > 1) {
      const std::size_t middle = fits + (count - fits) / 2;
      (allocated.missing(offset, offset + middle) <= room ? fits : count) = middle;
    }
    return fits;
  }

  MemoryFileSystem& fs_;
  const InodePointer inode_;
  const std::string path_;
  const OpenMode mode_;
  const Owner owner_;
};

class MemoryFileSystem::HeldLock final : public FileLock {
 public:
  HeldLock(MemoryFileSystem& fs, InodePointer inode, std::uint64_t number)
      : fs_(fs), inode_(std::move(inode)), number_(number) {}
  HeldLock(const HeldLock&) = delete;
  HeldLock& operator=(const HeldLock&) = delete;
  ~HeldLock() override {
    const MutexLock lock(fs_.mutex_);
    const auto held = fs_.locks_.find(inode_.get());
    // After a crash somebody else may have it.
    if (held != fs_.locks_.end() && held->second == number_) fs_.locks_.erase(held);
  }

 private:
  MemoryFileSystem& fs_;
  const InodePointer inode_;
  const std::uint64_t number_;
};

MemoryFileSystem::MemoryFileSystem(const Clock& clock)
    : clock_(clock), capacity_(kDefaultCapacity), read_limit_(kUnlimited) {
  const MutexLock lock(mutex_);
  root_ = std::make_shared<Inode>();
  root_->number = 1;
  root_->kind = FileKind::kDirectory;
  root_->links = 2;
  root_->modified = clock.wall_now();
}

// ---- Paths ----

auto MemoryFileSystem::find(std::string_view operation, const std::string& path, LastLink last)
    -> Result<Place> {
  if (path.empty()) return failed(ENOENT, operation, path);
  std::deque<std::string> pending;
  prepend_names(pending, path);
  std::vector<std::pair<std::string, InodePointer>> walked{{"", root_}};
  std::string missing;
  for (int links = 0; !pending.empty();) {
    const std::string name = std::move(pending.front());
    pending.pop_front();
    const InodePointer here = walked.back().second;
    if (here->kind != FileKind::kDirectory) return failed(ENOTDIR, operation, path);
    if (name == ".") continue;
    if (name == "..") {
      if (walked.size() > 1) walked.pop_back();
      continue;
    }
    const auto child = here->names.find(name);
    if (child == here->names.end()) {
      if (!pending.empty()) return failed(ENOENT, operation, path);
      missing = name;
      break;
    }
    if (child->second->kind == FileKind::kSymlink &&
        (!pending.empty() || last == LastLink::kFollow)) {
      if (++links > kLinksFollowedMax) return failed(ELOOP, operation, path);
      if (child->second->target.starts_with('/')) walked.resize(1);
      prepend_names(pending, child->second->target);
      continue;
    }
    walked.emplace_back(name, child->second);
  }
  Place place;
  for (std::size_t i = 1; i < walked.size(); ++i)
    place.path.append("/").append(walked[i].first);
  if (!missing.empty()) {
    place.path.append("/").append(missing);
    place.directory = walked.back().second;
    place.name = missing;
    return place;
  }
  if (place.path.empty()) place.path += '/';
  place.inode = walked.back().second;
  place.name = walked.back().first;
  if (walked.size() > 1) place.directory = walked[walked.size() - 2].second;
  return place;
}

auto MemoryFileSystem::find_existing(std::string_view operation, const std::string& path,
                                     LastLink last) -> Result<Place> {
  auto place = find(operation, path, last);
  if (place && place->inode == nullptr) return failed(ENOENT, operation, path);
  return place;
}

auto MemoryFileSystem::create_inode(const Place& place, FileKind kind) -> InodePointer {
  auto inode = std::make_shared<Inode>();
  inode->number = kind == FileKind::kRegular && reused_inode_ ? *reused_inode_ : next_inode_++;
  if (kind == FileKind::kRegular) reused_inode_.reset();
  inode->kind = kind;
  inode->links = kind == FileKind::kDirectory ? 2 : 1;
  inode->modified = clock_.wall_now();
  place.directory->names[place.name] = inode;
  place.directory->modified = inode->modified;
  inodes_.push_back(inode);
  return inode;
}

void MemoryFileSystem::unlink(const Place& place) {
  place.inode->links -= place.inode->kind == FileKind::kDirectory ? 2U : 1U;
  place.directory->names.erase(place.name);
  place.directory->modified = clock_.wall_now();
}

Status MemoryFileSystem::make_directories_of(const std::string& path, std::string_view operation) {
  std::string upto;
  std::deque<std::string> names;
  prepend_names(names, path);
  for (const std::string& name : names) {
    upto.append("/").append(name);
    const auto place = find(operation, upto, LastLink::kFollow);
    if (!place) return fail(place.error());
    if (place->inode == nullptr) {
      create_inode(*place, FileKind::kDirectory);
    } else if (place->inode->kind != FileKind::kDirectory) {
      return failed(ENOTDIR, operation, path);
    }
  }
  return {};
}

// ---- FileSystem ----

Status MemoryFileSystem::admit(Operation operation, std::string_view words,
                               const std::string& path) {
  if (is_mutation(operation)) {
    std::function<std::optional<Error>(Operation, const std::string&)> hook;
    {
      const MutexLock lock(mutex_);
      hook = before_mutation_;
    }
    if (hook) {
      if (auto error = hook(operation, path)) return fail(std::move(*error));
    }
  } else {
    std::function<void(Operation, const std::string&)> hook;
    {
      const MutexLock lock(mutex_);
      hook = before_look_;
    }
    if (hook) hook(operation, path);
  }
  const MutexLock lock(mutex_);
  for (const std::string& where : {path, std::string()}) {
    const auto fault = faults_.find({operation, where});
    if (fault == faults_.end()) continue;
    const int code = fault->second.code;
    if (fault->second.times != kAlways && --fault->second.times == 0) faults_.erase(fault);
    return failed(code, words, path);
  }
  if (writing_ == Writing::kReadOnly && is_mutation(operation) && operation != Operation::kSync &&
      operation != Operation::kSyncDirectory) {
    return failed(EROFS, words, path);
  }
  return {};
}

Result<std::unique_ptr<File>> MemoryFileSystem::open_as(Opener opener, const std::string& path,
                                                        OpenMode mode) {
  bool exists = false;
  {
    const MutexLock lock(mutex_);
    const auto place = find("open", path, LastLink::kFollow);
    if (!place) return fail(place.error());
    exists = place->inode != nullptr;
  }
  if (!exists && mode == OpenMode::kRead) return failed(ENOENT, "open", path);
  if (opener == Opener::kUs) {
    Status ok = admit(Operation::kOpen, "open", path);
    if (ok && !exists) ok = admit(Operation::kCreate, "open", path);
    if (ok && exists && mode == OpenMode::kCreateEmpty)
      ok = admit(Operation::kTruncate, "open", path);
    if (!ok) return fail(ok.error());
  }
  const MutexLock lock(mutex_);
  const auto place = find("open", path, LastLink::kFollow);
  if (!place) return fail(place.error());
  InodePointer inode = place->inode;
  if (inode == nullptr && mode == OpenMode::kRead) return failed(ENOENT, "open", path);
  if (mode != OpenMode::kRead) {
    if (writing_ == Writing::kReadOnly) return failed(EROFS, "open", path);
    if (inode != nullptr && inode->kind == FileKind::kDirectory)
      return failed(EISDIR, "open", path);
    if (inode == nullptr) inode = create_inode(*place, FileKind::kRegular);
    if (mode == OpenMode::kCreateEmpty && !inode->content.bytes.empty()) {
      inode->content.resize(0);
      inode->modified = clock_.wall_now();
    }
  }
  OpenFile::Owner owner{.process = process_, .boot = boot_};
  if (opener == Opener::kOther) owner.process.reset();
  return std::make_unique<OpenFile>(*this, std::move(inode), path, mode, owner);
}

Result<std::unique_ptr<File>> MemoryFileSystem::open(const std::string& path, OpenMode mode) {
  return open_as(Opener::kUs, path, mode);
}

Result<std::unique_ptr<File>> MemoryFileSystem::open_for_other_program(const std::string& path,
                                                                       OpenMode mode) {
  return open_as(Opener::kOther, path, mode);
}

Result<FileStat> MemoryFileSystem::stat_as(const std::string& path, LastLink last) {
  if (const Status ok = admit(Operation::kStat, "stat", path); !ok) return fail(ok.error());
  const MutexLock lock(mutex_);
  const auto place = find_existing("stat", path, last);
  if (!place) return fail(place.error());
  return place->inode->stat(device_);
}

Result<FileStat> MemoryFileSystem::stat(const std::string& path) {
  return stat_as(path, LastLink::kFollow);
}

Result<FileStat> MemoryFileSystem::link_stat(const std::string& path) {
  return stat_as(path, LastLink::kKeep);
}

Result<std::vector<DirectoryEntry>> MemoryFileSystem::list(const std::string& directory) {
  if (const Status ok = admit(Operation::kList, "list", directory); !ok) return fail(ok.error());
  const MutexLock lock(mutex_);
  const auto place = find_existing("list", directory, LastLink::kFollow);
  if (!place) return fail(place.error());
  if (place->inode->kind != FileKind::kDirectory) return failed(ENOTDIR, "list", directory);
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, inode] : place->inode->names)
    entries.push_back({name, inode->kind});
  return entries;
}

Status MemoryFileSystem::rename(const std::string& from, const std::string& to) {
  const std::string both = from + " to " + to;
  if (const Status ok = admit(Operation::kRename, "rename", from); !ok) return ok;
  const MutexLock lock(mutex_);
  const auto source = find_existing("rename", from, LastLink::kKeep);
  if (!source) return failed(source.error().code, "rename", both);
  const auto target = find("rename", to, LastLink::kKeep);
  if (!target) return failed(target.error().code, "rename", both);
  if (source->directory == nullptr || target->directory == nullptr) {
    return failed(EBUSY, "rename", both);
  }
  if (source->inode == target->inode) return {};
  const bool moves_directory = source->inode->kind == FileKind::kDirectory;
  if (moves_directory && target->path.starts_with(source->path + "/")) {
    return failed(EINVAL, "rename", both);
  }
  if (target->inode != nullptr) {
    const bool onto_directory = target->inode->kind == FileKind::kDirectory;
    if (moves_directory && !onto_directory) return failed(ENOTDIR, "rename", both);
    if (!moves_directory && onto_directory) return failed(EISDIR, "rename", both);
    if (!target->inode->names.empty()) return failed(ENOTEMPTY, "rename", both);
    unlink(*target);
  }
  source->directory->names.erase(source->name);
  target->directory->names[target->name] = source->inode;
  source->directory->modified = target->directory->modified = clock_.wall_now();
  return {};
}

Status MemoryFileSystem::remove(const std::string& path) {
  if (const Status ok = admit(Operation::kRemove, "remove", path); !ok) return ok;
  const MutexLock lock(mutex_);
  const auto place = find_existing("remove", path, LastLink::kKeep);
  if (!place) return fail(place.error());
  if (place->inode->kind == FileKind::kDirectory) return failed(EISDIR, "remove", path);
  unlink(*place);
  return {};
}

Status MemoryFileSystem::make_directories(const std::string& path) {
  {
    const MutexLock lock(mutex_);
    const auto place = find_existing("create directory", path, LastLink::kFollow);
    if (place && place->inode->kind == FileKind::kDirectory) return {};
  }
  if (const Status ok = admit(Operation::kCreate, "create directory", path); !ok) return ok;
  const MutexLock lock(mutex_);
  return make_directories_of(path, "create directory");
}

Status MemoryFileSystem::remove_directory(const std::string& path) {
  constexpr std::string_view kWords = "remove directory";
  if (const Status ok = admit(Operation::kRemove, kWords, path); !ok) return ok;
  const MutexLock lock(mutex_);
  const auto place = find_existing(kWords, path, LastLink::kKeep);
  if (!place) return fail(place.error());
  if (place->inode->kind != FileKind::kDirectory) return failed(ENOTDIR, kWords, path);
  if (!place->inode->names.empty()) return failed(ENOTEMPTY, kWords, path);
  if (place->directory == nullptr) return failed(EBUSY, kWords, path);
  unlink(*place);
  return {};
}

Status MemoryFileSystem::sync_directory(const std::string& path) {
  if (const Status ok = admit(Operation::kSyncDirectory, "sync", path); !ok) return ok;
  const MutexLock lock(mutex_);
  const auto place = find_existing("open", path, LastLink::kFollow);
  if (!place) return fail(place.error());
  if (place->inode->kind != FileKind::kDirectory) return failed(ENOTDIR, "open", path);
  place->inode->synced_names = place->inode->names;
  return {};
}

Result<std::string> MemoryFileSystem::real_path(const std::string& path) {
  if (const Status ok = admit(Operation::kResolve, "resolve", path); !ok) return fail(ok.error());
  const MutexLock lock(mutex_);
  const auto place = find_existing("resolve", path, LastLink::kFollow);
  if (!place) return fail(place.error());
  return place->path;
}

Result<std::uint64_t> MemoryFileSystem::free_bytes(const std::string& path) {
  const MutexLock lock(mutex_);
  const auto place = find_existing("free space of", path, LastLink::kFollow);
  if (!place) return fail(place.error());
  return room();
}

Result<bool> MemoryFileSystem::is_memory_backed(const std::string& path) {
  const MutexLock lock(mutex_);
  const auto place = find_existing("file system of", path, LastLink::kFollow);
  if (!place) return fail(place.error());
  return memory_backed_;
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::lock(const std::string& path) {
  if (const Status ok = admit(Operation::kLock, "lock", path); !ok) return fail(ok.error());
  // As a file: with the same errors, and created when missing.
  const auto file = open(path, OpenMode::kReadWrite);
  if (!file) return fail(file.error());
  const MutexLock lock(mutex_);
  const auto place = find_existing("lock", path, LastLink::kFollow);
  if (!place) return fail(place.error());
  const auto [held, taken] = locks_.try_emplace(place->inode.get(), next_lock_);
  if (!taken) return failed(EWOULDBLOCK, "lock", path);
  return std::make_unique<HeldLock>(*this, place->inode, next_lock_++);
}

}  // namespace tailrace::testing
