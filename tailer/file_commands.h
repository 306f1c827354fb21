// What FileSet (main thread) and FileFollower (worker) tell each other.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "config/scrape_config.h"
#include "model/resume_point.h"

namespace tailrace::tailer {

// How files of one job are read.
struct FileReadOptions {
  std::uint64_t line_bytes_max = 1U << 20U;
  std::string encoding;
  config::DecompressionConfig decompression;
  config::FileOptionsConfig files;
  friend bool operator==(const FileReadOptions&, const FileReadOptions&) = default;
};

// Follow this file. The worker opens `point.path`, checks that it is the file meant (device and
// inode of `point.identity`) and goes on at `point.position`.
struct AdoptFile {
  ResumePoint point;  // source, job, path, label_path, identity, predecessor, position ...
  std::map<std::string, std::string> labels;  // Final labels, filename included.
  std::shared_ptr<const FileReadOptions> options;
  // The point was in the outbox already (a restart); otherwise the next cut records it.
  bool recovered = false;
  // The name is gone and this file is the last of its name: it is read to its end and left after
  // the rotation wait, without a successor.
  bool orphan = false;
};

// The path that a followed file has now (rotation by rename); empty: it was deleted.
struct RenameFile {
  SourceId source = 0;
  std::string path;
};

// Read the file to its end, wait `rotation_wait` for late writes, send an unterminated last line,
// and end. Its successor starts then.
struct RetireFile {
  SourceId source = 0;
};

// Stop following without reading on (its job or target is gone); the resume point is kept.
struct ReleaseFile {
  SourceId source = 0;
};

// Look at the file now (the size sweep found a change that no event told).
struct NudgeFile {
  SourceId source = 0;
};

using FileCommand = std::variant<AdoptFile, RenameFile, RetireFile, ReleaseFile, NudgeFile>;

// From the worker.
struct FileReport {
  enum class Kind {
    kEnded,      // Read to its end for good; the source is gone.
    kTruncated,  // Rewritten in place: `point` of the new content, to be adopted at 0 by the same
                 // worker; the old source goes on with the copy, if one was found, else it ended.
    kFailed,     // Could not be opened or read; tried again later.
    kRecovered,  // Works again after kFailed.
  };
  Kind kind = Kind::kEnded;
  SourceId source = 0;
  std::string path;
  std::string message;
};

}  // namespace tailrace::tailer
