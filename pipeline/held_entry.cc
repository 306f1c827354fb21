// An entry that a stage keeps beyond the line it came with.
#include "pipeline/held_entry.h"

namespace tailrace::pipeline {

HeldEntry::~HeldEntry() {
  if (labels_ != nullptr) labels_->unpin();
}

std::string_view HeldEntry::keep(std::string_view value) {
  const std::size_t begin = storage_.size();
  storage_.insert(storage_.end(), value.begin(), value.end());
  return {storage_.data() + begin, value.size()};
}

void HeldEntry::capture(const Entry& entry, const LabelSet& labels) {
  if (labels_ != &labels) {
    labels.pin();
    if (labels_ != nullptr) labels_->unpin();
    labels_ = &labels;
  }
  time_ = entry.time;
  std::size_t bytes = 0;
  for (const Value& value : entry.extracted)
    bytes += value.text.size();
  std::size_t metadata_bytes = 0;
  for (const LabelPair& pair : entry.metadata) {
    metadata_bytes += pair.name.size() + pair.value.size();
  }
  storage_.clear();
  storage_.reserve(bytes + metadata_bytes);  // So that the views stay valid.
  extracted_.assign(entry.extracted.begin(), entry.extracted.end());
  for (Value& value : extracted_)
    value.text = keep(value.text);
  metadata_.clear();
  for (const LabelPair& pair : entry.metadata) {
    const std::string_view name = keep(pair.name);
    metadata_.push_back({.name = name, .value = keep(pair.value)});
  }
  attached_bytes_ = metadata_bytes;
  for (const LabelPair& pair : labels.pairs()) {
    attached_bytes_ += pair.name.size() + pair.value.size();
  }
}

void HeldEntry::show_in(Entry& entry) const {
  entry.base_labels = labels_;
  entry.changes.assign(entry.changes.size(), {});
  entry.extracted.assign(extracted_.begin(), extracted_.end());
  entry.time = time_;
  entry.line = text;
  entry.metadata.assign(metadata_.begin(), metadata_.end());
}

}  // namespace tailrace::pipeline
