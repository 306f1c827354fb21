// An entry that a stage keeps beyond the line it came with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/entry.h"
#include "model/label_set.h"

namespace tailrace::pipeline {

// A copy of an entry that owns everything it views. Text and origins are the stage's to fill: they
// are those of the lines it joins.
//
// Ownership: pins its label set.
// Memory: buffers are kept for the next capture().
class HeldEntry {
 public:
  HeldEntry() = default;
  ~HeldEntry();
  HeldEntry(const HeldEntry&) = delete;
  HeldEntry& operator=(const HeldEntry&) = delete;

  // Copies labels, time, extracted values and metadata, replacing what was here.
  void capture(const Entry& entry, const LabelSet& labels);
  // Makes `entry` view this one: everything but origins and role.
  void show_in(Entry& entry) const;

  const LabelSet& labels() const { return *labels_; }
  // Of text, metadata and labels: what its entry takes in a batch.
  std::uint64_t bytes() const { return text.size() + attached_bytes_; }

  std::string text;
  std::vector<LineOrigin> origins;  // Each held once.

 private:
  std::string_view keep(std::string_view value);

  const LabelSet* labels_ = nullptr;
  Timestamp time_;
  std::vector<Value> extracted_;
  std::vector<LabelPair> metadata_;
  std::vector<char> storage_;  // What extracted_ and metadata_ view.
  std::uint64_t attached_bytes_ = 0;
};

}  // namespace tailrace::pipeline
