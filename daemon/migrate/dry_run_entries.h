// Entries as a dry run prints them, read back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tailrace::daemon::migrate {

struct PrintedEntry {
  std::string time;    // As printed.
  std::string labels;  // {a="b"}
  std::string line;    // Without tabs, form feeds and line ends: Promtail's table changes these.
  std::string file;    // Of the label filename; empty: there is none.
  friend bool operator==(const PrintedEntry&, const PrintedEntry&) = default;
};

// Of both programs (docs/compatibility.md, dry-run): what stands before the first entry is skipped,
// and a line that does not begin one belongs to the entry above it.
std::vector<PrintedEntry> parse_dry_run(std::string_view text);

}  // namespace tailrace::daemon::migrate
