// Label sets: sorted name/value pairs, interned per worker so that a stream is a pointer.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tailrace {

struct LabelPair {
  std::string_view name;
  std::string_view value;
};

// An immutable set of labels, sorted by name, names unique. Values may be empty.
//
// Ownership: made and owned by a LabelSetTable (or standing alone in tests).
// Threading: confined to the worker of its table.
class LabelSet {
 public:
  // Sorts; of two pairs with one name the later wins. `index` and `serial` are the table's.
  explicit LabelSet(std::span<const LabelPair> pairs, std::uint32_t index = 0,
                    std::uint64_t serial = 0);
  LabelSet(const LabelSet&) = delete;
  LabelSet& operator=(const LabelSet&) = delete;

  std::span<const LabelPair> pairs() const { return pairs_; }
  // nullptr when there is no such label.
  const std::string_view* find(std::string_view name) const;
  std::uint64_t hash() const { return hash_; }

  // Loki's text: {a="v", b="w"}, values escaped like a Go quoted string (docs/formats/push.md).
  std::string text() const;

  // Dense number within its table, for arrays beside it; reused after a sweep.
  std::uint32_t index() const { return index_; }
  // Never reused: tells whether a cache entry found by index() is still about this set. 0 outside a
  // table.
  std::uint64_t serial() const { return serial_; }

  // A pinned set survives LabelSetTable::sweep().
  void pin() const { ++pins_; }
  void unpin() const { --pins_; }
  bool pinned() const { return pins_ != 0; }

  // When the table last gave it out, in sweeps.
  void mark_used(std::uint64_t sweep) const { last_used_ = sweep; }
  std::uint64_t last_used() const { return last_used_; }

 private:
  std::string storage_;
  std::vector<LabelPair> pairs_;  // Views into storage_.
  std::uint64_t hash_ = 0;
  std::uint64_t serial_ = 0;
  std::uint32_t index_ = 0;
  mutable std::uint32_t pins_ = 0;
  mutable std::uint64_t last_used_ = 0;
};

// A fast hash, the same in every run; `seed` chains several texts.
std::uint64_t hash_text(std::string_view text, std::uint64_t seed);

// Hash of sorted pairs, the same as LabelSet::hash().
std::uint64_t hash_labels(std::span<const LabelPair> sorted_pairs);

// Appends a Go-quoted string (with its quotes) as Loki's label parser reads it back.
void append_go_quoted(std::string& out, std::string_view value);

// [a-zA-Z_][a-zA-Z0-9_]*
bool is_label_name(std::string_view name);
bool is_valid_utf8(std::string_view text);

// All label sets that a worker has seen lately; equal sets are one object.
//
// Threading: confined to one worker.
// Memory: sweep() removes what intern() has not given out since the last sweep but one and what is
//   not pinned.
class LabelSetTable {
 public:
  // `sorted_pairs`: by name, no name twice. The text is copied when the set is new.
  const LabelSet& intern(std::span<const LabelPair> sorted_pairs);
  std::size_t size() const { return sets_.size(); }
  // Called at a cut. References to unpinned sets die here.
  void sweep();
  // One more than the greatest index() given out.
  std::uint32_t index_end() const { return next_index_; }

 private:
  std::unordered_multimap<std::uint64_t, std::unique_ptr<LabelSet>> sets_;
  std::vector<std::uint32_t> free_indices_;
  std::uint32_t next_index_ = 0;
  std::uint64_t next_serial_ = 1;
  std::uint64_t sweeps_ = 0;
};

}  // namespace tailrace
