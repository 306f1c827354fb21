// File targets that discovery does not give any more.
#include "daemon/leaving_targets.h"

#include <algorithm>
#include <set>

namespace tailrace::daemon {

void LeavingTargets::update(const discovery::FilteredTargets& found, SteadyTime now) {
  std::vector<Known> before = std::exchange(present_, {});
  std::set<std::string> origins;
  std::set<std::string> paths;
  for (std::size_t i = 0; i < found.targets.size(); ++i) {
    present_.push_back({found.origins[i].found_by, found.targets[i], {}});
    origins.insert(found.origins[i].found_by);
    paths.insert(found.targets[i].path);
  }
  const auto stays = [&](const Known& known) {
    return origins.contains(known.found_by) || paths.contains(known.target.path);
  };
  std::erase_if(leaving_, stays);
  for (Known& known : before) {
    if (stays(known)) continue;
    known.until = now + kStay;
    leaving_.push_back(std::move(known));
  }
}

bool LeavingTargets::expire(SteadyTime now) {
  return std::erase_if(leaving_, [&](const Known& known) { return known.until <= now; }) != 0;
}

SteadyTime LeavingTargets::next_deadline() const {
  SteadyTime next = SteadyTime::max();
  for (const Known& known : leaving_)
    next = std::min(next, known.until);
  return next;
}

std::vector<discovery::FileTarget> LeavingTargets::targets() const {
  std::vector<discovery::FileTarget> targets;
  for (const Known& known : leaving_)
    targets.push_back(known.target);
  return targets;
}

}  // namespace tailrace::daemon
