// The walk over directories that a path pattern asks for.
#include "tailer/path_walk.h"

#include <algorithm>

namespace tailrace::tailer {
namespace {

using Segment = PathGlob::Segment;

// Deeper trees are left out; the kernel ends a path at 4096 bytes anyway.
constexpr std::size_t kDepthMax = 256;

std::string join(const std::string& directory, const std::string& name) {
  return directory == "/" ? directory + name : directory + "/" + name;
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

void sort_once(std::vector<std::string>& texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

}  // namespace

bool PathWalk::take_literal(const std::string& path) {
  const Result<FileStat> stat = file_system_.stat(path);
  if (!stat || stat->kind != FileKind::kRegular) return false;
  const Result<FileStat> link = file_system_.link_stat(path);
  const Result<std::string> directory = file_system_.real_path(parent_of(path));
  if (directory) matches_.directories.push_back(*directory);
  add_file(path, link ? link->kind : FileKind::kRegular);
  return true;
}

void PathWalk::take(const PathGlob::Alternative& alternative) {
  if (!alternative.absolute) return;
  alternative_ = &alternative;
  several_any_depth_ = std::count_if(alternative.segments.begin(), alternative.segments.end(),
                                     [](const Segment& segment) {
                                       return segment.kind == Segment::Kind::kAnyDepth;
                                     }) > 1;
  entered_.clear();
  ancestors_.clear();
  enter("/", 0, nullptr);
}

PathGlob::Matches PathWalk::finish() {
  sort_once(matches_.files);
  sort_once(matches_.directories);
  return std::move(matches_);
}

// `directory` exists; its entries are listed when the caller has not done so.
void PathWalk::enter(const std::string& directory, std::size_t segment,
                     const std::vector<DirectoryEntry>* entries) {
  if (segment == alternative_->segments.size()) return;
  if (++visits_ > PathGlob::kDirectoriesMax) return;
  if (several_any_depth_ && !entered_.emplace(directory, segment).second) return;
  switch (alternative_->segments[segment].kind) {
    case Segment::Kind::kLiteral:
      enter_literal(directory, segment);
      return;
    case Segment::Kind::kAnyDepth:
      enter_any_depth(directory, segment);
      return;
    case Segment::Kind::kWild:
      if (entries != nullptr) {
        enter_wild(directory, segment, *entries);
      } else {
        const auto listed = file_system_.list(directory);
        matches_.directories.push_back(directory);
        if (listed) enter_wild(directory, segment, *listed);
      }
      return;
  }
}

// A directory whose next name is fixed is watched only where that name is missing, is a link (which
// may be pointed elsewhere) or is the file itself: /var and /var/log would tell too much.
void PathWalk::enter_literal(const std::string& directory, std::size_t segment) {
  const std::string path = join(directory, alternative_->segments[segment].literal);
  const Result<FileStat> stat = file_system_.stat(path);
  const Result<FileStat> link = file_system_.link_stat(path);
  const bool enters =
      stat && stat->kind == FileKind::kDirectory && segment + 1 < alternative_->segments.size();
  const bool is_link = link && link->kind == FileKind::kSymlink;
  if (!enters || is_link) matches_.directories.push_back(directory);
  if (enters) {
    enter(path, segment + 1, nullptr);
  } else if (stat && stat->kind == FileKind::kRegular && only_any_depth_from(segment + 1)) {
    add_file(path, link ? link->kind : FileKind::kRegular);
  }
}

void PathWalk::enter_wild(const std::string& directory, std::size_t segment,
                          const std::vector<DirectoryEntry>& entries) {
  const Segment& wanted = alternative_->segments[segment];
  const bool last = only_any_depth_from(segment + 1);
  const bool deeper = segment + 1 < alternative_->segments.size();
  for (const DirectoryEntry& entry : entries) {
    if (!matches_name(wanted, entry.name)) continue;
    const std::string path = join(directory, entry.name);
    FileKind kind = entry.kind;
    if (kind == FileKind::kSymlink || kind == FileKind::kOther) {
      const Result<FileStat> stat = file_system_.stat(path);
      if (!stat) continue;
      kind = stat->kind;
    }
    if (kind == FileKind::kRegular && last) add_file(path, entry.kind);
    if (kind == FileKind::kDirectory && deeper) enter(path, segment + 1, nullptr);
  }
}

void PathWalk::enter_any_depth(const std::string& directory, std::size_t segment) {
  const Result<FileStat> self = file_system_.stat(directory);
  if (!self || ancestors_.size() >= kDepthMax) return;
  const Ancestor here{.device = self->device, .inode = self->inode, .segment = segment};
  if (std::find(ancestors_.begin(), ancestors_.end(), here) != ancestors_.end()) return;
  matches_.directories.push_back(directory);
  const auto entries = file_system_.list(directory);
  if (!entries) return;

  ancestors_.push_back(here);
  const bool last = only_any_depth_from(segment + 1);
  enter(directory, segment + 1, &*entries);
  for (const DirectoryEntry& entry : *entries) {
    const std::string path = join(directory, entry.name);
    FileKind kind = entry.kind;
    if (kind == FileKind::kSymlink || kind == FileKind::kOther) {
      const Result<FileStat> stat = file_system_.stat(path);
      if (!stat) continue;
      kind = stat->kind;
    }
    if (kind == FileKind::kRegular && last) add_file(path, entry.kind);
    if (kind == FileKind::kDirectory) enter(path, segment, nullptr);
  }
  ancestors_.pop_back();
}

// What happens to the file behind a link shows in the directory of that file.
void PathWalk::add_file(const std::string& path, FileKind link_kind) {
  matches_.files.push_back(path);
  if (link_kind != FileKind::kSymlink) return;
  const Result<std::string> target = file_system_.real_path(path);
  if (target) matches_.directories.push_back(parent_of(*target));
}

// Whether the pattern is satisfied when nothing follows segment - 1.
bool PathWalk::only_any_depth_from(std::size_t segment) const {
  const auto& segments = alternative_->segments;
  return std::all_of(segments.begin() + static_cast<std::ptrdiff_t>(segment), segments.end(),
                     [](const Segment& one) { return one.kind == Segment::Kind::kAnyDepth; });
}

}  // namespace tailrace::tailer
