// What tests do to the file system in memory: other programs' work, faults, crashes.
#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "base/check.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::testing {
namespace {

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

}  // namespace

// ---- Other programs ----

void MemoryFileSystem::append(const std::string& path, std::string_view text) {
  {
    const MutexLock lock(mutex_);
    TAILRACE_CHECK(make_directories_of(directory_of(path), "create directory").has_value());
  }
  const auto file = open_for_other_program(path, OpenMode::kReadWrite);
  TAILRACE_CHECK(file.has_value());
  const std::string_view parts[] = {text};
  TAILRACE_CHECK((*file)->write_at((*file)->stat()->size, parts).has_value());
}

void MemoryFileSystem::overwrite(const std::string& path, std::string_view text) {
  append(path, "");
  TAILRACE_CHECK(open_for_other_program(path, OpenMode::kCreateEmpty).has_value());
  append(path, text);
}

std::optional<std::string> MemoryFileSystem::content(const std::string& path) {
  const MutexLock lock(mutex_);
  const auto place = find_existing("read", path, LastLink::kFollow);
  if (!place || place->inode->kind != FileKind::kRegular) return std::nullopt;
  return place->inode->content.bytes;
}

Status MemoryFileSystem::symlink(const std::string& target, const std::string& path) {
  const MutexLock lock(mutex_);
  const auto place = find("link", path, LastLink::kKeep);
  if (!place) return fail(place.error());
  if (place->inode != nullptr) return fail(system_failure(EEXIST, "link " + path));
  create_inode(*place, FileKind::kSymlink)->target = target;
  return {};
}

Status MemoryFileSystem::hard_link(const std::string& existing, const std::string& path) {
  const MutexLock lock(mutex_);
  const auto source = find_existing("link", existing, LastLink::kKeep);
  if (!source) return fail(source.error());
  const auto place = find("link", path, LastLink::kKeep);
  if (!place) return fail(place.error());
  if (place->inode != nullptr) return fail(system_failure(EEXIST, "link " + path));
  place->directory->names[place->name] = source->inode;
  ++source->inode->links;
  return {};
}

void MemoryFileSystem::punch_hole(const std::string& path, std::uint64_t offset,
                                  std::uint64_t length) {
  const MutexLock lock(mutex_);
  const auto place = find_existing("punch", path, LastLink::kFollow);
  TAILRACE_CHECK(place.has_value());
  place->inode->content.punch_hole(offset, length);
}

// ---- Faults ----

void MemoryFileSystem::fail_on(Operation operation, const std::string& path, int code,
                               std::uint64_t times) {
  const MutexLock lock(mutex_);
  faults_[{operation, path}] = Fault{code, times};
}

void MemoryFileSystem::clear_failures() {
  const MutexLock lock(mutex_);
  faults_.clear();
}

void MemoryFileSystem::set_capacity(std::uint64_t bytes) {
  const MutexLock lock(mutex_);
  capacity_ = bytes;
}

void MemoryFileSystem::become_read_only() {
  const MutexLock lock(mutex_);
  writing_ = Writing::kReadOnly;
}

void MemoryFileSystem::become_writable() {
  const MutexLock lock(mutex_);
  writing_ = Writing::kAllowed;
}

void MemoryFileSystem::become_memory_backed() {
  const MutexLock lock(mutex_);
  memory_backed_ = true;
}

void MemoryFileSystem::limit_reads_to(std::uint64_t bytes) {
  const MutexLock lock(mutex_);
  read_limit_ = bytes;
}

void MemoryFileSystem::tear_next_write_after(std::uint64_t bytes, int code) {
  const MutexLock lock(mutex_);
  torn_write_ = std::pair{bytes, code};
}

void MemoryFileSystem::reuse_inode(std::uint64_t inode) {
  const MutexLock lock(mutex_);
  for (const auto& weak : inodes_) {
    const auto living = weak.lock();
    TAILRACE_CHECK(living == nullptr || living->number != inode || living->links == 0);
  }
  reused_inode_ = inode;
}

void MemoryFileSystem::set_device(std::uint64_t device) {
  const MutexLock lock(mutex_);
  device_ = device;
}

void MemoryFileSystem::set_before_mutation(
    std::function<std::optional<Error>(Operation operation, const std::string& path)> hook) {
  const MutexLock lock(mutex_);
  before_mutation_ = std::move(hook);
}

void MemoryFileSystem::set_before_look(
    std::function<void(Operation operation, const std::string& path)> hook) {
  const MutexLock lock(mutex_);
  before_look_ = std::move(hook);
}

std::uint64_t MemoryFileSystem::room() {
  std::uint64_t used = 0;
  std::erase_if(inodes_, [&used](const std::weak_ptr<Inode>& weak) {
    const auto living = weak.lock();
    if (living != nullptr) used += living->content.allocated.total();
    return living == nullptr;
  });
  return capacity_ > used ? capacity_ - used : 0;
}

// ---- Crashes ----

void MemoryFileSystem::sync_all() {
  const MutexLock lock(mutex_);
  root_->synced_names = root_->names;
  for (const auto& weak : inodes_) {
    const auto inode = weak.lock();
    if (inode == nullptr) continue;
    inode->synced_names = inode->names;
    inode->synced_content = inode->content;
  }
}

void MemoryFileSystem::forget_process() {
  ++process_;
  locks_.clear();
  torn_write_.reset();
}

void MemoryFileSystem::crash() {
  const MutexLock lock(mutex_);
  forget_process();
  ++boot_;
  root_->names = root_->synced_names;
  std::vector<InodePointer> directories{root_};
  std::set<const Inode*> seen;
  while (!directories.empty()) {
    const InodePointer directory = std::move(directories.back());
    directories.pop_back();
    for (const auto& [name, inode] : directory->names) {
      if (seen.insert(inode.get()).second) {
        inode->content = inode->synced_content;
        inode->names = inode->synced_names;
        inode->links = inode->kind == FileKind::kDirectory ? 2 : 0;
        if (inode->kind == FileKind::kDirectory) directories.push_back(inode);
      }
      if (inode->kind != FileKind::kDirectory) ++inode->links;
    }
  }
}

void MemoryFileSystem::kill() {
  const MutexLock lock(mutex_);
  forget_process();
}

}  // namespace tailrace::testing
