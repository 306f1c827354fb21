// Positions that wait until their cut, and every one before it, is done.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "positions/outbox.h"

namespace tailrace::positions {

// Threading: confined to one worker.
// Memory: at most kGroupsMax groups; when there are more, neighbours wait together for the later of
//   their cuts, so that a long outage costs accuracy of positions.yaml, not memory.
class AcceptedCuts {
 public:
  static constexpr std::size_t kGroupsMax = 64;

  // `points`: what the cut changed. Cuts come in rising order.
  void add(std::uint64_t cut, const std::vector<ResumePoint>& points);

  // Everything of cuts before `undone_cut`, the last per source.
  std::vector<Outbox::AcceptedPosition> take(std::uint64_t undone_cut);

 private:
  struct Group {
    std::uint64_t cut = 0;
    std::map<SourceId, Outbox::AcceptedPosition> positions;
  };

  void merge_neighbours();

  std::deque<Group> groups_;
};

}  // namespace tailrace::positions
