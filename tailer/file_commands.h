// What FileSet (main thread) and FileFollower (worker) tell each other.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
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

// What becomes of a source when it is read to its end and nobody is expected to append to it.
enum class AfterEnd {
  kEnd,   // It is over.
  kKeep,  // Its file still matches the pattern: followed on, but its successor may start.
};

// Follow this file. The worker opens `point.path`, checks that it is the file meant (inode and
// fingerprint of `point.identity`) and goes on at `point.position`. For a source that it follows
// already (a reload) only labels, job and options change.
struct AdoptFile {
  ResumePoint point;  // source, job, path, label_path, identity, predecessor, position ...
  std::map<std::string, std::string> labels;  // Final labels, filename included.
  // Shared by all files of the job; never changes.
  std::shared_ptr<const FileReadOptions> options;
  // The point was in the outbox already (a restart); otherwise the next cut records it.
  bool recovered = false;
  // The name is gone or has a newer file: as if RetireFile came at once.
  bool orphan = false;
};

// The path that a followed file has now (rotation by rename); empty: it was deleted.
struct RenameFile {
  SourceId source = 0;
  std::string path;
};

// The answer to kDisplaced: the content of this source is in the file `path` now.
struct MoveFile {
  SourceId source = 0;
  std::string path;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  // A finished copy (copytruncate, compression): nobody appends to it, so there is no waiting.
  bool frozen = false;
  AfterEnd after = AfterEnd::kEnd;         // When frozen.
  std::optional<SourcePosition> position;  // The copy ends before the position: go on here.
};

// Read the file to its end, wait `rotation_wait` for late writes, send an unterminated last line,
// and do what `after` says. Its successor starts at the latest then; earlier when it has content
// and this file ends with a complete line (late lines then come after it).
struct RetireFile {
  SourceId source = 0;
  AfterEnd after = AfterEnd::kEnd;
};

// The answer to kDisplaced: the content is nowhere. What was not read is counted as lost.
struct LoseFile {
  SourceId source = 0;
};

// Stop following without reading on (its job or target is gone); the resume point is kept.
struct ReleaseFile {
  SourceId source = 0;
};

// Look at the file now (the size sweep found a change, or the file may have been truncated).
struct NudgeFile {
  SourceId source = 0;
};

using FileCommand =
    std::variant<AdoptFile, RenameFile, MoveFile, RetireFile, LoseFile, ReleaseFile, NudgeFile>;

// From the worker.
struct FileReport {
  enum class Kind {
    kEnded,      // Read to its end for good; the source is gone.
    kDisplaced,  // What was read from this file is not in it any more (it shrank, was rewritten, or
                 // another file has its path). The source waits for MoveFile or LoseFile.
    kIdentified,  // More of the fingerprint is known: so that a copy of the file is recognised.
    kReleased,    // ReleaseFile was done; `point` says how far it was read.
    kFailed,      // Could not be opened or read; tried again later.
    kRecovered,   // Works again after kFailed.
  };
  Kind kind = Kind::kEnded;
  SourceId source = 0;
  std::string path;
  std::string message;
  ResumePoint point;  // All but kFailed and kRecovered: as of the last consumed line.
};

}  // namespace tailrace::tailer
