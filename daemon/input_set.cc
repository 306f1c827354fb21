// Starting and ending inputs.
#include "daemon/input_set.h"

#include <algorithm>
#include <set>

namespace tailrace::daemon {

void InputSet::recover(const std::vector<std::pair<ResumePoint, std::uint32_t>>& points,
                       const positions::PositionTable& table) {
  for (const auto& [point, worker] : points) {
    if (point.finished) continue;
    Known& known = known_[{point.job, point.path}];
    known.id = point.source;
    known.worker = std::min(worker, options_.workers - 1);
    known.resume = point;
  }
  for (const auto& [key, stored] : table) {
    stored_cursors_[key] = {stored.value, stored.origin == positions::PositionOrigin::kOwn};
  }
}

std::uint32_t InputSet::least_loaded() const {
  std::vector<std::size_t> loads(options_.workers);
  for (const auto& [key, known] : known_) {
    if (known.definition) ++loads[known.worker];
  }
  return static_cast<std::uint32_t>(std::min_element(loads.begin(), loads.end()) - loads.begin());
}

void InputSet::set(const std::vector<InputPlan>& plans) {
  std::set<Key> wanted;
  for (const InputPlan& plan : plans) {
    const Key key{plan.job, plan.name};
    if (!wanted.insert(key).second) continue;
    Known& known = known_[key];
    if (known.definition == plan.definition || known.over) continue;
    if (known.id == 0) {
      known.id = options_.new_source_id();
      known.worker = least_loaded();
    }
    known.definition = plan.definition;
    InputStart start{.id = known.id, .resume = std::move(known.resume), .stored_cursor = {}};
    known.resume.reset();  // From its first start on its worker knows.
    // Adopted once: from then on the cursor is ours. Ours counts where the outbox is gone.
    const auto stored = stored_cursors_.find(plan.name);
    if (stored != stored_cursors_.end() && (!stored->second.own || !start.resume)) {
      start.stored_cursor = stored->second.value;
    }
    options_.post(known.worker,
                  {plan.job, plan.name, std::make_shared<const InputPlan>(plan), std::move(start)});
  }
  for (const Key& key : wanted)
    stored_cursors_.erase(key.second);
  for (auto& [key, known] : known_) {
    if (!known.definition || wanted.contains(key)) continue;
    known.definition.reset();
    if (!known.over) options_.post(known.worker, {key.first, key.second, nullptr, {}});
  }
  std::erase_if(known_, [](const auto& one) { return one.second.over && !one.second.definition; });
}

void InputSet::handle_report(const InputReport& report) {
  const auto found = known_.find({report.job, report.name});
  if (found == known_.end()) return;
  // It is not begun again as long as it is wanted: what is over gives nothing.
  found->second.over = true;
  if (!found->second.definition) known_.erase(found);
}

std::size_t InputSet::running() const {
  return static_cast<std::size_t>(std::count_if(known_.begin(), known_.end(), [](const auto& one) {
    return one.second.definition.has_value();
  }));
}

}  // namespace tailrace::daemon
