// What became of the last cuts: which lines each covers, and what every client answered.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "model/resume_point.h"
#include "positions/outbox.h"

namespace tailrace::daemon {

// The lines of one source that a cut covers.
struct CutRange {
  SourceId source = 0;
  std::string path;        // At the time of the cut.
  std::string label_path;  // Empty: the same.
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool first = false;        // The cut that made the source known.
  SourcePosition begin = 0;  // When `first` and lines were read: not after where reading began.
  SourcePosition end = 0;
  std::uint64_t lines = 0;
  // Lines from here on were held by a stage and are in a later cut.
  std::optional<SourcePosition> held_from;
};

// The entries of one cut for one client and tenant, and what became of them.
struct CutLane {
  std::string client;
  std::string tenant;
  std::uint32_t entries = 0;
  std::uint32_t accepted = 0;
  std::uint32_t refused = 0;     // By the answer below, or dropped as `reason` says.
  std::int64_t answered_ns = 0;  // Wall time of the last answer.
  std::string reason;            // ingester_error, rate_limited, outbox_full ...
  int status = 0;                // Of the answer; 0: there was none.
  std::string answer;            // Loki's words.
  std::uint32_t pending() const { return entries - accepted - refused; }
};

struct CutRecord {
  std::uint64_t cut = 0;
  std::int64_t time_ns = 0;
  bool complete = true;  // False: there were more ranges than are kept.
  std::vector<CutRange> ranges;
  std::uint64_t other_lines = 0;  // Where only some ranges are told: lines of the others.
  std::vector<CutLane> lanes;
};

// A bounded memory of cuts and answers, for `tailrace why`. Nothing is decided by it.
//
// Threading: confined to one worker.
// Memory: about Options::bytes_max; the oldest records go first, answered ones also after
//   Options::keep.
// Time: a few copies of text per cut and per answer, nothing per line.
class DeliveryHistory {
 public:
  struct Options {
    std::chrono::nanoseconds keep = std::chrono::minutes(10);
    std::size_t bytes_max = 256U << 10U;
  };

  // `begin`: the history of cuts begins then.
  DeliveryHistory(std::int64_t begin_ns, Options options)
      : options_(options), since_ns_(begin_ns) {}

  // A cut with nothing in it is not recorded.
  void add(CutRecord record);

  struct Answer {
    bool accepted = true;
    std::string_view reason;
    int status = 0;
    std::string_view words;
  };
  // What became of entries of a lane; those of cuts that are not known any more are ignored.
  void answered(const positions::LaneKey& lane, std::span<const positions::CutShare> shares,
                const Answer& answer, std::int64_t now_ns);
  // The one client got another key.
  void rename_client(std::string_view from, const std::string& to);
  // What is pending of this client is nobody's any more.
  void give_up(std::string_view client, std::string_view reason, std::int64_t now_ns);

  const std::deque<CutRecord>& records() const { return records_; }
  // Cuts before this time are not known.
  std::int64_t since_ns() const { return since_ns_; }
  std::size_t bytes() const { return bytes_; }

 private:
  void forget_oldest();
  void trim(std::int64_t now_ns);

  const Options options_;
  std::deque<CutRecord> records_;  // By their number.
  std::size_t bytes_ = 0;
  std::int64_t since_ns_ = 0;
};

}  // namespace tailrace::daemon
