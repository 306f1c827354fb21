// The steps from tailrace back to Promtail.
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "daemon/migrate/mover.h"
#include "daemon/migrate/promtail_positions.h"
#include "daemon/migrate/unit_file.h"
#include "positions/outbox.h"

namespace tailrace::daemon::migrate {
namespace {

constexpr std::chrono::milliseconds kDrainLook{200};
constexpr std::string_view kPendingMetric = "tailrace_outbox_pending_entries{";

// The sum of a metric's series in a text of metrics; nothing when there is none.
std::optional<double> sum_of(std::string_view text, std::string_view beginning) {
  std::optional<double> sum;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t blank = line.rfind(' ');
    if (!line.starts_with(beginning) || blank == std::string_view::npos) continue;
    double value = 0;
    std::from_chars(line.data() + blank + 1, line.data() + line.size(), value);
    sum = sum.value_or(0) + value;
  }
  return sum;
}

}  // namespace

std::span<const Mover::Step> Mover::undo_steps() {
  static constexpr auto kSteps = std::to_array<Step>({
      {"drain", "wait until Loki has what was read", &Mover::drain},
      {"stop-tailrace", "stop tailrace", &Mover::stop_tailrace},
      {"positions-back", "write the positions for Promtail", &Mover::write_positions_back},
      {"state-back", "bring back what tailrace had before", &Mover::bring_state_back},
      {"drop-in-back", "remove what the unit of tailrace was told", &Mover::remove_drop_in},
      {"link-back", "remove the link", &Mover::remove_link},
      {"enable-promtail", "enable Promtail", &Mover::enable_promtail},
      {"start-promtail", "start Promtail", &Mover::start_promtail},
      {"tailrace-back", "start the tailrace that ran before", &Mover::bring_tailrace_back},
  });
  return kSteps;
}

Status Mover::undo() {
  if (journal_.state != MoveJournal::State::kUndoing) journal_.undone.clear();
  journal_.state = MoveJournal::State::kUndoing;
  if (Status saved = save(); !saved) return saved;
  if (Status taken = take(undo_steps(), journal_.undone); !taken) return taken;
  journal_.state = MoveJournal::State::kUndone;
  return save();
}

std::optional<double> Mover::pending_entries() {
  if (plan_.socket.empty()) return std::nullopt;
  const auto metrics = world_.machine.ask(plan_.socket, "/metrics");
  return metrics ? sum_of(*metrics, kPendingMetric) : std::nullopt;
}

// Its stop sends what it can in five seconds; a Loki that is behind needs longer.
Status Mover::drain() {
  const SteadyTime end = world_.clock.steady_now() + world_.drain;
  while (true) {
    const auto pending = pending_entries();
    if (!pending || *pending == 0) return {};
    if (world_.clock.steady_now() >= end) {
      say(fmt::format("Loki has not taken {:.0f} entries in {} s", *pending, world_.drain.count()));
      return {};
    }
    if (Status waited = world_.machine.wait(kDrainLook); !waited) return waited;
  }
}

Status Mover::stop_tailrace() {
  // Before "stop-other" it is not the one that was told of Promtail; it is stopped all the same,
  // and started again last.
  if (Status stopped = services_.stop(plan_.tailrace_unit, world_.patience); !stopped) {
    return stopped;
  }
  say("stopped " + plan_.tailrace_unit);
  if (!plan_.promtail_was_enabled || plan_.tailrace_was_enabled) return {};
  return services_.disable(plan_.tailrace_unit);
}

Status Mover::write_positions_back() {
  // Until they were copied Promtail's are the only ones.
  if (!journal_.done.contains("positions")) return {};
  if (plan_.positions_vanish) {
    say("Promtail's unit has a /tmp of its own, which is empty at every start: its positions " +
        plan_.promtail_positions + " cannot be brought back");
    return {};
  }
  const auto text = read_text(world_.file_system, plan_.positions);
  if (!text && text.error().code == ENOENT) return {};
  if (!text) return fail(text.error());
  const auto converted = promtail_positions(*text, plan_.positions);
  if (!converted) {
    // What tailrace could not read it has not started with.
    say("Promtail keeps its own positions: " + converted.error().message);
    return {};
  }
  if (Status written = put(plan_.promtail_positions, *converted, plan_.promtail_owner); !written) {
    return written;
  }
  say("wrote " + plan_.promtail_positions);
  return {};
}

Result<std::uint64_t> Mover::left_in_outbox() {
  std::uint64_t entries = 0;
  Log log = Log::discard(world_.clock);
  for (const std::string& folder :
       positions::worker_directories(world_.file_system, plan_.outbox)) {
    const auto outbox =
        positions::Outbox::open(world_.file_system, world_.clock, log, {.directory = folder});
    if (!outbox) return fail(outbox.error());
    entries += (*outbox)->pending_entries();
  }
  return entries;
}

// A later move must not send again what Promtail reads again: what is left is out of its way.
Status Mover::bring_state_back() {
  if (!journal_.done.contains("set-aside")) {
    // Killed in the middle of it: nothing of ours is there yet.
    if (plan_.had_positions) {
      if (Status back = rename_if_there(plan_.positions + ".before", plan_.positions); !back) {
        return back;
      }
    }
    return plan_.had_outbox ? rename_if_there(plan_.outbox + ".before", plan_.outbox) : Status();
  }
  if (const bool ours = !plan_.had_outbox || exists(plan_.outbox + ".before");
      ours && exists(plan_.outbox)) {
    const auto left = left_in_outbox();
    if (!left) return fail(left.error());
    if (*left == 0) {
      if (Status gone = world_.machine.remove_folder(plan_.outbox); !gone) return gone;
    } else {
      std::string aside = plan_.outbox + ".left";
      for (int number = 2; exists(aside); ++number)
        aside = plan_.outbox + ".left-" + std::to_string(number);
      if (Status renamed = world_.file_system.rename(plan_.outbox, aside); !renamed) return renamed;
      say(
          fmt::format("{} entries were not accepted. Promtail reads those of files again; what "
                      "was sent to tailrace over the network is only in {}",
                      *left, aside));
    }
  }
  if (plan_.had_outbox) {
    if (Status back = rename_if_there(plan_.outbox + ".before", plan_.outbox); !back) return back;
  }
  if (plan_.had_positions) return rename_if_there(plan_.positions + ".before", plan_.positions);
  if (Status removed = remove_if_there(snapshot()); !removed) return removed;
  return remove_if_there(plan_.positions);
}

Status Mover::remove_drop_in() {
  if (Status removed = remove_if_there(plan_.drop_in); !removed) return removed;
  static_cast<void>(world_.file_system.remove_directory(
      plan_.drop_in.substr(0, plan_.drop_in.rfind('/'))));  // When nothing else is in it.
  return services_.reload_units();
}

Status Mover::remove_link() {
  if (plan_.link.empty()) return {};
  const auto target = world_.machine.link_target(plan_.link);
  if (!target || *target != plan_.program) return {};
  return remove_if_there(plan_.link);
}

Status Mover::enable_promtail() {
  return plan_.promtail_was_enabled ? services_.enable(plan_.promtail_unit) : Status();
}

Status Mover::start_promtail() {
  if (!plan_.promtail_was_active) return {};
  say("starting " + plan_.promtail_unit);
  return services_.start(plan_.promtail_unit);
}

Status Mover::bring_tailrace_back() {
  return plan_.tailrace_was_active ? services_.start(plan_.tailrace_unit) : Status();
}

}  // namespace tailrace::daemon::migrate
