// The last timestamp set per label set: what a failed `timestamp` is fudged from.
#include "pipeline/stages/last_times.h"

namespace tailrace::pipeline {

LastTimes::~LastTimes() {
  for (const Known& known : known_)
    known.labels->unpin();
}

std::uint32_t LastTimes::number_of(const LabelSet& labels) const {
  if (labels.index() >= number_of_.size()) return kNone;
  const std::uint32_t number = number_of_[labels.index()];
  // An index stays with its set while that is pinned; one of a forgotten set may be stale.
  return number != kNone && known_[number].labels == &labels ? number : kNone;
}

bool LastTimes::knows(const LabelSet& labels) const {
  return number_of(labels) != kNone;
}

LastTimes::Known* LastTimes::find(const LabelSet& labels) {
  const std::uint32_t number = number_of(labels);
  if (number == kNone) return nullptr;
  if (number != newest_) {
    unlink(number);
    link_newest(number);
  }
  return &known_[number];
}

void LastTimes::unlink(std::uint32_t number) {
  const Known& known = known_[number];
  (known.newer == kNone ? newest_ : known_[known.newer].older) = known.older;
  (known.older == kNone ? oldest_ : known_[known.older].newer) = known.newer;
}

void LastTimes::link_newest(std::uint32_t number) {
  known_[number].newer = kNone;
  known_[number].older = newest_;
  (newest_ == kNone ? oldest_ : known_[newest_].newer) = number;
  newest_ = number;
}

void LastTimes::set(const LabelSet& labels, const Timestamp& time) {
  if (Known* const known = find(labels)) {
    known->time = time;
    return;
  }
  auto number = static_cast<std::uint32_t>(known_.size());
  if (number < max_) {
    known_.emplace_back();
  } else {
    number = oldest_;
    known_[number].labels->unpin();
    number_of_[known_[number].labels->index()] = kNone;
    unlink(number);
  }
  labels.pin();
  known_[number].labels = &labels;
  known_[number].time = time;
  link_newest(number);
  if (labels.index() >= number_of_.size()) number_of_.resize(labels.index() + 1, kNone);
  number_of_[labels.index()] = number;
}

std::optional<Timestamp> LastTimes::settle(const LabelSet& labels,
                                           std::optional<Timestamp> parsed) {
  if (!parsed.has_value()) return next(labels);
  set(labels, *parsed);
  return parsed;
}

std::optional<Timestamp> LastTimes::next(const LabelSet& labels) {
  Known* const known = find(labels);
  if (known == nullptr) return std::nullopt;
  known->time = known->time.next();
  return known->time;
}

}  // namespace tailrace::pipeline
