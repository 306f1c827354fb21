// The names that a pipeline's stages use, resolved to slots when it is built.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/entry.h"

namespace tailrace::pipeline {

// Assigns a slot number to each extracted name and each label name that a stage reads or writes, so
// that a line costs no lookup by name.
//
// A pipeline is built in two passes: the first notes what is read, so that in the second a stage
// can leave out what it would write for nobody.
class Names {
 public:
  // --- first pass ---
  void note_read(std::string_view extracted_name) { read_.emplace(extracted_name); }
  // Somebody needs the whole map (inspect mode).
  void note_everything_read() { everything_read_ = true; }

  // A stage may write `x` as `x_extracted` (eventlogmessage), so who reads one reads the other.
  void note_suffixed() { suffixed_ = true; }
  void finish_reading();

  // --- second pass ---
  bool is_read(std::string_view extracted_name) const {
    return everything_read_ || read_.find(extracted_name) != read_.end();
  }
  // What the first pass noted.
  const std::set<std::string, std::less<>>& read_names() const { return read_; }
  bool everything_is_read() const { return everything_read_; }
  // The slot of a name; assigned on first use.
  ExtractedSlot extracted(std::string_view name) { return slot_of(extracted_, name); }
  LabelSlot label(std::string_view name) { return slot_of(labels_, name); }

  // By slot.
  std::span<const std::string> extracted_names() const { return extracted_; }
  std::span<const std::string> label_names() const { return labels_; }

 private:
  static std::uint32_t slot_of(std::vector<std::string>& names, std::string_view name);

  std::set<std::string, std::less<>> read_;
  bool everything_read_ = false;
  bool suffixed_ = false;
  std::vector<std::string> extracted_;
  std::vector<std::string> labels_;
};

}  // namespace tailrace::pipeline
