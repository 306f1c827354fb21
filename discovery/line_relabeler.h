// Relabelling per line, for sources whose every line may have other labels.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "discovery/relabel.h"
#include "discovery/target.h"
#include "model/label_set.h"

namespace tailrace::discovery {

// From what a line was discovered as (__journal_..., __syslog_...) to its label set, with a cache:
// lines of few kinds cost a look-up, not a run of the rules.
//
// Only labels that stay visible or that a rule reads make a difference; the others, a process id
// that nobody asks for, are not in the cache's key.
//
// Ownership: borrows the table; the sets that the cache knows are pinned.
// Threading: confined to one worker.
// Memory: at most kCachedMax results and kCachedBytesMax of text, or the one result that is larger;
//   then the cache begins anew.
class LineRelabeler {
 public:
  static constexpr std::size_t kCachedMax = 4096;
  static constexpr std::size_t kCachedBytesMax = 8U << 20U;
  struct Options {
    // `labels:` of the source. kOver: they win over what the line brings; kUnder: they lose.
    enum class Fixed { kOver, kUnder };
    LabelMap labels;
    Fixed fixed = Fixed::kOver;
    // __tenant_id__ stays, for sources that take the tenant from their sender.
    enum class Tenant { kHide, kKeep };
    Tenant tenant = Tenant::kHide;
    // What becomes of a line whose last label set is empty.
    enum class Unlabelled { kDrop, kKeep };
    Unlabelled unlabelled = Unlabelled::kDrop;
  };

  LineRelabeler(Relabeler relabeler, Options options, LabelSetTable& table);
  ~LineRelabeler();
  LineRelabeler(const LineRelabeler&) = delete;
  LineRelabeler& operator=(const LineRelabeler&) = delete;

  // `discovered`: in any order; of two with one name the later counts, an empty value is none.
  // nullptr: a rule drops the line, or no label is left.
  const LabelSet* resolve(std::span<const LabelPair> discovered);

  // Whether a label of this name can make a difference; the others need not be handed to resolve().
  bool matters(std::string_view name);

  // Of what resolve() last gave nullptr for: whether a rule dropped it.
  bool dropped_by_rule() const { return dropped_by_rule_; }

 private:
  struct Cached {
    std::string key;
    const LabelSet* labels = nullptr;
    bool dropped_by_rule = false;
  };

  const LabelSet* run(std::span<const LabelPair> discovered);
  void forget();

  const Relabeler relabeler_;
  const Options options_;
  LabelSetTable& table_;
  std::unordered_multimap<std::uint64_t, Cached> cache_;
  std::size_t cached_bytes_ = 0;  // Of keys and labels.
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return hash_text(text, 0); }
  };
  std::unordered_map<std::string, bool, TextHash, std::equal_to<>> matters_;
  std::string key_;  // Of the line at hand.
  bool dropped_by_rule_ = false;
};

}  // namespace tailrace::discovery
