// File targets that discovery does not give any more, for as long as they are read on.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "discovery/target_filter.h"

namespace tailrace::daemon {

// Who ends writes last words: a pod that is deleted, a service that is taken from the catalog. The
// news of its end may be faster than the reading of its log, which soon is deleted, too. So its
// files are followed for kStay longer.
//
// Not when something else with the same Target::found_by is there: then a target has changed, and
// its files, which may be the same ones, belong to the new one at once.
//
// Threading: confined to the main thread.
class LeavingTargets {
 public:
  static constexpr std::chrono::seconds kStay{30};

  // Compares with what was found the last time.
  void update(const discovery::FilteredTargets& found, SteadyTime now);
  // True: some of targets() are over.
  bool expire(SteadyTime now);
  SteadyTime next_deadline() const;
  std::vector<discovery::FileTarget> targets() const;

 private:
  struct Known {
    std::string found_by;
    discovery::FileTarget target;
    SteadyTime until{};  // Of those that leave.
  };

  std::vector<Known> present_;
  std::vector<Known> leaving_;
};

}  // namespace tailrace::daemon
