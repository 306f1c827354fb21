// The last timestamp set per label set: what a failed `timestamp` is fudged from.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/timestamp.h"
#include "model/label_set.h"

namespace tailrace::pipeline {

// A map from label set to time that forgets the label set unused for longest.
//
// Ownership: pins the label sets it knows.
// Threading: confined to one worker.
class LastTimes {
 public:
  // As many as Promtail remembers (docs/compatibility.md, timestamp).
  static constexpr std::uint32_t kLabelSetsMax = 10'000;

  explicit LastTimes(std::uint32_t label_sets_max = kLabelSetsMax) : max_(label_sets_max) {}
  ~LastTimes();
  LastTimes(const LastTimes&) = delete;
  LastTimes& operator=(const LastTimes&) = delete;

  // Whether next() would give a time.
  bool knows(const LabelSet& labels) const;
  // Remembers `time` as the last time of `labels`.
  void set(const LabelSet& labels, const Timestamp& time);
  // The time of an entry whose own time is `parsed`: that, which is remembered, or, where there is
  // none, next().
  std::optional<Timestamp> settle(const LabelSet& labels, std::optional<Timestamp> parsed);
  // One nanosecond after the last time, which becomes the last time; nullopt: there was none.
  std::optional<Timestamp> next(const LabelSet& labels);

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;
  struct Known {
    const LabelSet* labels = nullptr;
    Timestamp time;
    std::uint32_t newer = kNone;
    std::uint32_t older = kNone;
  };

  std::uint32_t number_of(const LabelSet& labels) const;  // kNone: not known.
  Known* find(const LabelSet& labels);
  void unlink(std::uint32_t number);
  void link_newest(std::uint32_t number);

  const std::uint32_t max_;
  std::vector<Known> known_;
  std::vector<std::uint32_t> number_of_;  // In known_, by LabelSet::index().
  std::uint32_t newest_ = kNone;
  std::uint32_t oldest_ = kNone;
};

}  // namespace tailrace::pipeline
