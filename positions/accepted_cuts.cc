// Holding back positions until everything before them is answered.
#include "positions/accepted_cuts.h"

#include <utility>

namespace tailrace::positions {

namespace {

Outbox::AcceptedPosition position_of(const ResumePoint& point) {
  std::vector<SourcePosition> held;
  for (const HeldLine& line : point.held) {
    if (!line.context) held.push_back(line.begin);
  }
  const bool holds = !held.empty();
  const bool is_kafka = point.kind == SourceKind::kKafka;
  if (!is_kafka) held.clear();
  return {.job = point.job,
          .kind = point.kind,
          .path = point.path,
          .position = point.earliest(),
          .cursor = holds ? std::string() : point.cursor,
          .cursor_details = holds && !is_kafka ? std::string() : point.cursor_details,
          .held = std::move(held),
          .source = point.source,
          .finished = point.finished};
}

}  // namespace

void AcceptedCuts::add(std::uint64_t cut, const std::vector<ResumePoint>& points) {
  if (points.empty()) return;
  if (groups_.empty() || groups_.back().cut != cut) {
    if (groups_.size() == kGroupsMax) merge_neighbours();
    groups_.push_back({cut, {}});
  }
  for (const ResumePoint& point : points) {
    groups_.back().positions.insert_or_assign(point.source, position_of(point));
  }
}

void AcceptedCuts::merge_neighbours() {
  std::deque<Group> merged;
  for (std::size_t i = 0; i + 1 < groups_.size(); i += 2) {
    Group& later = groups_[i + 1];
    later.positions.merge(groups_[i].positions);  // Keeps what the later one has.
    merged.push_back(std::move(later));
  }
  if (groups_.size() % 2 == 1) merged.push_back(std::move(groups_.back()));
  groups_ = std::move(merged);
}

std::vector<Outbox::AcceptedPosition> AcceptedCuts::take(std::uint64_t undone_cut) {
  std::map<SourceId, Outbox::AcceptedPosition> done;
  while (!groups_.empty() && groups_.front().cut < undone_cut) {
    for (auto& [source, position] : groups_.front().positions) {
      done.insert_or_assign(source, std::move(position));
    }
    groups_.pop_front();
  }
  std::vector<Outbox::AcceptedPosition> positions;
  positions.reserve(done.size());
  for (auto& [source, position] : done)
    positions.push_back(std::move(position));
  return positions;
}

}  // namespace tailrace::positions
