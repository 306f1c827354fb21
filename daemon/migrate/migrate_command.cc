// `tailrace migrate`: from an installed Promtail to tailrace, and back.
#include "daemon/migrate/migrate_command.h"

#include <cerrno>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/go_duration.h"
#include "daemon/check_command.h"
#include "daemon/migrate/differences.h"
#include "daemon/migrate/installed_promtail.h"
#include "daemon/migrate/move_plan.h"
#include "daemon/migrate/mover.h"
#include "daemon/migrate/rehearsal.h"
#include "daemon/migrate/service_control.h"
#include "daemon/verb_flags.h"

namespace tailrace::daemon::migrate {

namespace {

using Action = MigrateOptions::Action;

struct Found {
  InstalledPromtail promtail;
  std::optional<Unit> tailrace;
  std::vector<config::Diagnostic> diagnostics;
  Result<MovePlan> plan = fail(Error::kOther, "");
};

MovePlaces places_of(const MigrateOptions& options) {
  return {.root = options.root};
}

std::string yes_or(const std::string& text, std::string_view otherwise) {
  return text.empty() ? std::string(otherwise) : text;
}

Result<Found> look(const MigrateOptions& options, const MigrateWorld& world) {
  auto promtail = find_promtail(world.file_system, {.root = options.root,
                                                    .unit = options.unit,
                                                    .config = options.config,
                                                    .environment = world.environment});
  if (!promtail) return fail(promtail.error());
  Found found{std::move(*promtail), std::nullopt, {}};
  const MovePlaces places = places_of(options);
  if (auto unit = load_unit(world.file_system, places.root, places.tailrace_unit)) {
    found.tailrace = std::move(*unit);
  }
  ServiceControl services(world.machine, world.clock, options.systemctl);
  found.plan =
      plan_move(world.file_system, world.machine, services, found.promtail, places, options.link);
  const config::Places in_text = found.promtail.places();
  found.diagnostics = check_config(found.promtail.loaded,
                                   {world.clock, world.file_system, in_text, world.host_name, "/"});
  return found;
}

std::string promtail_text(const InstalledPromtail& promtail) {
  std::string flags;
  for (const CommandWord& word : promtail.words)
    flags += (flags.empty() ? "" : " ") + word.written;
  std::string environment;
  std::string unit = "none";
  if (promtail.unit) {
    for (const char* key : {"EnvironmentFile", "Environment"}) {
      for (const std::string& value : promtail.unit->values(key))
        environment += (environment.empty() ? "" : ", ") + value;
    }
    unit.clear();
    for (const std::string& file : promtail.unit->files)
      unit += (unit.empty() ? "" : ", ") + file;
  }
  const std::string count = promtail.positions
                                ? fmt::format("{} positions", promtail.positions->size())
                                : yes_or(promtail.positions_trouble, "not there");
  return fmt::format(
      "Promtail\n  unit           {}\n  program        {}\n  flags          {}\n"
      "  environment    {}\n  user           {}\n  configuration  {}\n  positions      {} ({})\n",
      unit, yes_or(promtail.program, "unknown"), yes_or(flags, "none"), yes_or(environment, "none"),
      promtail.unit ? yes_or(promtail.unit->value("User"), "root") : "unknown",
      promtail.config_file, yes_or(promtail.positions_place, "unknown"), count);
}

// All that was found; whether anything stands in the way.
bool report(const Found& found, const MigrateWorld& world) {
  const InstalledPromtail& promtail = found.promtail;
  std::string text = promtail_text(promtail);
  text += "\nIts configuration\n" + check_text(found.diagnostics, promtail.config_file,
                                               promtail.config_text, OutputFormat::kText);
  const auto differences =
      find_differences({.file_system = world.file_system,
                        .promtail = promtail,
                        .tailrace = found.tailrace ? &*found.tailrace : nullptr,
                        .plan = found.plan ? &*found.plan : nullptr});
  text += "\nWhat will be different\n";
  for (const std::string& difference : differences)
    text += "  - " + difference + "\n";
  const bool may_move = found.plan.has_value() && is_valid(found.diagnostics);
  if (found.plan) text += "\nSteps\n" + Mover::apply_steps_text(*found.plan);
  if (!may_move) {
    text += "\nWhat stands in the way\n  - " +
            (found.plan ? "the configuration has errors" : found.plan.error().message) + "\n";
  }
  world.output.write(text);
  return may_move;
}

// Nothing: there is none.
Result<std::optional<MoveJournal>> read_journal(const MigrateWorld& world,
                                                const MovePlaces& places) {
  const std::string path = places.journal();
  const auto text = read_text(world.file_system, path);
  if (!text && text.error().code == ENOENT) return std::optional<MoveJournal>();
  if (!text) return fail(text.error());
  // What it says is done with our rights.
  const auto owner = world.machine.owner(path);
  const auto folder = world.machine.owner(places.root + "/etc");
  if (!owner) return fail(owner.error());
  if ((owner->mode & 022U) != 0 || (folder && owner->user != folder->user && owner->user != 0)) {
    return fail(EPERM, path + " could have been written by somebody else");
  }
  auto journal = parse_journal(*text);
  if (!journal) return fail(journal.error().code, path + " " + journal.error().message);
  return std::optional<MoveJournal>(std::move(*journal));
}

Mover make_mover(const MigrateOptions& options, const MigrateWorld& world, MoveJournal journal) {
  return Mover({.file_system = world.file_system,
                .machine = world.machine,
                .clock = world.clock,
                .output = world.output,
                .systemctl = options.systemctl,
                .journal = places_of(options).journal(),
                .drain = options.drain},
               std::move(journal));
}

int failed(const MigrateWorld& world, const std::string& message) {
  world.errors.write(message + "\n");
  return 1;
}

int apply(const MigrateOptions& options, const MigrateWorld& world) {
  auto before = read_journal(world, places_of(options));
  if (!before) return failed(world, before.error().message);
  using State = MoveJournal::State;
  MoveJournal journal;
  if (*before && (*before)->state == State::kApplied) {
    return failed(world, "the move is done already; -undo goes back");
  }
  if (*before && (*before)->state == State::kUndoing) {
    return failed(world, "-undo has begun and is not over: run it again first");
  }
  if (*before && (*before)->state == State::kApplying) {
    journal = std::move(**before);
    world.output.write("Going on with the move that was interrupted\n");
  } else {
    const auto found = look(options, world);
    if (!found) return failed(world, found.error().message);
    if (!report(*found, world)) return 1;
    journal.plan = *found->plan;
    world.output.write("\nMoving\n");
  }
  const Status moved = make_mover(options, world, std::move(journal)).apply();
  if (!moved) {
    return failed(world, moved.error().message +
                             "\nThe move is not complete: -apply goes on, -undo goes back.");
  }
  world.output.write("tailrace has taken over. `tailrace migrate -undo` goes back.\n");
  return 0;
}

int undo(const MigrateOptions& options, const MigrateWorld& world) {
  auto journal = read_journal(world, places_of(options));
  if (!journal) return failed(world, journal.error().message);
  if (!*journal || (*journal)->state == MoveJournal::State::kUndone) {
    return failed(world, "there is no move to undo");
  }
  world.output.write("Going back\n");
  const Status moved = make_mover(options, world, std::move(**journal)).undo();
  if (!moved) {
    return failed(world, moved.error().message + "\nNot back yet: run -undo again.");
  }
  world.output.write("Promtail is back as it was.\n");
  return 0;
}

int rehearse(const MigrateOptions& options, const MigrateWorld& world) {
  auto promtail = find_promtail(world.file_system, {.root = options.root,
                                                    .unit = options.unit,
                                                    .config = options.config,
                                                    .environment = world.environment});
  if (!promtail) return failed(world, promtail.error().message);
  return run_rehearsal(
      {.promtail = *promtail,
       .promtail_program = options.promtail.empty() ? promtail->program : options.promtail,
       .tailrace_program = world.program,
       .time = options.time},
      {.clock = world.clock,
       .file_system = world.file_system,
       .machine = world.machine,
       .output = world.output,
       .errors = world.errors});
}

Status parse_seconds(const char* flag, const std::string& text, std::chrono::seconds& into) {
  if (text.empty()) return {};
  const auto duration = config::parse_go_duration(text);
  if (!duration || *duration < std::chrono::seconds(0)) {
    return fail(Error::kInvalid, fmt::format("-{}: \"{}\" is not like 30s", flag, text));
  }
  into = std::chrono::duration_cast<std::chrono::seconds>(*duration);
  return {};
}

}  // namespace

Result<MigrateOptions> parse_migrate_options(std::span<const char* const> arguments) {
  MigrateOptions options;
  bool wants_apply = false;
  bool wants_undo = false;
  bool wants_rehearsal = false;
  bool wants_link = false;
  std::string drain;
  std::string time;
  const auto rest =
      parse_verb_flags(arguments, std::vector<VerbFlag>{{"apply", &wants_apply},
                                                        {"undo", &wants_undo},
                                                        {"rehearse", &wants_rehearsal},
                                                        {"link", &wants_link},
                                                        {"config", &options.config},
                                                        {"unit", &options.unit},
                                                        {"root", &options.root},
                                                        {"systemctl", &options.systemctl},
                                                        {"promtail", &options.promtail},
                                                        {"drain", &drain},
                                                        {"time", &time},
                                                        {"help", &options.help},
                                                        {"h", &options.help}});
  if (!rest) return fail(rest.error());
  if (!rest->empty()) return fail(Error::kInvalid, "what is \"" + rest->front() + "\"?");
  if ((wants_apply ? 1 : 0) + (wants_undo ? 1 : 0) + (wants_rehearsal ? 1 : 0) > 1) {
    return fail(Error::kInvalid, "-apply, -undo and -rehearse: only one of them");
  }
  if (wants_apply) options.action = Action::kApply;
  if (wants_undo) options.action = Action::kUndo;
  if (wants_rehearsal) options.action = Action::kRehearse;
  if (wants_link) options.link = WantLink::kYes;
  if (options.unit.find('.') == std::string::npos) options.unit += ".service";
  while (options.root.ends_with('/'))
    options.root.pop_back();
  if (Status read = parse_seconds("drain", drain, options.drain); !read) return fail(read.error());
  if (Status read = parse_seconds("time", time, options.time); !read) return fail(read.error());
  return options;
}

std::string migrate_help_text() {
  return "tailrace migrate moves from an installed Promtail to tailrace, and back.\n\n"
         "Usage: tailrace migrate             look: what is there, what will differ, which steps\n"
         "       tailrace migrate -rehearse   compare what both would send, on copies\n"
         "       tailrace migrate -apply      stop Promtail, go on with tailrace\n"
         "       tailrace migrate -undo       stop tailrace, go on with Promtail\n\n"
         "  -unit=NAME        Promtail's unit; default promtail.service\n"
         "  -config=FILE      its configuration, instead of the one that the unit names\n"
         "  -link             with -apply: /usr/local/bin/promtail, a link to tailrace\n"
         "  -drain=30s        with -undo: how long Loki may take for what was read\n"
         "  -time=30s         with -rehearse: how long both may run\n"
         "  -promtail=PATH    with -rehearse: the program to compare with\n"
         "  -root=DIR         where /etc, /usr, /var and /lib are, for tests\n"
         "  -systemctl=PATH   what stands in for systemctl, for tests\n"
         "  -help             print this text\n\n"
         "Exit status: 0 done (look: nothing stands in the way; -rehearse: no difference), 1 not,\n"
         "2 wrong flags, 3 -rehearse found nothing to compare.\n";
}

int run_migrate(const MigrateOptions& options, const MigrateWorld& world) {
  switch (options.action) {
    case Action::kApply:
      return apply(options, world);
    case Action::kUndo:
      return undo(options, world);
    case Action::kRehearse:
      return rehearse(options, world);
    case Action::kLook:
      break;
  }
  const auto found = look(options, world);
  if (!found) return failed(world, found.error().message);
  const bool may_move = report(*found, world);
  const auto journal = read_journal(world, places_of(options));
  if (journal && *journal && (*journal)->state != MoveJournal::State::kUndone) {
    world.output.write((*journal)->state == MoveJournal::State::kApplied
                           ? "\nThe move is done already; -undo goes back.\n"
                           : "\nA move was interrupted: -apply or -undo goes on with it.\n");
  } else if (may_move) {
    world.output.write(
        "\nNothing was changed. `tailrace migrate -rehearse` compares what both would send,\n"
        "`tailrace migrate -apply` takes these steps, `tailrace migrate -undo` goes back.\n");
  }
  return may_move ? 0 : 1;
}

}  // namespace tailrace::daemon::migrate
