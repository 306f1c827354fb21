// What is moved from where to where: decided once, kept until all is undone.
#pragma once

#include <set>
#include <string>

#include "base/file_system.h"
#include "base/result.h"
#include "daemon/migrate/machine.h"

namespace tailrace::daemon::migrate {

// Everything that apply and undo need to know, as it was found before the first step.
struct MovePlan {
  std::string promtail_unit;       // promtail.service
  std::string promtail_positions;  // Where the file really lies.
  FileOwner promtail_owner;        // Of that file.
  std::string tailrace_unit;
  std::string program;    // Of tailrace, as its unit starts it.
  std::string positions;  // Ours.
  std::string outbox;
  std::string socket;  // The control socket; empty: there is none.
  FileOwner owner;     // Of our positions.
  std::string drop_in;
  std::string drop_in_text;
  std::string link;  // Empty: none is wanted.

  // Promtail's positions go when it stops: they lie in a private /tmp of its unit.
  bool positions_vanish = false;
  bool promtail_was_active = false;
  bool promtail_was_enabled = false;
  bool tailrace_was_active = false;
  bool tailrace_was_enabled = false;
  bool had_positions = false;  // Ours were there already.
  bool had_outbox = false;

  friend bool operator==(const MovePlan&, const MovePlan&) = default;
};

// migration.json: how far a move has come. A step stands in `done` when it is over.
struct MoveJournal {
  enum class State { kApplying, kApplied, kUndoing, kUndone };
  State state = State::kApplying;
  std::set<std::string> done;    // Of apply.
  std::set<std::string> undone;  // Of undo.
  MovePlan plan;

  friend bool operator==(const MoveJournal&, const MoveJournal&) = default;
};

std::string journal_json(const MoveJournal& journal);
// Errors: kInvalid; a version that is not known.
Result<MoveJournal> parse_journal(const std::string& text);

// Replaces the file, durably. Missing folders above it are made.
Status save_text(FileSystem& file_system, const std::string& path, const std::string& text);

}  // namespace tailrace::daemon::migrate
