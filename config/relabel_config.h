// One relabelling rule as plain data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/source_location.h"

namespace tailrace::config {

struct RelabelConfig {
  enum class Action {
    kReplace,
    kKeep,
    kDrop,
    kKeepEqual,
    kDropEqual,
    kHashMod,
    kLabelMap,
    kLabelDrop,
    kLabelKeep,
    kLowercase,
    kUppercase,
  };
  std::vector<std::string> source_labels;
  std::string separator = ";";
  std::string regex = "(.*)";
  std::uint64_t modulus = 0;
  std::string target_label;
  std::string replacement = "$1";
  Action action = Action::kReplace;
  SourceLocation location;

  friend bool operator==(const RelabelConfig& a, const RelabelConfig& b) {
    return a.source_labels == b.source_labels && a.separator == b.separator && a.regex == b.regex &&
           a.modulus == b.modulus && a.target_label == b.target_label &&
           a.replacement == b.replacement && a.action == b.action;
  }
};

}  // namespace tailrace::config
