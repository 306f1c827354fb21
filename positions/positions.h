// What every client has accepted: one position per source, kept as Promtail's positions.yaml.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/mutex.h"
#include "base/result.h"
#include "positions/positions_file.h"

namespace tailrace::positions {

// The table of accepted positions and its file on disk (Promtail's positions.yaml; the format is
// in docs/formats/positions.md).
//
// A position is opaque text: a byte offset for a file, a cursor for the journal. Every line before
// an accepted position was accepted by every client, dropped by a configured rule, or given up and
// counted. Outbox decides when that is so; this class only remembers.
//
// Ownership: borrows the FileSystem, which outlives it.
// Threading: any thread. Workers accept() at most once per cut; only the disk thread calls
//   save(). The lock covers the table, never disk I/O.
// Errors: load() refuses a file it cannot parse, unless told to start empty. save() replaces the
//   file atomically; when it fails the old file is whole and the next save() tries again. Where
//   the file cannot be replaced (a single-file bind mount, a folder without write permission) it is
//   written in place.
class Positions {
 public:
  enum class OnCorruptFile { kFail, kStartEmpty };

  Positions(FileSystem& file_system, std::string path);

  // Replaces the table by the file's content. A missing or empty file is an empty table, and so is
  // one that is no regular file.
  [[nodiscard]] Status load(OnCorruptFile on_corrupt_file);

  // The accepted position of `key` (a file path or "cursor-<job>"), if there is one, and who wrote
  // it: one that was edited or adopted wins over the outbox's.
  std::optional<StoredPosition> find(std::string_view key) const;
  // A person took the line of `key` out of the file since we wrote it: it starts anew, whatever the
  // outbox knows.
  bool removed_by_hand(std::string_view key) const;
  // What load() found to be said: a file that was torn; empty when all is well.
  std::string load_warning() const;
  PositionTable table() const;

  // Moves `key` to `position`: every line before it is accepted.
  void accept(std::string_view key, std::string position);

  // Forgets `key`: its file is gone and every line of it is accepted.
  void erase(std::string_view key);
  // Forgets every path that does not exist any more; cursors stay. Blocks on the file system.
  void erase_missing_files();

  // Writes the table if it changed since the last save. Blocks on write, fsync and rename.
  [[nodiscard]] Status save();
  // Whether the last save() had to write in place: not safe against power loss.
  bool written_in_place() const;

 private:
  Status write(const std::string& text);
  Status write_in_place(const std::string& path, const std::string& text);

  FileSystem& file_system_;
  const std::string path_;

  mutable Mutex mutex_;
  PositionsDocument document_ TAILRACE_GUARDED_BY(mutex_);
  std::string warning_ TAILRACE_GUARDED_BY(mutex_);
  std::uint64_t changes_ TAILRACE_GUARDED_BY(mutex_) = 1;  // Not even an empty table was saved.
  std::uint64_t saved_changes_ TAILRACE_GUARDED_BY(mutex_) = 0;
  bool in_place_ TAILRACE_GUARDED_BY(mutex_) = false;
};

}  // namespace tailrace::positions
