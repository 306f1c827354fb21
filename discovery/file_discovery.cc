// Targets that files list.
//
// Modification times are looked at instead of watching with inotify: a look is a few system calls,
// works on every file system and needs no watch of the few that a user has.
#include "discovery/file_discovery.h"

#include <cerrno>

#include <fmt/format.h>

#include "base/read_whole.h"
#include "config/names.h"
#include "discovery/target_list.h"

namespace tailrace::discovery {
namespace {

bool same_file_state(const FileStat& a, const FileStat& b) {
  return a.device == b.device && a.inode == b.inode && a.size == b.size && a.modified == b.modified;
}

}  // namespace

FileDiscovery::FileDiscovery(config::FileSdConfig config, std::string name,
                             const DiscoveryWorld& world)
    : config_(std::move(config)), name_(std::move(name)), world_(world) {}

std::string FileDiscovery::on_disk(const std::string& path) const {
  if (path.starts_with('/') || world_.working_directory.empty()) return path;
  return world_.working_directory + "/" + path;
}

void FileDiscovery::find_matches(const std::string& pattern) {
  const std::size_t slash = pattern.find_last_of('/');
  const std::string folder = slash == std::string::npos ? "" : pattern.substr(0, slash + 1);
  const std::string_view name = std::string_view(pattern).substr(folder.size());
  const std::size_t star = name.find('*');
  if (star == std::string_view::npos) {
    files_[pattern].seen = true;
    return;
  }
  const std::string_view before = name.substr(0, star);
  const std::string_view behind = name.substr(star + 1);
  const auto entries = world_.file_system.list(on_disk(folder.empty() ? "." : folder));
  if (!entries) {
    // A folder that is missing has no files; one that cannot be read may have them still.
    if (entries.error().code == ENOENT) return;
    folder_trouble_ = entries.error().message;
    for (auto& [path, listed] : files_) {
      if (path.starts_with(folder)) listed.seen = true;
    }
    return;
  }
  for (const DirectoryEntry& entry : *entries) {
    const std::string_view found = entry.name;
    if (entry.kind != FileKind::kDirectory && found.size() >= before.size() + behind.size() &&
        found.starts_with(before) && found.ends_with(behind)) {
      files_[folder + entry.name].seen = true;
    }
  }
}

void FileDiscovery::find_files() {
  for (auto& [path, listed] : files_)
    listed.seen = false;
  folder_trouble_.clear();
  for (const std::string& pattern : config_.files)
    find_matches(pattern);
}

bool FileDiscovery::look_at(const std::string& path, Listed& listed) {
  const auto stat = world_.file_system.stat(on_disk(path));
  if (!stat) {
    if (stat.error().code == ENOENT || stat.error().code == ENOTDIR) {
      listed.seen = false;
    } else {
      listed.trouble = stat.error().message;
    }
    return false;
  }
  if (listed.read_as && same_file_state(*listed.read_as, *stat)) return false;
  return read(path, *stat, listed);
}

// True: its groups are others now.
bool FileDiscovery::read(const std::string& path, const FileStat& stat, Listed& listed) {
  const auto complain = [&](const std::string& why) {
    if (listed.trouble == why) return;
    listed.trouble = why;
    world_.log.warn("a list of targets cannot be used", {{.key = "discovery", .value = name_},
                                                         {.key = "path", .value = path},
                                                         {.key = "reason", .value = why}});
  };
  const auto text = read_whole(world_.file_system, on_disk(path), kListBytesMax);
  if (!text) {
    complain(text.error().message);
    return false;
  }
  if (text->empty() && !listed.groups.empty() && ++listed.looks_doubted < 2) return false;
  listed.looks_doubted = 0;
  const bool is_json = config::to_lower_ascii(path).ends_with(".json");
  auto groups = is_json ? parse_target_list_json(*text) : parse_target_list_yaml(*text);
  listed.read_as = stat;
  if (!groups) {
    complain(groups.error().message);
    return false;
  }
  listed.trouble.clear();
  if (*groups == listed.groups) return false;
  listed.groups = std::move(*groups);
  return true;
}

bool FileDiscovery::forget_missing() {
  bool changed = false;
  for (auto file = files_.begin(); file != files_.end();) {
    Listed& listed = file->second;
    if (listed.seen) {
      ++file;
      continue;
    }
    listed.read_as.reset();
    if (!listed.groups.empty() && ++listed.looks_doubted < 2) {
      ++file;
      continue;
    }
    changed = changed || !listed.groups.empty();
    file = files_.erase(file);
  }
  return changed;
}

bool FileDiscovery::poll(SteadyTime now) {
  if (now < look_at_) return false;
  look_at_ = now + kLookEvery;
  if (now >= refresh_at_) {
    refresh_at_ = now + config_.refresh_interval;
    for (auto& [path, listed] : files_)
      listed.read_as.reset();
  }
  find_files();
  bool changed = !knows_;
  knows_ = true;
  for (auto& [path, listed] : files_) {
    if (listed.seen) changed = look_at(path, listed) || changed;
  }
  changed = forget_missing() || changed;
  if (changed) rebuild();
  return changed;
}

void FileDiscovery::rebuild() {
  targets_.clear();
  for (const auto& [path, listed] : files_) {
    append_targets(listed.groups, name_ + " " + path, {{"__meta_filepath", path}}, targets_);
  }
}

std::string FileDiscovery::trouble() const {
  if (!folder_trouble_.empty()) return folder_trouble_;
  for (const auto& [path, listed] : files_) {
    if (!listed.trouble.empty()) return path + ": " + listed.trouble;
  }
  return {};
}

}  // namespace tailrace::discovery
