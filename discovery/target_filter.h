// From discovered targets to the files to follow: relabelling, and what is left out why.
#pragma once

#include <string>
#include <vector>

#include "discovery/relabel.h"
#include "discovery/target.h"

namespace tailrace::discovery {

struct FilteredTargets {
  std::vector<FileTarget> targets;     // In the order of discovery, none twice.
  std::vector<Target> origins;         // As what each of them was discovered.
  std::vector<DroppedTarget> dropped;  // Likewise.
};

// Whose files these are, for filter_targets().
struct FilterOptions {
  std::string job;
  std::string hostname;  // $HOSTNAME, or the system's name where that is not set; for __host__.
};

// Runs `relabeler` over each target, checks __host__ and __path__, takes __path_exclude__ and
// removes the labels that begin with "__" (docs/compatibility.md, file targets after relabelling).
FilteredTargets filter_targets(const std::vector<Target>& targets, const Relabeler& relabeler,
                               const FilterOptions& options);

}  // namespace tailrace::discovery
