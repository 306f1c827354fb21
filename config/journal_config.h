// The block `journal` of a job as plain data.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace tailrace::config {

// docs/compatibility.md, journal.
struct JournalConfig {
  std::string path;  // A folder; empty: this machine's journal.
  std::chrono::nanoseconds max_age = std::chrono::hours(7);
  bool json = false;
  std::map<std::string, std::string> labels;
  std::vector<std::string> matches;  // "FIELD=value"
  friend bool operator==(const JournalConfig&, const JournalConfig&) = default;
};

}  // namespace tailrace::config
