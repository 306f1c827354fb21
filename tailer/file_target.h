// What FileSet is told: the files to follow, and what an earlier run knew of them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "model/resume_point.h"
#include "tailer/file_commands.h"
#include "tailer/path_glob.h"

namespace tailrace::tailer {

// A pattern of files to follow, and what their lines are labelled with.
struct FileTarget {
  std::string job;
  PathGlob glob;
  std::optional<PathGlob> exclude;
  std::map<std::string, std::string> labels;  // Without filename, which FileSet sets.
  // Shared with the workers; never changes.
  std::shared_ptr<const FileReadOptions> options;

  bool matches(const std::string& path) const {
    return glob.matches(path) && !(exclude && exclude->matches(path));
  }
};

// A resume point and the worker whose outbox had it.
struct RecoveredFile {
  ResumePoint point;
  std::uint32_t worker = 0;
};

// What positions.yaml says of a path.
struct KnownPosition {
  enum class Author { kSaved, kEdited };
  std::string path;
  std::uint64_t offset = 0;
  Author author = Author::kSaved;  // What somebody else wrote (Promtail, a hand) wins.
};

}  // namespace tailrace::tailer
