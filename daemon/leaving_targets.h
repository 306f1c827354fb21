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
// Not when the same thing has other files now (a target whose path was not there before and that
// has the same identity: who found it, and its uid, id or address): then a target has changed, and
// its files, which may be the same ones, belong to the new one at once.
//
// Threading: confined to the main thread.
class LeavingTargets {
 public:
  static constexpr std::chrono::seconds kStay{30};

  // Compares with what was found the last time.
  void update(const discovery::FilteredTargets& found, SteadyTime now);
  // For whoever goes on after a reload: those that leave are read on; what the new configuration
  // does not give any more ends at once.
  LeavingTargets after_reload() const;
  // True: some of targets() are over.
  bool expire(SteadyTime now);
  SteadyTime next_deadline() const;
  std::vector<discovery::FileTarget> targets() const;

 private:
  struct Known {
    std::string identity;
    discovery::FileTarget target;
    SteadyTime until{};  // Of those that leave.
  };

  std::vector<Known> present_;
  std::vector<Known> leaving_;
  bool reloaded_ = false;  // present_ is of another configuration.
};

}  // namespace tailrace::daemon
