// File targets that discovery does not give any more.
#include "daemon/leaving_targets.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace tailrace::daemon {
namespace {

// What tells a thing from the one that comes in its place, the first that there is. A pod that a
// StatefulSet makes anew has the name of the one before; many addresses have one name in DNS.
constexpr std::array<std::string_view, 4> kIdentityLabels = {
    "__meta_kubernetes_pod_uid", "__meta_consul_service_id", "__meta_consulagent_service_id",
    "__address__"};

std::string identity_of(const discovery::Target& target) {
  std::string identity = target.found_by;
  for (const std::string_view name : kIdentityLabels) {
    const auto label = target.labels.find(std::string(name));
    if (label == target.labels.end()) continue;
    identity.append("\n").append(label->second);
    break;
  }
  return identity;
}

}  // namespace

void LeavingTargets::update(const discovery::FilteredTargets& found, SteadyTime now) {
  std::vector<Known> before = std::exchange(present_, {});
  std::set<std::string> paths_before;
  for (const Known& known : before)
    paths_before.insert(known.target.path);
  std::set<std::string> changed;  // Who has files that were not there.
  std::set<std::string> paths;
  for (std::size_t i = 0; i < found.targets.size(); ++i) {
    const std::string& path = found.targets[i].path;
    Known& known = present_.emplace_back(Known{identity_of(found.origins[i]), found.targets[i]});
    if (!paths_before.contains(path)) changed.insert(known.identity);
    paths.insert(path);
  }
  const auto stays = [&](const Known& known) {
    return changed.contains(known.identity) || paths.contains(known.target.path);
  };
  std::erase_if(leaving_, stays);
  if (std::exchange(reloaded_, false)) return;
  for (Known& known : before) {
    if (stays(known)) continue;
    known.until = now + kStay;
    leaving_.push_back(std::move(known));
  }
}

LeavingTargets LeavingTargets::after_reload() const {
  LeavingTargets next = *this;
  next.reloaded_ = true;
  return next;
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
