// What two dry runs print, compared file by file.
#include "daemon/migrate/entry_comparison.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/rfc3339.h"

namespace tailrace::daemon::migrate {
namespace {

using Kind = EntryDifference::Kind;
using Entries = std::vector<const PrintedEntry*>;

constexpr std::size_t kExamplesMax = 5;
constexpr std::size_t kLineShown = 160;
constexpr std::chrono::seconds kSlack{2};

// The zone without its colon, as dry runs print it.
std::optional<std::int64_t> nanoseconds(std::string text) {
  text.insert(text.size() - 2, ":");
  return parse_rfc3339(text);
}

std::string shown(const std::string& text) {
  return text.size() <= kLineShown ? text : text.substr(0, kLineShown) + "...";
}

class OneFile {
 public:
  OneFile(std::string file, Entries promtail, Entries tailrace, const ComparisonOptions& options)
      : promtail_(std::move(promtail)),
        tailrace_(std::move(tailrace)),
        options_(options),
        partner_(promtail_.size()),
        has_partner_(tailrace_.size(), false) {
    result_.file = std::move(file);
  }

  FileComparison compare() {
    pair_by([](const PrintedEntry& entry) { return entry.labels + "\n" + entry.line; });
    compare_pairs();
    pair_by([](const PrintedEntry& entry) { return entry.line; });
    compare_labels();
    tell_the_rest();
    return std::move(result_);
  }

 private:
  // The first of one with the first of the other.
  template <typename Key>
  void pair_by(Key key) {
    std::map<std::string, std::deque<std::size_t>> waiting;
    for (std::size_t i = 0; i < tailrace_.size(); ++i) {
      if (!has_partner_[i]) waiting[key(*tailrace_[i])].push_back(i);
    }
    for (std::size_t i = 0; i < promtail_.size(); ++i) {
      if (partner_[i]) continue;
      const auto found = waiting.find(key(*promtail_[i]));
      if (found == waiting.end() || found->second.empty()) continue;
      partner_[i] = found->second.front();
      has_partner_[*partner_[i]] = true;
      found->second.pop_front();
    }
  }

  void add(EntryDifference difference) {
    ++result_.differ;
    if (result_.examples.size() < kExamplesMax) result_.examples.push_back(std::move(difference));
  }

  bool is_time_of_reading(std::int64_t time) const {
    return time >= unix_nanoseconds(options_.begin - kSlack) &&
           time <= unix_nanoseconds(options_.end + kSlack);
  }

  bool is_same_time(const std::string& a, const std::string& b) const {
    if (a == b) return true;
    const auto first = nanoseconds(a);
    const auto second = nanoseconds(b);
    if (!first || !second) return false;
    return *first == *second || (is_time_of_reading(*first) && is_time_of_reading(*second));
  }

  // Of equal labels and lines: times, and the order within a stream.
  void compare_pairs() {
    std::map<std::string, std::size_t> reached;
    for (std::size_t i = 0; i < promtail_.size(); ++i) {
      if (!partner_[i]) continue;
      const PrintedEntry& a = *promtail_[i];
      const PrintedEntry& b = *tailrace_[*partner_[i]];
      std::size_t& last = reached[a.labels];
      if (!is_same_time(a.time, b.time)) {
        add({Kind::kTime, a.line, a.time, b.time});
      } else if (*partner_[i] < last) {
        add({Kind::kOrder, a.line, {}, {}});
      } else {
        ++result_.same;
      }
      last = std::max(last, *partner_[i]);
    }
    compared_ = partner_;
  }

  void compare_labels() {
    for (std::size_t i = 0; i < promtail_.size(); ++i) {
      if (!partner_[i] || compared_[i]) continue;
      add({Kind::kLabels, promtail_[i]->line, promtail_[i]->labels,
           tailrace_[*partner_[i]]->labels});
    }
  }

  void tell_the_rest() {
    const bool may_have_more = options_.may_have_more(result_.file);
    std::size_t last_promtail = 0;
    std::size_t last_tailrace = 0;
    for (std::size_t i = 0; i < promtail_.size(); ++i) {
      if (!partner_[i]) continue;
      last_promtail = i + 1;
      last_tailrace = std::max(last_tailrace, *partner_[i] + 1);
    }
    for (std::size_t i = 0; i < promtail_.size(); ++i) {
      if (!partner_[i]) {
        tell_alone(Kind::kOnlyPromtail, *promtail_[i], may_have_more && i >= last_promtail);
      }
    }
    for (std::size_t i = 0; i < tailrace_.size(); ++i) {
      if (!has_partner_[i]) {
        tell_alone(Kind::kOnlyTailrace, *tailrace_[i], may_have_more && i >= last_tailrace);
      }
    }
  }

  void tell_alone(Kind kind, const PrintedEntry& entry, bool is_end) {
    if (is_end) {
      ++result_.at_the_end;
    } else {
      add({kind, entry.line, entry.labels, entry.labels});
    }
  }

  const Entries promtail_;
  const Entries tailrace_;
  const ComparisonOptions& options_;
  std::vector<std::optional<std::size_t>> partner_;  // Of Promtail's entries: tailrace's.
  std::vector<std::optional<std::size_t>> compared_;
  std::vector<bool> has_partner_;
  FileComparison result_;
};

std::string difference_text(const EntryDifference& difference) {
  const std::string line = shown(difference.line);
  const auto both = [&](const char* what) {
    return fmt::format("    {}: {}\n      promtail  {}\n      tailrace  {}\n", what, line,
                       difference.promtail, difference.tailrace);
  };
  switch (difference.kind) {
    case Kind::kTime:
      return both("another time");
    case Kind::kLabels:
      return both("other labels");
    case Kind::kOnlyPromtail:
      return fmt::format("    only promtail: {}\n      {}\n", line, difference.promtail);
    case Kind::kOnlyTailrace:
      return fmt::format("    only tailrace: {}\n      {}\n", line, difference.tailrace);
    case Kind::kOrder:
      return fmt::format("    in another order: {}\n", line);
  }
  return {};
}

}  // namespace

std::vector<FileComparison> compare_entries(const std::vector<PrintedEntry>& promtail,
                                            const std::vector<PrintedEntry>& tailrace,
                                            const ComparisonOptions& options) {
  std::map<std::string, std::pair<Entries, Entries>> by_file;
  for (const PrintedEntry& entry : promtail)
    by_file[entry.file].first.push_back(&entry);
  for (const PrintedEntry& entry : tailrace)
    by_file[entry.file].second.push_back(&entry);
  std::vector<FileComparison> files;
  for (auto& [file, entries] : by_file) {
    files.push_back(
        OneFile(file, std::move(entries.first), std::move(entries.second), options).compare());
  }
  return files;
}

std::string comparison_text(const std::vector<FileComparison>& files) {
  std::string text;
  std::size_t same = 0;
  std::size_t differ = 0;
  for (const FileComparison& file : files) {
    same += file.same;
    differ += file.differ;
    text += fmt::format("  {}: {} the same, {} different",
                        file.file.empty() ? "(no filename)" : file.file, file.same, file.differ);
    text += file.at_the_end == 0
                ? "\n"
                : fmt::format(", {} more of one at the end, not compared\n", file.at_the_end);
    for (const EntryDifference& difference : file.examples)
      text += difference_text(difference);
    if (file.differ > file.examples.size()) {
      text += fmt::format("    and {} more\n", file.differ - file.examples.size());
    }
  }
  return text + fmt::format("{} entries of {} files are the same, {} are different\n", same,
                            files.size(), differ);
}

}  // namespace tailrace::daemon::migrate
