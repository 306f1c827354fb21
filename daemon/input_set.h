// Which inputs run, on which worker, from where: what the configuration and discovery want against
// what runs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/input_plan.h"
#include "daemon/input_runner.h"
#include "model/resume_point.h"
#include "positions/positions_file.h"

namespace tailrace::daemon {

// An input is known by its job and name, over restarts too: it keeps its source id, its worker and
// its resume point.
//
// Ownership: borrows what Options refer to.
// Threading: confined to the main thread. Options::post is called from it.
class InputSet {
 public:
  struct Options {
    std::uint32_t workers = 1;
    std::function<void(std::uint32_t worker, InputCommand)> post;
    std::function<SourceId()> new_source_id;  // Never used before, also not in earlier runs.
  };

  explicit InputSet(Options options) : options_(std::move(options)) {}

  // What an earlier run knew, with its worker, and positions.yaml; before the first set().
  void recover(const std::vector<std::pair<ResumePoint, std::uint32_t>>& points,
               const positions::PositionTable& table);
  // Starts, replaces and ends inputs so that these run; one whose definition is equal runs on. Of
  // two with one job and name the first counts.
  void set(const std::vector<InputPlan>& plans);
  void handle_report(const InputReport& report);

  std::size_t running() const;

 private:
  using Key = std::pair<std::string, std::string>;  // Job and name.
  struct Known {
    SourceId id = 0;
    std::uint32_t worker = 0;
    std::optional<ResumePoint> resume;      // Of an earlier run, until its first start.
    std::optional<std::string> definition;  // Set: it is wanted, and runs but when it is over.
    bool over = false;                      // It ended by itself and for good.
  };

  std::uint32_t least_loaded() const;

  const Options options_;
  std::map<Key, Known> known_;
  struct StoredCursor {
    std::string value;
    bool own = false;  // We wrote it.
  };
  std::map<std::string, StoredCursor> stored_cursors_;  // Of positions.yaml, by key.
};

}  // namespace tailrace::daemon
