// Reads what a directory's segments hold after a restart.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/file_system.h"
#include "base/log.h"
#include "base/result.h"
#include "positions/outbox_index.h"
#include "positions/outbox_segment.h"

namespace tailrace::positions {

using PointTable = std::map<SourceId, StoredPoint>;
using AbsorbNotes = std::map<std::pair<std::uint64_t, LaneKey>, std::uint64_t>;

struct RecoveredSegments {
  PointTable points;
  AbsorbNotes notes;
  std::map<std::uint64_t, std::uint64_t> segments;  // Number to size.
  std::uint64_t run = 0;
  std::uint64_t origin = 0;  // 0: no segment told.
  std::int64_t last_time_ns = 0;
  std::uint64_t damaged_records = 0;
};

enum class RecoveryMode {
  kRepair,    // A torn end is cut off.
  kLookOnly,  // Nothing is written.
};

// Reads all segments in order of their number and fills `index` with the fragments that have no
// answer. A torn end is silent; damage ends its segment, is counted and logged. Fails when the
// directory or a segment cannot be read, and (kInvalid) on a version that is not known. A missing
// directory is empty.
Result<RecoveredSegments> recover_segments(FileSystem& file_system, Log& log,
                                           const std::string& directory, RecoveryMode mode,
                                           OutboxIndex& index);

}  // namespace tailrace::positions
