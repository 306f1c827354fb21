// The steps from Promtail to tailrace, and how steps are taken.
#include "daemon/migrate/mover.h"

#include <array>
#include <cerrno>
#include <utility>

#include "daemon/migrate/unit_file.h"

namespace tailrace::daemon::migrate {
namespace {

constexpr std::chrono::milliseconds kReadyLook{100};
constexpr std::chrono::milliseconds kVanishingLook{2};

std::string parent_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

}  // namespace

Mover::Mover(World world, MoveJournal journal)
    : world_(std::move(world)),
      journal_(std::move(journal)),
      plan_(journal_.plan),
      services_(world_.machine, world_.clock, world_.systemctl) {}

std::span<const Mover::Step> Mover::apply_steps() {
  static constexpr auto kSteps = std::to_array<Step>({
      {"drop-in", "tell the unit of tailrace what Promtail was started with",
       &Mover::write_drop_in},
      {"stop-other", "stop the tailrace that runs already", &Mover::stop_other_tailrace},
      {"set-aside", "set aside what tailrace has read so far", &Mover::set_state_aside},
      {"stop-promtail", "stop Promtail and wait until it is gone", &Mover::stop_promtail},
      {"disable-promtail", "disable Promtail", &Mover::disable_promtail},
      {"positions", "copy the positions that Promtail left", &Mover::copy_positions},
      {"link", "link promtail to tailrace", &Mover::make_link},
      {"start-tailrace", "start tailrace", &Mover::start_tailrace},
      {"ready", "wait until tailrace is ready", &Mover::wait_until_ready},
  });
  return kSteps;
}

std::string Mover::apply_steps_text(const MovePlan& plan) {
  std::string text;
  int number = 0;
  for (const Step& step : apply_steps()) {
    const std::string_view name = step.name;
    if (name == "link" && plan.link.empty()) continue;
    if (name == "stop-other" && !plan.tailrace_was_active) continue;
    if (name == "set-aside" && !plan.had_positions && !plan.had_outbox) continue;
    text += "  " + std::to_string(++number) + ". " + step.words;
    if (name == "drop-in") text += ": " + plan.drop_in;
    if (name == "link") text += ": " + plan.link;
    if (name == "positions") text += ": " + plan.promtail_positions + " -> " + plan.positions;
    if (name == "start-tailrace" && plan.promtail_was_enabled) text += ", and enable it";
    text += "\n";
  }
  return text;
}

Status Mover::take(std::span<const Step> steps, std::set<std::string>& done) {
  for (const Step& step : steps) {
    if (done.contains(step.name)) continue;
    if (Status ran = (this->*step.run)(); !ran) {
      return fail(ran.error().code, std::string(step.words) + ": " + ran.error().message);
    }
    done.insert(step.name);
    if (Status saved = save(); !saved) return saved;
  }
  return {};
}

Status Mover::apply() {
  journal_.state = MoveJournal::State::kApplying;
  const std::string state = parent_of(plan_.positions);
  if (!exists(state)) {
    if (Status made = world_.file_system.make_directories(state); !made) return made;
    FileOwner owner = plan_.owner;
    owner.mode = 0750;
    if (Status given = world_.machine.set_owner(state, owner); !given) return given;
  }
  if (Status saved = save(); !saved) return saved;
  if (Status taken = take(apply_steps(), journal_.done); !taken) return taken;
  journal_.state = MoveJournal::State::kApplied;
  return save();
}

Status Mover::save() {
  return save_text(world_.file_system, world_.journal, journal_json(journal_));
}

void Mover::say(const std::string& text) {
  world_.output.write("  " + text + "\n");
}

bool Mover::exists(const std::string& path) {
  return world_.file_system.link_stat(path).has_value();
}

Status Mover::put(const std::string& path, const std::string& text, const FileOwner& owner) {
  const std::string folder = parent_of(path);
  const bool is_new = !exists(folder);
  const std::string temporary = path + ".new";
  // Whoever owns the folder might have left a link there.
  if (Status removed = remove_if_there(temporary); !removed) return removed;
  if (Status saved = save_text(world_.file_system, temporary, text); !saved) return saved;
  if (Status given = world_.machine.set_owner(temporary, owner); !given) return given;
  if (is_new) {
    FileOwner of_folder = owner;
    of_folder.mode |= (owner.mode & 0444U) >> 2U;  // Who may read may enter.
    if (Status given = world_.machine.set_owner(folder, of_folder); !given) return given;
  }
  if (Status renamed = world_.file_system.rename(temporary, path); !renamed) return renamed;
  return world_.file_system.sync_directory(folder);
}

Status Mover::remove_if_there(const std::string& path) {
  const Status removed = world_.file_system.remove(path);
  if (!removed && removed.error().code != ENOENT) return removed;
  return {};
}

Status Mover::rename_if_there(const std::string& from, const std::string& to) {
  return exists(from) ? world_.file_system.rename(from, to) : Status();
}

std::string Mover::snapshot() const {
  return plan_.positions + ".from-promtail";
}

// ---- There. ----

Status Mover::write_drop_in() {
  if (Status written = put(plan_.drop_in, plan_.drop_in_text, {0, 0, 0644}); !written) {
    return written;
  }
  say("wrote " + plan_.drop_in);
  return services_.reload_units();
}

Status Mover::stop_other_tailrace() {
  if (!plan_.tailrace_was_active) return {};
  say("stopping the " + plan_.tailrace_unit + " that runs already");
  return services_.stop(plan_.tailrace_unit, world_.patience);
}

// Positions and outbox of another configuration: undo brings them back.
Status Mover::set_state_aside() {
  if (plan_.had_positions) {
    if (Status renamed = rename_if_there(plan_.positions, plan_.positions + ".before"); !renamed) {
      return renamed;
    }
  }
  if (!plan_.had_outbox) return {};
  return rename_if_there(plan_.outbox, plan_.outbox + ".before");
}

// Its stop writes its last positions; with a private /tmp they are gone right after that.
Status Mover::follow_vanishing_positions() {
  std::string last;
  const SteadyTime end = world_.clock.steady_now() + world_.patience;
  SteadyTime next_question = world_.clock.steady_now();
  if (Status begun = services_.begin_stop(plan_.promtail_unit); !begun) return begun;
  while (world_.clock.steady_now() < end) {
    if (auto text = read_text(world_.file_system, plan_.promtail_positions))
      last = std::move(*text);
    if (world_.clock.steady_now() >= next_question) {
      const auto running = services_.is_running(plan_.promtail_unit);
      if (!running) return fail(running.error());
      if (!*running) break;
      next_question = world_.clock.steady_now() + kReadyLook;
    }
    if (Status waited = world_.machine.wait(kVanishingLook); !waited) return waited;
  }
  return last.empty() ? Status() : put(snapshot(), last, plan_.owner);
}

Status Mover::stop_promtail() {
  // For the case that they go with it, and that we do, too.
  if (const auto text = read_text(world_.file_system, plan_.promtail_positions)) {
    if (Status kept = put(snapshot(), *text, plan_.owner); !kept) return kept;
  }
  say("stopping " + plan_.promtail_unit);
  if (plan_.positions_vanish) {
    if (Status followed = follow_vanishing_positions(); !followed) return followed;
  }
  return services_.stop(plan_.promtail_unit, world_.patience);
}

Status Mover::disable_promtail() {
  return plan_.promtail_was_enabled ? services_.disable(plan_.promtail_unit) : Status();
}

Status Mover::copy_positions() {
  std::string from = plan_.promtail_positions;
  auto text = read_text(world_.file_system, from);
  if (!text && text.error().code == ENOENT) {
    from = snapshot();
    text = read_text(world_.file_system, from);
  }
  if (!text && text.error().code == ENOENT) {
    say("Promtail has no positions: every file is read from its beginning");
    return {};
  }
  if (!text) return fail(text.error());
  if (Status written = put(plan_.positions, *text, plan_.owner); !written) return written;
  say("copied " + from + " to " + plan_.positions);
  return remove_if_there(snapshot());
}

Status Mover::make_link() {
  if (plan_.link.empty()) return {};
  if (const auto target = world_.machine.link_target(plan_.link);
      target && *target == plan_.program)
    return {};
  say("link " + plan_.link + " -> " + plan_.program);
  return world_.machine.make_link(plan_.program, plan_.link);
}

Status Mover::start_tailrace() {
  if (plan_.promtail_was_enabled && !plan_.tailrace_was_enabled) {
    if (Status enabled = services_.enable(plan_.tailrace_unit); !enabled) return enabled;
  }
  say("starting " + plan_.tailrace_unit);
  return services_.start(plan_.tailrace_unit);
}

// Running is what is needed: what Loki does not take waits in the outbox.
Status Mover::wait_until_ready() {
  const SteadyTime end = world_.clock.steady_now() + world_.patience;
  std::string last = "it does not answer on its control socket";
  while (world_.clock.steady_now() < end) {
    const auto state = services_.state(plan_.tailrace_unit);
    if (!state) return fail(state.error());
    if (*state == "failed" || *state == "inactive") {
      return fail(Error::kOther, plan_.tailrace_unit + " is " + *state + "; journalctl -u " +
                                     plan_.tailrace_unit + " says why");
    }
    if (plan_.socket.empty() && *state == "active") return {};
    if (const auto answer = world_.machine.ask(plan_.socket, "/ready")) {
      if (*answer == "Ready") {
        say(plan_.tailrace_unit + " is ready");
        return {};
      }
      last = *answer;
    }
    if (Status waited = world_.machine.wait(kReadyLook); !waited) return waited;
  }
  say(plan_.tailrace_unit + " runs and is not ready yet: " + last);
  return {};
}

}  // namespace tailrace::daemon::migrate
