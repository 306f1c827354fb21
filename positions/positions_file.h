// The text of positions.yaml: Promtail's format, with short checks in comments.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace::positions {

// Who wrote a value.
enum class PositionOrigin {
  kOwn,      // This program; the outbox may know better.
  kEdited,   // A person, into a file of ours: its check fails or is missing.
  kAdopted,  // Promtail, or a person: the file has no checks at all.
};

struct StoredPosition {
  std::string value;
  PositionOrigin origin = PositionOrigin::kOwn;
  friend bool operator==(const StoredPosition&, const StoredPosition&) = default;
};

using PositionTable = std::map<std::string, StoredPosition, std::less<>>;

// A file as read.
struct PositionsDocument {
  PositionTable table;
  // Lines of ours that are not there any more: how many, and the exclusive or of the hashes of
  // their keys. Only told when the last line, which counts them, is there.
  std::uint64_t missing = 0;
  std::uint64_t missing_hash = 0;
  bool salvaged = false;  // The file was torn; the table is what could be read.

  // Whether a person took the line of `key` out: exact for one missing line; of several, any key
  // that is not there counts.
  bool removed_by_hand(std::string_view key) const;
};

// Reads the subset of YAML that Promtail and people write here: a block or flow map of scalars in
// any style, comments, one document. Fails with kInvalid and "<name>:<line>:<column>: <reason>" on
// anything else, on unknown keys, on keys given twice. What is torn (a file of ours without its
// last line) is salvaged instead.
Result<PositionsDocument> parse_positions(std::string_view text, std::string_view name);

// Sorted by key. The table's origins do not matter.
std::string write_positions(const PositionTable& table);

}  // namespace tailrace::positions
