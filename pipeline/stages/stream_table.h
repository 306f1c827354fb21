// What a stage that joins lines keeps per label set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "model/label_set.h"

namespace tailrace::pipeline {

// A list of streams in the order in which they were appended. The links are in the streams
// (members `newer` and `older`), and each is in one list at most.
template <typename Stream>
class StreamList {
 public:
  bool empty() const { return oldest_ == nullptr; }
  std::size_t size() const { return size_; }
  Stream* oldest() const { return oldest_; }

  void append(Stream& stream) {
    stream.newer = nullptr;
    stream.older = newest_;
    (newest_ == nullptr ? oldest_ : newest_->newer) = &stream;
    newest_ = &stream;
    ++size_;
  }
  void remove(Stream& stream) {
    (stream.newer == nullptr ? newest_ : stream.newer->older) = stream.older;
    (stream.older == nullptr ? oldest_ : stream.older->newer) = stream.newer;
    --size_;
  }

 private:
  Stream* oldest_ = nullptr;
  Stream* newest_ = nullptr;
  std::size_t size_ = 0;
};

// Finds the stream of a label set.
//
// Ownership: pins the label sets of its streams.
// Memory: removed streams are kept for reuse, so that their buffers are.
template <typename Stream>
class StreamTable {
 public:
  StreamTable() = default;
  ~StreamTable() {
    for (const Place& place : places_) {
      if (place.stream != nullptr) place.labels->unpin();
    }
  }
  StreamTable(const StreamTable&) = delete;
  StreamTable& operator=(const StreamTable&) = delete;

  Stream* find(const LabelSet& labels) const {
    return labels.index() < places_.size() ? places_[labels.index()].stream.get() : nullptr;
  }

  // A stream for `labels`, which has none; as it was when it was removed.
  Stream& add(const LabelSet& labels) {
    if (labels.index() >= places_.size()) places_.resize(labels.index() + 1);
    Place& place = places_[labels.index()];
    labels.pin();
    place.labels = &labels;
    if (free_.empty()) {
      place.stream = std::make_unique<Stream>();
    } else {
      place.stream = std::move(free_.back());
      free_.pop_back();
    }
    return *place.stream;
  }

  void remove(const LabelSet& labels) {
    Place& place = places_[labels.index()];
    if (free_.size() < kFreeMax) free_.push_back(std::move(place.stream));
    place.stream.reset();
    place.labels->unpin();
    place.labels = nullptr;
  }

 private:
  static constexpr std::size_t kFreeMax = 64;
  // A pinned set keeps its index, so a place with a stream is about that set.
  struct Place {
    const LabelSet* labels = nullptr;
    std::unique_ptr<Stream> stream;
  };

  std::vector<Place> places_;  // By LabelSet::index().
  std::vector<std::unique_ptr<Stream>> free_;
};

}  // namespace tailrace::pipeline
