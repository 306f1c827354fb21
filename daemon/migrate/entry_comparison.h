// What two dry runs print, compared file by file.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "daemon/migrate/dry_run_entries.h"

namespace tailrace::daemon::migrate {

// One thing that is not the same.
struct EntryDifference {
  enum class Kind { kTime, kLabels, kOnlyPromtail, kOnlyTailrace, kOrder };
  Kind kind = Kind::kTime;
  std::string line;
  std::string promtail;  // Its time or labels, where both have the line.
  std::string tailrace;
};

struct FileComparison {
  std::string file;  // Empty: entries without the label filename.
  std::size_t same = 0;
  std::size_t differ = 0;
  std::size_t at_the_end = 0;             // Not compared: only one of them came so far.
  std::vector<EntryDifference> examples;  // The first of them.
};

struct ComparisonOptions {
  // Times within are those of reading, which no two programs have alike.
  WallTime begin{};
  WallTime end{};
  // What one of them has more at the end of such a file is no difference.
  std::function<bool(const std::string& file)> may_have_more;
};

// By file. Entries are paired by labels and line, what is left by line alone.
std::vector<FileComparison> compare_entries(const std::vector<PrintedEntry>& promtail,
                                            const std::vector<PrintedEntry>& tailrace,
                                            const ComparisonOptions& options);

// For people: a paragraph per file that differs, a line for each other, the sum.
std::string comparison_text(const std::vector<FileComparison>& files);

}  // namespace tailrace::daemon::migrate
