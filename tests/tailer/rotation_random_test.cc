// Random sequences of what programs and machines do to log files, against a model of the lines.
//
// TAILRACE_SEEDS=<first>-<last> runs others than the usual seeds. A failure names its seed and
// prints what happened.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/tailer/rotation_world.h"

namespace tailrace::testing {
namespace {

using Lines = std::vector<std::string>;

enum class Style { kRename, kDates, kCopyTruncate };

// One name, written and rotated by a logger of some style.
class Logger {
 public:
  Logger(Disk& disk, std::string path, Style style, Random& random)
      : disk_(disk), path_(std::move(path)), style_(style), random_(random) {}

  void write_lines() {
    std::string text;
    for (std::uint64_t n = 1 + random_.below(random_.below(4) == 0 ? 40 : 4); n > 0; --n)
      text += next_line() + "\n";
    put(text);
  }
  void write_half() { put(next_line().substr(0, style_ == Style::kCopyTruncate ? 80 : 10)); }
  void finish_half() { put("-rest of " + next_line() + "\n"); }

  void rotate() {
    if (!exists_) return;
    if (style_ == Style::kDates) {
      old_.insert(old_.begin(), path_ + "-" + std::to_string(20260101 + rotations_));
      disk_.rename(path_, old_.front());
    } else {
      for (std::size_t i = old_.size(); i > 0; --i) {
        const std::string next = path_ + "." + std::to_string(i + 1);
        disk_.rename(old_[i - 1], next);
        old_[i - 1] = next;
      }
      old_.insert(old_.begin(), path_ + ".1");
      if (style_ == Style::kCopyTruncate) {
        disk_.copy_truncate(path_, old_.front());
      } else {
        disk_.rename(path_, old_.front());
      }
    }
    ++rotations_;
    late_ = style_ != Style::kCopyTruncate;
    exists_ = style_ == Style::kCopyTruncate;
    if (exists_) generations_.emplace_back();
  }
  // The program has the old file open still.
  void write_late() {
    if (!late_) return;
    const std::string text = next_line() + "\n";
    generations_.back() += text;
    disk_.append(old_.front(), text);
  }
  // So long after a rotation nobody writes into the old file.
  void time_passed() { late_ = false; }
  // Those that were read.
  void remove_old() {
    while (old_.size() > 1) {
      disk_.remove(old_.back());
      old_.pop_back();
    }
  }
  void remove_and_create() {
    if (!exists_) return;
    disk_.remove(path_);
    exists_ = late_ = false;
  }

  Lines expected() const {
    Lines lines;
    for (const std::string& text : generations_) {
      std::size_t from = 0;
      while (from < text.size()) {
        const std::size_t end = std::min(text.find('\n', from), text.size());
        lines.push_back(text.substr(from, end - from));
        from = end + 1;
      }
    }
    // What is at the end of the current file may get its line end yet.
    if (exists_ && !generations_.empty() && !generations_.back().empty() &&
        generations_.back().back() != '\n') {
      lines.pop_back();
    }
    return lines;
  }
  const std::string& path() const { return path_; }

 private:
  std::string next_line() {
    std::string line = std::to_string(++written_) + ":";
    // Copies of less than 64 bytes are not recognised under all circumstances.
    if (style_ == Style::kCopyTruncate) line.append(64, '.');
    line.append(random_.below(8) == 0 ? 300 + random_.below(3000) : random_.below(120),
                static_cast<char>('a' + random_.below(26)));
    return line;
  }
  void put(const std::string& text) {
    if (!exists_) generations_.emplace_back();
    exists_ = true;
    late_ = false;
    generations_.back() += text;
    disk_.append(path_, text);
  }

  Disk& disk_;
  const std::string path_;
  const Style style_;
  Random& random_;
  std::vector<std::string> generations_;
  std::vector<std::string> old_;  // Newest first.
  bool exists_ = false;
  bool late_ = false;  // The newest old file has no successor yet.
  std::uint64_t written_ = 0;
  std::uint64_t rotations_ = 0;
};

struct Run {
  explicit Run(std::uint64_t seed)
      : random(seed),
        disk(clock),
        style(static_cast<Style>(random.below(3))),
        few_files(style != Style::kCopyTruncate && random.below(4) == 0),
        world(disk, clock,
              {.buffer_bytes = std::size_t{256} << random.below(5),
               // A file that is closed is not looked at while nothing is read.
               .open_files_max = few_files ? 2U : 1000U,
               .read = {},
               .cut_at_once = random.below(2) == 0}) {
    if (random.below(3) == 0) disk.fs.limit_reads_to(1 + random.below(200));
  }

  void act();
  void settle() {
    world.settle();
    for (const auto& logger : loggers)
      logger->time_passed();
  }
  void note(const std::string& what) { trace << "-- " << what << "\n"; }

  FakeClock clock;
  Random random;
  MemoryDisk disk;
  Style style;
  bool few_files;
  RotationWorld world;
  std::vector<std::unique_ptr<Logger>> loggers;
  std::ostringstream trace;
  bool running = true;
};

void Run::act() {
  Logger& logger = *loggers[random.below(loggers.size())];
  const std::string name = " " + logger.path();
  switch (random.below(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
      note("lines" + name);
      logger.write_lines();
      break;
    case 4:
      note("half" + name);
      logger.write_half();
      break;
    case 5:
      note("rest" + name);
      logger.finish_half();
      break;
    case 6:
    case 7:
      note("rotate" + name);
      // What is written and truncated between two looks (50 ms) is found, but read late.
      if (running && style == Style::kCopyTruncate) world.steps(2);
      logger.rotate();
      break;
    case 8:
      note("late" + name);
      logger.write_late();
      break;
    case 9:
      note("stall or go on");
      world.reading = !world.reading;
      break;
    case 10:
      note("cut");
      world.cut();
      break;
    case 11:
      note(running ? "stop" : "start");
      if (running) {
        world.stop();
      } else {
        world.start();
      }
      running = !running;
      break;
    case 12:
      if (!running) break;
      note("settle, remove old");
      world.reading = true;
      settle();
      logger.remove_old();
      break;
    case 13:
      // What is behind the last line end goes with a file that is closed.
      if (!running || few_files) break;
      note("settle, remove" + name);
      world.reading = true;
      settle();
      logger.remove_and_create();
      // Its unterminated end is in no name any more.
      settle();
      break;
    default:
      note("wait");
      for (std::uint64_t n = random.below(3); running && n > 0; --n)
        world.step(std::chrono::milliseconds(30 + random.below(3000)));
  }
  clock.advance(std::chrono::milliseconds(20));
  if (running && random.below(3) != 0) world.step();
}

bool run_seed(std::uint64_t seed) {
  Run run(seed);
  const bool wide = run.random.below(2) == 0;
  run.world.add_target("job", wide ? "*.log*" : "*.log");
  for (std::uint64_t i = 0; i < 1 + run.random.below(3); ++i) {
    run.loggers.push_back(std::make_unique<Logger>(
        run.disk, run.world.path("n" + std::to_string(i) + ".log"), run.style, run.random));
    run.loggers.back()->write_lines();
  }
  run.note("style " + std::to_string(static_cast<int>(run.style)) + (wide ? " wide" : ""));
  run.world.trace = &run.trace;
  run.world.start();
  run.world.step();
  run.world.cut();
  for (int i = 0; i < 60; ++i)
    run.act();
  if (!run.running) run.world.start();
  run.world.reading = true;
  run.world.settle();
  run.world.settle();
  std::map<std::string, Lines> expected;
  for (const auto& logger : run.loggers)
    expected[logger->path()] = logger->expected();
  if (run.world.all_lines() == expected) return true;
  ADD_FAILURE() << "seed " << seed << "\n" << run.trace.str();
  for (const auto& logger : run.loggers) {
    const Lines& wanted = expected[logger->path()];
    Lines got = run.world.all_lines()[logger->path()];
    for (std::size_t i = 0; i < std::max(wanted.size(), got.size()); ++i) {
      const std::string a = i < wanted.size() ? wanted[i].substr(0, 20) : "nothing";
      const std::string b = i < got.size() ? got[i].substr(0, 20) : "nothing";
      if (a == b) continue;
      ADD_FAILURE() << logger->path() << " line " << i << ": wanted " << a << ", got " << b << " ("
                    << wanted.size() << " and " << got.size() << " lines)";
      break;
    }
  }
  for (const auto& [path, lines] : run.world.all_lines()) {
    if (!expected.contains(path)) ADD_FAILURE() << lines.size() << " lines of " << path;
  }
  return false;
}

TEST(RotationRandom, every_line_once_and_in_order) {
  std::uint64_t first = 1;
  std::uint64_t last = 250;
  if (const char* const seeds = std::getenv("TAILRACE_SEEDS")) {
    char* end = nullptr;
    first = last = std::strtoull(seeds, &end, 10);
    if (*end == '-') last = std::strtoull(end + 1, nullptr, 10);
  }
  int failures = 0;
  for (std::uint64_t seed = first; seed <= last && failures < 3; ++seed) {
    if (!run_seed(seed)) ++failures;
  }
}

}  // namespace
}  // namespace tailrace::testing
