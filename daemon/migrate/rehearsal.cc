// A rehearsal: both programs print what they would send, and it is compared.
#include "daemon/migrate/rehearsal.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "daemon/migrate/dry_run_entries.h"
#include "daemon/migrate/entry_comparison.h"
#include "daemon/migrate/move_plan.h"
#include "daemon/migrate/rehearsal_config.h"

namespace tailrace::daemon::migrate {
namespace {

constexpr std::chrono::milliseconds kRehearsalLook{100};
constexpr std::chrono::seconds kSilence{3};
// Promtail begins to read five seconds after its start.
constexpr std::chrono::seconds kBeginning{8};
constexpr std::size_t kFirstBytes = 64U << 10U;
constexpr std::uint64_t kPrintedBytesMax = 64U << 20U;
constexpr std::size_t kWordsShown = 2000;

// One of the two programs, with what it prints.
struct Player {
  std::string name;
  std::string program;
  std::string folder;
  std::unique_ptr<StartedProgram> running;
  bool ended_early = false;

  std::string output() const { return folder + "/" + name + ".out"; }
  std::string errors() const { return folder + "/" + name + ".err"; }
};

class Rehearsal {
 public:
  Rehearsal(const RehearsalOptions& options, const RehearsalWorld& world, std::string folder)
      : options_(options), world_(world), folder_(std::move(folder)) {}

  int run() {
    if (Status ready = prepare(); !ready) return failed(ready.error().message);
    begin_ = world_.clock.wall_now();
    for (Player& player : players_) {
      if (Status started = start(player); !started) return failed(started.error().message);
    }
    if (Status waited = wait_for_silence(); !waited) return failed(waited.error().message);
    for (Player& player : players_) {
      player.ended_early = player.running->has_ended();
      player.running->stop();
    }
    end_ = world_.clock.wall_now();
    for (const Player& player : players_) {
      if (player.ended_early) return failed(player.name + " ended:\n" + last_words(player));
    }
    return compare();
  }

 private:
  int failed(const std::string& message) const {
    world_.errors.write(message + "\n");
    return 2;
  }

  Status prepare() {
    const InstalledPromtail& promtail = options_.promtail;
    if (options_.promtail_program.empty()) {
      return fail(Error::kInvalid, "no Promtail is installed; -promtail=PATH names one");
    }
    players_[0] = {"promtail", options_.promtail_program, folder_, nullptr};
    players_[1] = {"tailrace", options_.tailrace_program, folder_, nullptr};
    for (const Player& player : players_) {
      const std::string positions = folder_ + "/" + player.name + "-positions.yaml";
      auto config = rehearsal_config(promtail, positions);
      if (!config) return fail(config.error());
      if (Status saved =
              save_text(world_.file_system, folder_ + "/" + player.name + ".yaml", config->yaml);
          !saved) {
        return saved;
      }
      if (const auto text = read_text(world_.file_system, promtail.positions_place)) {
        if (Status saved = save_text(world_.file_system, positions, *text); !saved) return saved;
      }
      config_ = std::move(*config);
    }
    world_.output.write("Rehearsing " + std::to_string(config_.jobs.size()) +
                        " jobs on a copy of " + promtail.positions_place + "\n");
    for (const std::string& job : config_.left_out)
      world_.output.write("  left out: " + job + "\n");
    if (config_.has_sampling) {
      world_.output.write("  there is a sampling stage: chance decides, so entries will differ\n");
    }
    return {};
  }

  Status start(Player& player) {
    auto started = world_.machine.start(
        {.arguments = {player.program, "-config.file=" + folder_ + "/" + player.name + ".yaml",
                       "-dry-run"},
         .environment = {"NO_COLOR=1"},
         .output = player.output(),
         .errors = player.errors()});
    if (!started) return fail(started.error());
    player.running = std::move(*started);
    return {};
  }

  std::uint64_t size_of(const std::string& path) const {
    const auto stat = world_.file_system.stat(path);
    return stat ? stat->size : 0;
  }

  bool has_entries(const Player& player) const {
    const auto text = read_bytes(player.output(), kFirstBytes);
    return text && !parse_dry_run(*text).empty();
  }

  // Until both are silent. While only one has said anything the other is still given time.
  Status wait_for_silence() {
    const SteadyTime begin = world_.clock.steady_now();
    SteadyTime last_word = begin;
    std::uint64_t before = 0;
    while (world_.clock.steady_now() < begin + options_.time) {
      if (Status waited = world_.machine.wait(kRehearsalLook); !waited) return waited;
      const std::uint64_t first = size_of(players_[0].output());
      const std::uint64_t second = size_of(players_[1].output());
      const SteadyTime now = world_.clock.steady_now();
      if (first + second != before) last_word = now;
      before = first + second;
      is_silent_ = now - last_word > kSilence;
      if (std::max(first, second) > kPrintedBytesMax) return {};
      for (Player& player : players_) {
        if (player.running->has_ended()) return {};
      }
      if (is_silent_ && now - begin > kBeginning &&
          has_entries(players_[0]) == has_entries(players_[1])) {
        return {};
      }
    }
    return {};
  }

  std::string last_words(const Player& player) const {
    std::string text;
    for (const std::string& path : {player.output(), player.errors()}) {
      if (const auto words = read_bytes(path)) text += *words;
    }
    return text.size() > kWordsShown ? text.substr(text.size() - kWordsShown) : text;
  }

  // More than a text of ours may have.
  Result<std::string> read_bytes(const std::string& path,
                                 std::uint64_t bytes_max = kPrintedBytesMax) const {
    const auto file = world_.file_system.open(path, OpenMode::kRead);
    if (!file) return fail(file.error());
    std::string text(std::min(size_of(path), bytes_max), '\0');
    std::size_t got = 0;
    while (got < text.size()) {
      const auto more = (*file)->read_at(got, std::span<char>(text).subspan(got));
      if (!more) return fail(more.error());
      if (*more == 0) break;
      got += *more;
    }
    text.resize(got);
    return text;
  }

  int compare() {
    std::vector<PrintedEntry> entries[2];
    for (std::size_t i = 0; i < 2; ++i) {
      const auto text = read_bytes(players_[i].output());
      if (!text) return failed(text.error().message);
      entries[i] = parse_dry_run(*text);
    }
    if (entries[0].empty() && entries[1].empty()) {
      world_.output.write(
          "Neither has anything to send: everything was read up to the positions. Try again when "
          "lines were written.\n");
      return 3;
    }
    const auto files = compare_entries(
        entries[0], entries[1],
        {.begin = begin_, .end = end_, .may_have_more = [this](const std::string& file) {
           if (!is_silent_) return true;
           const auto stat = world_.file_system.stat(file);
           return stat && stat->modified >= begin_;
         }});
    world_.output.write(comparison_text(files));
    std::size_t same = 0;
    std::size_t differ = 0;
    for (const FileComparison& file : files) {
      same += file.same;
      differ += file.differ;
    }
    if (differ > 0) return 1;
    return same > 0 ? 0 : 3;
  }

  const RehearsalOptions& options_;
  const RehearsalWorld& world_;
  const std::string folder_;
  Player players_[2];
  RehearsalConfig config_;
  WallTime begin_{};
  WallTime end_{};
  bool is_silent_ = false;
};

}  // namespace

int run_rehearsal(const RehearsalOptions& options, const RehearsalWorld& world) {
  const auto folder = world.machine.make_temporary_folder();
  if (!folder) {
    world.errors.write(folder.error().message + "\n");
    return 2;
  }
  const int status = Rehearsal(options, world, *folder).run();
  static_cast<void>(world.machine.remove_folder(*folder));
  return status;
}

}  // namespace tailrace::daemon::migrate
