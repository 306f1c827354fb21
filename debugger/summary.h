// What many traces add up to: how lines fared, what Loki would get, and what would hurt there.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/text_output.h"
#include "config/stage_config.h"
#include "debugger/entry_trace.h"
#include "debugger/stage_outline.h"

namespace tailrace::debugger {

// Counts, and shows the counts as text or JSON.
//
// Ownership: borrows the stages given to add_job().
// Threading: not synchronised.
// Memory: of each label up to kValuesMax values, and up to kStreamsMax streams; beyond, numbers are
//   shown as "at least".
class Summary {
 public:
  static constexpr std::size_t kValuesMax = 10'000;
  static constexpr std::size_t kStreamsMax = 100'000;

  // What Loki refuses by default (docs/compatibility.md, limits of Loki), and what makes it slow.
  static constexpr std::size_t kLineBytesMax = 256U << 10U;
  static constexpr std::size_t kLabelsMax = 15;
  static constexpr std::chrono::hours kOldest{7 * 24};
  static constexpr std::chrono::minutes kAhead{10};
  static constexpr std::chrono::hours kBehindNewest{1};  // Of the same stream.
  static constexpr std::size_t kManyValues = 100;

  // `now`: what ages of entries refer to.
  explicit Summary(WallTime now) : now_(now) {}

  // Before the first trace of the job, so that stages that nothing reaches are known.
  void add_job(const std::string& name, std::span<const config::StageConfig> stages);
  void add(const EntryTrace& trace);

  // `samples`: of custom metrics, as /metrics shows them.
  std::string text(std::span<const std::string> samples, TextOutput::Colours colours) const;
  // An object without line ends.
  std::string json(std::span<const std::string> samples) const;
  std::vector<std::string> warnings() const;

 private:
  struct Stage {
    std::size_t number = 0;
    std::string name;
    std::size_t depth = 0;
    int line = 0;  // In the configuration; 0: not known.
    std::uint64_t entries = 0;
    std::uint64_t changed = 0;
    std::uint64_t dropped = 0;
    std::uint64_t held = 0;
    std::uint64_t passed_by = 0;  // match: the selector did not select.
    std::chrono::nanoseconds spent{0};
    std::vector<std::string> labels;  // That a `labels` stage should set.
    std::set<std::string> labels_set;
    std::map<std::string, std::uint64_t> drop_reasons;
    bool should_change = false;  // One that never changes anything is worth a word.
  };
  struct Job {
    std::vector<Stage> stages;
  };
  struct Values {
    std::set<std::string> seen;
    std::uint64_t entries = 0;
  };

  static Stage& stage_of(Job& job, const StageStep& step);
  static void count_step(Stage& stage, const StageStep& step);
  void count_entry(const EntrySnapshot& entry);
  void warn_about_stages(std::vector<std::string>& warnings) const;
  void warn_about_entries(std::vector<std::string>& warnings) const;

  const WallTime now_;
  std::map<std::string, Job> jobs_;
  std::uint64_t lines_ = 0;
  std::uint64_t kept_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t held_ = 0;
  std::map<std::string, Values> labels_;
  std::map<std::string, Timestamp> streams_;  // With their newest time.
  std::set<std::string> tenants_;
  bool streams_overflow_ = false;
  std::uint64_t too_long_ = 0;
  std::uint64_t too_many_labels_ = 0;
  std::uint64_t too_old_ = 0;
  std::uint64_t ahead_ = 0;
  std::uint64_t out_of_order_ = 0;
  std::uint64_t far_behind_ = 0;
  std::uint64_t without_labels_ = 0;
};

}  // namespace tailrace::debugger
