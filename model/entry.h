// One line on its way through a pipeline.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/timestamp.h"
#include "model/label_set.h"

namespace tailrace {

// Names a source for its whole life, also over restarts; never reused. 0 is no source.
using SourceId = std::uint64_t;

// Which raw line of which source an entry was made from. Line numbers rise within a source and
// are kept over restarts for lines that a stage holds.
struct LineOrigin {
  SourceId source = 0;
  std::uint64_t line = 0;
  friend bool operator==(const LineOrigin&, const LineOrigin&) = default;
};

// A value in `extracted`. Text views live as long as the entry.
struct Value {
  enum class Kind : std::uint8_t {
    kAbsent,  // There is no such key.
    kNil,     // The key exists without a value (JSON null); it has no text form.
    kText,
    kNumber,
    kBool,
  };
  Kind kind = Kind::kAbsent;
  bool boolean = false;
  double number = 0;
  std::string_view text;

  static Value nil() { return {.kind = Kind::kNil, .text = {}}; }
  static Value of(std::string_view text) { return {.kind = Kind::kText, .text = text}; }
  static Value of(double number) { return {.kind = Kind::kNumber, .number = number, .text = {}}; }
  static Value of_bool(bool value) { return {.kind = Kind::kBool, .boolean = value, .text = {}}; }
  bool present() const { return kind != Kind::kAbsent; }
};

// Where a name lives in an entry: positions in its two arrays, assigned when a pipeline is built.
using ExtractedSlot = std::uint32_t;
using LabelSlot = std::uint32_t;

// What stages did to one label of the target's set.
struct LabelChange {
  enum class Kind : std::uint8_t { kUntouched, kSet, kRemoved };
  Kind kind = Kind::kUntouched;
  std::string_view value;
};

// Why this line runs (house rule: a replayed line was counted before the restart).
enum class EntryRole : std::uint8_t {
  kFresh,     // Read just now.
  kReplayed,  // Held over a restart or reload: metrics, limit and sampling let it pass untouched.
  kContext,  // As kReplayed, and it was sent before: only multiline looks at it, for the labels and
             // time that later lines of its event take over. It never leaves the pipeline.
};

// One line in the pipeline. The worker owns one and uses it for every line.
//
// Ownership: all views point into the worker's read buffer, its arena, the held lines or the
//   pipeline's constants, and die when the line is done.
// Threading: confined to one worker.
struct Entry {
  // The labels: the target's set with changes on top. changes.size() is the pipeline's count of
  // label slots.
  const LabelSet* base_labels = nullptr;
  std::vector<LabelChange> changes;

  std::vector<Value> extracted;  // By slot.

  Timestamp time;
  std::string_view line;
  std::vector<LabelPair> metadata;  // Structured metadata, in order; names may repeat.

  // The raw lines in this entry: one, unless a stage joined several. They count as held from
  // StageContext::hold() until the entry made of them has left the pipeline or was dropped.
  std::vector<LineOrigin> origins;
  EntryRole role = EntryRole::kFresh;
};

}  // namespace tailrace
