// From a target's labels and what stages changed to the interned label set, without a map per line.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/entry.h"
#include "model/label_set.h"

namespace tailrace::pipeline {

// A hash table from (base set, changes by slot) to the LabelSet they make. A hit copies nothing and
// allocates nothing.
//
// Threading: confined to one worker.
// Memory: cleared when it holds kCombinationsMax combinations or kKeyBytesMax bytes of values.
class LabelCache {
 public:
  static constexpr std::size_t kCombinationsMax = 8192;
  static constexpr std::size_t kKeyBytesMax = 1U << 20U;

  // `names`: label names by slot; lives as long as this object.
  LabelCache(LabelSetTable& table, std::span<const std::string> names);

  const LabelSet& find(const LabelSet& base, std::span<const LabelChange> changes);

  // Forgets everything, so that LabelSetTable::sweep() may remove what is unused. Keeps its memory.
  void clear();

 private:
  struct Slot {
    std::uint64_t generation = 0;  // In use when equal to generation_.
    std::uint64_t hash = 0;
    const LabelSet* base = nullptr;
    const LabelSet* result = nullptr;
    std::size_t key_begin = 0;  // In keys_.
  };

  bool matches(const Slot& slot, std::span<const LabelChange> changes) const;
  const LabelSet& make(const LabelSet& base, std::span<const LabelChange> changes);
  void insert(const Slot& slot);
  void grow();

  LabelSetTable& table_;
  const std::span<const std::string> names_;  // Into the pipeline's Names.
  std::vector<Slot> slots_;                   // A power of two of them, at most half in use.
  std::size_t used_ = 0;
  std::uint64_t generation_ = 1;
  std::string keys_;  // Per combination and label slot: kind, then size and bytes of the value.
  std::vector<LabelPair> pairs_;
};

}  // namespace tailrace::pipeline
