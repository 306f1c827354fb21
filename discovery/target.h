// What service discovery finds, and what becomes of it: a file target, or a reason to leave it out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/scrape_config.h"

namespace tailrace::discovery {

using config::LabelMap;

// A target as it was discovered, before any rule looked at it.
struct Target {
  LabelMap labels;
  std::string found_by;  // For people: "static_configs[0]".
  friend bool operator==(const Target&, const Target&) = default;
};

// Files to follow: every file that `path` matches and `exclude` does not gets `labels` and its own
// `filename`. Two targets with the same path, exclude and labels are the same.
struct FileTarget {
  std::string job;
  std::string path;     // __path__, a pattern (tailer/path_glob.h).
  std::string exclude;  // __path_exclude__, a pattern; empty: none.
  LabelMap labels;      // Without those that begin with "__" and without empty ones.
  friend auto operator<=>(const FileTarget&, const FileTarget&) = default;
  friend bool operator==(const FileTarget&, const FileTarget&) = default;
};

// Why a target is not followed (docs/compatibility.md, file targets after relabelling).
enum class DropReason : std::uint8_t {
  kDropped,    // A relabelling rule dropped it.
  kWrongHost,  // __host__ names another machine.
  kNoPath,     // It has no __path__.
  kExists,     // The job has the same target already.
  kError,      // It could not be set up; given by whoever tried.
};

// As the metric promtail_targets_failed_total and the targets page show it.
std::string_view drop_reason_text(DropReason reason);

struct DroppedTarget {
  std::string job;
  LabelMap discovered_labels;  // Before relabelling.
  std::string found_by;
  DropReason reason = DropReason::kDropped;
  friend bool operator==(const DroppedTarget&, const DroppedTarget&) = default;
};

}  // namespace tailrace::discovery
