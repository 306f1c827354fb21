// What one entry went through, as data: every view of the debugger shows it.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/timestamp.h"
#include "model/entry.h"
#include "model/label_set.h"
#include "pipeline/explanation.h"
#include "pipeline/stage.h"

namespace tailrace::debugger {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// An entry at one moment.
struct EntrySnapshot {
  std::map<std::string, std::string> labels;  // Without the tenant's.
  std::string line;
  Timestamp time;
  Pairs metadata;                     // In order; names may repeat.
  std::optional<std::string> tenant;  // __tenant_id__.
};

// `labels`: all of the entry's.
EntrySnapshot snapshot_of(std::map<std::string, std::string> labels, const Entry& entry);
EntrySnapshot snapshot_of(const LabelSet& labels, const Entry& entry);

struct Change {
  enum class Field { kExtracted, kLabel, kTenant, kLine, kTime, kMetadata };
  Field field = Field::kLine;
  std::string name;                // Of an extracted value, a label or metadata.
  std::optional<std::string> was;  // Nothing: it was not there.
  std::optional<std::string> now;  // Nothing: it is gone.
  Timestamp time{};                // kTime: what `now` says.
};

struct StageStep {
  std::size_t number = 0;  // In the order of the configuration, nested ones included.
  std::string name;        // "regex"
  std::size_t depth = 0;   // In how many `match` stages it lies.
  pipeline::Verdict verdict = pipeline::Verdict::kKeep;
  std::vector<Change> changes;
  pipeline::Explanation explanation;
  std::chrono::nanoseconds spent{0};  // In this stage, without entries that it let go.
};

struct EntryTrace {
  enum class Fate {
    kLeft,     // It left the pipeline: it would be sent.
    kDropped,  // By the last step.
    kHeld,     // By the last step; what is made of it has a trace of its own.
    kContext,  // It was sent before a restart.
  };
  std::string job;              // Its name.
  std::size_t first_stage = 0;  // Not 0: the stage before this one held it.
  EntrySnapshot before;
  std::vector<StageStep> steps;
  Fate fate = Fate::kLeft;
  EntrySnapshot after;              // kLeft.
  std::vector<LineOrigin> origins;  // The raw lines in it.
};

// Of the texts that were copied into it.
std::size_t bytes_of(const EntrySnapshot& entry);
std::size_t bytes_of(const StageStep& step);
std::size_t bytes_of(const EntryTrace& trace);

// Applies a change to a snapshot; of extracted values it knows nothing.
void apply(const Change& change, EntrySnapshot& entry);

// What the entry is in the end; one that was dropped or held: what it was before its last stage.
EntrySnapshot last_seen(const EntryTrace& trace);

// {job="x", level="info"}, values as Go quotes them.
std::string pairs_text(const std::map<std::string, std::string>& labels);
std::string pairs_text(const Pairs& labels);

// As Go prints a time: 2026-01-02 03:04:05.6 +0000 UTC.
std::string time_text(const Timestamp& time);

}  // namespace tailrace::debugger
