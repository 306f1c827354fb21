// The steps from Promtail to tailrace and back, each noted when it is done.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/result.h"
#include "base/text_output.h"
#include "daemon/migrate/machine.h"
#include "daemon/migrate/move_plan.h"
#include "daemon/migrate/service_control.h"

namespace tailrace::daemon::migrate {

// Every step may be done twice: after a kill the one that was not noted runs again, whatever of it
// had happened. A step never needs what a later one destroys.
//
// Ownership: borrows everything of its World, which outlives it.
// Threading: one thread, which blocks.
// Errors: of the step that failed, with its name; what was done before is noted, so that apply()
//   goes on there and undo() goes back from there.
class Mover {
 public:
  struct World {
    FileSystem& file_system;
    Machine& machine;
    const Clock& clock;
    TextOutput output;
    std::string systemctl;
    std::string journal;                // migration.json
    std::chrono::seconds drain{30};     // How long undo waits for Loki to take what was read.
    std::chrono::seconds patience{90};  // For a service to start or to end.
  };

  Mover(World world, MoveJournal journal);

  Status apply();
  // Of a move that is done, or stopped somewhere.
  Status undo();

  // One line each, in order; for those who look first.
  static std::string apply_steps_text(const MovePlan& plan);

 private:
  struct Step {
    const char* name;
    const char* words;
    Status (Mover::*run)();
  };
  static std::span<const Step> apply_steps();
  static std::span<const Step> undo_steps();

  Status take(std::span<const Step> steps, std::set<std::string>& done);
  Status save();
  void say(const std::string& text);

  // ---- There. ----
  Status write_drop_in();
  Status stop_other_tailrace();
  Status set_state_aside();
  Status stop_promtail();
  Status disable_promtail();
  Status copy_positions();
  Status make_link();
  Status start_tailrace();
  Status wait_until_ready();

  // ---- Back. ----
  Status drain();
  Status stop_tailrace();
  Status write_positions_back();
  Status bring_state_back();
  Status remove_drop_in();
  Status remove_link();
  Status bring_tailrace_back();
  Status enable_promtail();
  Status start_promtail();

  Status follow_vanishing_positions();
  Status put(const std::string& path, const std::string& text, const FileOwner& owner);
  Status remove_if_there(const std::string& path);
  Status rename_if_there(const std::string& from, const std::string& to);
  bool exists(const std::string& path);
  std::optional<double> pending_entries();
  Result<std::uint64_t> left_in_outbox();
  std::string snapshot() const;

  const World world_;
  MoveJournal journal_;
  const MovePlan plan_;
  ServiceControl services_;
};

}  // namespace tailrace::daemon::migrate
