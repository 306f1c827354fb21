// What becomes of lines under rotation: a table of cases, each live, stopped, stalled, deaf.
#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/pack.h"
#include "tests/tailer/rotation_world.h"

namespace tailrace::testing {
namespace {

// One thing that another program does.
struct Action {
  enum class Kind {
    kAppend,
    kOverwrite,
    kRename,
    kRemove,
    kCopyTruncate,
    kCopy,
    kSymlink,
    kCompress,
    kWait
  };
  Kind kind;
  std::string a;
  std::string b;  // Second name, or text.
};

Action append(std::string path, std::string text) {
  return {Action::Kind::kAppend, std::move(path), std::move(text)};
}
Action overwrite(std::string path, std::string text) {
  return {Action::Kind::kOverwrite, std::move(path), std::move(text)};
}
Action rename(std::string from, std::string to) {
  return {Action::Kind::kRename, std::move(from), std::move(to)};
}
Action remove(std::string path) {
  return {Action::Kind::kRemove, std::move(path), {}};
}
Action copy_truncate(std::string path, std::string to) {
  return {Action::Kind::kCopyTruncate, std::move(path), std::move(to)};
}
Action copy(std::string path, std::string to) {
  return {Action::Kind::kCopy, std::move(path), std::move(to)};
}
Action symlink(std::string target, std::string path) {
  return {Action::Kind::kSymlink, std::move(target), std::move(path)};
}
Action compress(std::string path) {
  return {Action::Kind::kCompress, std::move(path), {}};
}
Action wait() {  // Longer than everything that waits.
  return {Action::Kind::kWait, {}, {}};
}

using Lines = std::vector<std::string>;

// How much may be asked for: content that was removed before it was looked at is nowhere.
enum class Needs {
  kNothing,         // Every line in every mode.
  kEventsForOrder,  // As kNothing, but in order only where it is seen as it happens.
  kToBeRunning,     // The content is gone afterwards: only live, with events.
};

struct Case {
  std::string name;
  std::string pattern;
  std::vector<Action> actions;
  std::map<std::string, Lines> expected;  // By label, below the root.
  Needs needs = Needs::kNothing;
  std::size_t known_from = 1;  // Before this action its files are not known yet.
};

std::string block_of(char letter, int lines) {
  std::string text;
  for (int i = 0; i < lines; ++i)
    text += std::string(60, letter) + std::to_string(i) + "\n";
  return text;
}
Lines lines_of(char letter, int lines) {
  Lines result;
  for (int i = 0; i < lines; ++i)
    result.push_back(std::string(60, letter) + std::to_string(i));
  return result;
}
Lines operator+(Lines a, const Lines& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::vector<Case> cases() {
  // Same first two kilobytes: a banner that the program prints at every start.
  const std::string banner = block_of('=', 40);
  const Lines banner_lines = lines_of('=', 40);
  return {
      {"rename_and_create",
       "x.log",
       {append("x.log", "a1\na2\n"), rename("x.log", "x.log.1"), append("x.log", "b1\n"),
        append("x.log", "b2\n")},
       {{"x.log", {"a1", "a2", "b1", "b2"}}}},
      {"late_lines_in_the_renamed_file",
       "x.log",
       {append("x.log", "a1\nhal"), rename("x.log", "x.log.1"), append("x.log.1", "f\na2\n"),
        append("x.log", "b1\n")},
       {{"x.log", {"a1", "half", "a2", "b1"}}}},
      {"unterminated_end_of_the_renamed_file",
       "x.log",
       {append("x.log", "a1\nhalf"), rename("x.log", "x.log.1"), append("x.log", "b1\n")},
       {{"x.log", {"a1", "half", "b1"}}}},
      {"three_generations",
       "x.log",
       {append("x.log", block_of('a', 3)), rename("x.log", "x.log.1"),
        append("x.log", block_of('b', 3)), rename("x.log.1", "x.log.2"), rename("x.log", "x.log.1"),
        append("x.log", block_of('c', 3)), rename("x.log.2", "x.log.3"),
        rename("x.log.1", "x.log.2"), rename("x.log", "x.log.1"),
        append("x.log", block_of('d', 3))},
       {{"x.log", lines_of('a', 3) + lines_of('b', 3) + lines_of('c', 3) + lines_of('d', 3)}}},
      {"dates_in_names",
       "x.log",
       {append("x.log", "a1\n"), rename("x.log", "x.log-20260101"), append("x.log", "b1\n"),
        rename("x.log", "x.log-20260102"), append("x.log", "c1\n")},
       {{"x.log", {"a1", "b1", "c1"}}}},
      {"rotated_names_match_too",
       "x.log*",
       {append("x.log", block_of('a', 3)), rename("x.log", "x.log.1"),
        append("x.log", block_of('b', 3)), rename("x.log.1", "x.log.2"), rename("x.log", "x.log.1"),
        append("x.log", block_of('c', 3))},
       {{"x.log", lines_of('a', 3) + lines_of('b', 3) + lines_of('c', 3)}}},
      {"rotated_names_match_and_wait_long",
       "x.log*",
       {append("x.log", block_of('a', 3)), rename("x.log", "x.log.1"),
        append("x.log", block_of('b', 3)), wait(), rename("x.log.1", "x.log.2"),
        rename("x.log", "x.log.1"), append("x.log", block_of('c', 3)), wait(),
        append("x.log.2", block_of('z', 1))},
       {{"x.log", lines_of('a', 3) + lines_of('b', 3) + lines_of('c', 3) + lines_of('z', 1)}},
       Needs::kEventsForOrder},
      {"copy_and_truncate",
       "x.log",
       {append("x.log", block_of('a', 3)), copy_truncate("x.log", "x.log.1"),
        append("x.log", block_of('b', 3)), append("x.log", block_of('b', 1))},
       {{"x.log", lines_of('a', 3) + lines_of('b', 3) + lines_of('b', 1)}}},
      {"copy_and_truncate_twice",
       "x.log",
       {append("x.log", block_of('a', 3)), copy_truncate("x.log", "x.log.1"),
        append("x.log", block_of('b', 9)), rename("x.log.1", "x.log.2"),
        copy_truncate("x.log", "x.log.1"), append("x.log", block_of('c', 20))},
       {{"x.log", lines_of('a', 3) + lines_of('b', 9) + lines_of('c', 20)}},
       Needs::kEventsForOrder},
      {"renamed_and_compressed",
       "x.log",
       {append("x.log", block_of('a', 3) + "half"), rename("x.log", "x.log.1"),
        append("x.log", block_of('b', 3)), compress("x.log.1"), rename("x.log.1.gz", "x.log.2.gz"),
        rename("x.log", "x.log.1"), append("x.log", block_of('c', 3)), compress("x.log.1")},
       {{"x.log", lines_of('a', 3) + Lines{"half"} + lines_of('b', 3) + lines_of('c', 3)}}},
      {"compressed_where_the_names_match",
       "x.log*",
       {append("x.log", block_of('a', 3)), rename("x.log", "x.log.1"),
        append("x.log", block_of('b', 3)), wait(), compress("x.log.1"),
        rename("x.log.1.gz", "x.log.2.gz"), rename("x.log", "x.log.1"),
        append("x.log", block_of('c', 3))},
       {{"x.log", lines_of('a', 3) + lines_of('b', 3) + lines_of('c', 3)}}},
      {"copied_truncated_and_compressed",
       "x.log",
       {append("x.log", block_of('a', 3)), copy_truncate("x.log", "x.log.1"), compress("x.log.1"),
        append("x.log", block_of('b', 3)), rename("x.log.1.gz", "x.log.2.gz"),
        copy_truncate("x.log", "x.log.1"), append("x.log", block_of('c', 20)), compress("x.log.1")},
       {{"x.log", lines_of('a', 3) + lines_of('b', 3) + lines_of('c', 20)}},
       Needs::kEventsForOrder},
      {"copy_and_truncate_little",
       "x.log",
       {append("x.log", "a1\n"), copy_truncate("x.log", "x.log.1"), append("x.log", "b1\nb2\n")},
       {{"x.log", {"a1", "b1", "b2"}}}},
      {"copy_and_truncate_little_then_renamed",
       "x.log",
       {append("x.log", "a1\n"), append("x.log", "b1\n"), copy_truncate("x.log", "x.log.1"),
        rename("x.log", "x.log.2"), append("x.log", "c1\n")},
       {{"x.log", {"a1", "b1", "c1"}}}},
      {"filled_copied_and_truncated_after_standing_empty",
       "x.log",
       {append("x.log", "a1\n"), rename("x.log", "x.log.1"), append("x.log", ""), wait(),
        append("x.log", "b1\n"), copy_truncate("x.log", "x.log.2"), append("x.log", "c1\n")},
       {{"x.log", {"a1", "b1", "c1"}}},
       Needs::kEventsForOrder},
      {"copy_and_truncate_where_the_copy_matches",
       "x.log*",
       {append("x.log", block_of('a', 3)), copy_truncate("x.log", "x.log.1"),
        append("x.log", block_of('b', 4)), wait(), rename("x.log.1", "x.log.2"),
        copy_truncate("x.log", "x.log.1"), append("x.log", block_of('c', 20))},
       {{"x.log", lines_of('a', 3) + lines_of('b', 4) + lines_of('c', 20)}}},
      {"copy_long_before_truncation",
       "x.log*",
       {append("x.log", block_of('a', 3)), copy("x.log", "x.log.1"), wait(),
        append("x.log", block_of('b', 4))},
       {{"x.log", lines_of('a', 3) + lines_of('b', 4)}}},
      {"renamed_to_a_name_that_matches",
       "*.log",
       {append("a.log", "a1\n"), rename("a.log", "b.log"), append("b.log", "a2\n"), wait(),
        append("b.log", "a3\n")},
       {{"a.log", {"a1", "a2", "a3"}}}},
      {"two_names_exchanged",
       "*.log",
       {append("a.log", block_of('a', 2)), append("b.log", block_of('b', 2)), rename("a.log", "t"),
        rename("b.log", "a.log"), rename("t", "b.log"), append("a.log", block_of('x', 1)),
        append("b.log", block_of('y', 1))},
       {{"a.log", lines_of('a', 2) + lines_of('y', 1)},
        {"b.log", lines_of('b', 2) + lines_of('x', 1)}},
       Needs::kNothing,
       2},
      {"gone_and_back",
       "x.log",
       {append("x.log", block_of('a', 3)), rename("x.log", "elsewhere"), wait(),
        rename("elsewhere", "x.log"), append("x.log", block_of('b', 1))},
       {{"x.log", lines_of('a', 3) + lines_of('b', 1)}}},
      {"no_new_file_for_long",
       "x.log",
       {append("x.log", "a1\n"), rename("x.log", "x.log.1"), wait(), append("x.log", "b1\n")},
       {{"x.log", {"a1", "b1"}}}},
      {"equal_beginnings_renamed",
       "x.log",
       {append("x.log", banner + "a1\n"), rename("x.log", "x.log.1"),
        append("x.log", banner + "b1\n"), rename("x.log.1", "x.log.2"), rename("x.log", "x.log.1"),
        append("x.log", banner + "c1\n")},
       {{"x.log",
         banner_lines + Lines{"a1"} + banner_lines + Lines{"b1"} + banner_lines + Lines{"c1"}}}},
      {"equal_beginnings_side_by_side",
       "*.log",
       {append("a.log", banner + "a1\n"), append("b.log", banner + "b1\n"), append("a.log", "a2\n"),
        append("c.log", banner + "c1\n")},
       {{"a.log", banner_lines + Lines{"a1", "a2"}},
        {"b.log", banner_lines + Lines{"b1"}},
        {"c.log", banner_lines + Lines{"c1"}}}},
      {"link_to_another_file",
       "current",
       {append("x-1", "a1\n"), symlink("x-1", "current"), append("x-1", "a2\n"),
        append("x-2", "b1\n"), symlink("x-2", "current"), append("x-2", "b2\n")},
       {{"current", {"a1", "a2", "b1", "b2"}}},
       Needs::kNothing,
       2},
      {"removed_and_created",
       "x.log",
       {append("x.log", "a1\n"), remove("x.log"), append("x.log", "b1\n")},
       {{"x.log", {"a1", "b1"}}},
       Needs::kToBeRunning},
      {"overwritten_in_place",
       "x.log",
       {append("x.log", block_of('a', 3)), overwrite("x.log", block_of('b', 5))},
       {{"x.log", lines_of('a', 3) + lines_of('b', 5)}},
       Needs::kToBeRunning},
      {"numbered_files_that_are_no_rotation",
       "x.log*",
       {append("x.log", block_of('a', 3)), append("x.log.1", block_of('b', 3)),
        append("x.log", block_of('c', 3)), append("x.log.1", block_of('d', 3))},
       {{"x.log", lines_of('a', 3) + lines_of('c', 3)},
        {"x.log.1", lines_of('b', 3) + lines_of('d', 3)}}},
  };
}

void run_action(Disk& disk, RotationWorld& world, const Action& action, bool running) {
  const auto path = [&](const std::string& name) { return world.path(name); };
  switch (action.kind) {
    case Action::Kind::kAppend:
      return disk.append(path(action.a), action.b);
    case Action::Kind::kOverwrite:
      return disk.overwrite(path(action.a), action.b);
    case Action::Kind::kRename:
      return disk.rename(path(action.a), path(action.b));
    case Action::Kind::kRemove:
      return disk.remove(path(action.a));
    case Action::Kind::kCopyTruncate:
      return disk.copy_truncate(path(action.a), path(action.b));
    case Action::Kind::kCopy:
      return disk.copy(path(action.a), path(action.b));
    case Action::Kind::kSymlink:
      disk.remove(path(action.b));
      return disk.symlink(path(action.a), path(action.b));
    case Action::Kind::kCompress:
      disk.append(path(action.a) + ".gz",
                  pack(config::DecompressionConfig::Format::kGzip, disk.content(path(action.a))));
      return disk.remove(path(action.a));
    case Action::Kind::kWait:
      if (running) world.settle();
  }
}

enum class DiskKind { kMemory, kPosix };

// Actions [from, to) happen in the way that `mode` says, the others one by one before its eyes.
enum class Mode { kLive, kStopped, kStalled, kDeaf };

void run_case(const Case& test, DiskKind kind, Mode mode, std::size_t from, std::size_t to) {
  SCOPED_TRACE(test.name + " mode " + std::to_string(static_cast<int>(mode)) + " actions " +
               std::to_string(from) + " to " + std::to_string(to));
  FakeClock clock;
  std::unique_ptr<Disk> disk;
  if (kind == DiskKind::kMemory) {
    disk = std::make_unique<MemoryDisk>(clock);
  } else {
    disk = std::make_unique<PosixDisk>(clock);
  }
  RotationWorld world(*disk, clock, {});
  world.add_target("job", test.pattern);
  world.start();
  world.step();
  bool running = true;
  for (std::size_t i = 0; i < test.actions.size(); ++i) {
    const bool inside = mode != Mode::kLive && i >= from && i < to;
    if (inside && mode == Mode::kStopped && running) {
      world.stop();
      running = false;
    }
    if (!inside && !running) {
      world.start();
      running = true;
      world.steps(2);
    }
    world.reading = !(inside && mode == Mode::kStalled);
    world.lose_events = inside && mode == Mode::kDeaf;
    run_action(*disk, world, test.actions[i], running);
    if (running) {
      world.steps(2);
    } else {
      clock.advance(std::chrono::milliseconds(200));
    }
  }
  if (!running) world.start();
  world.reading = true;
  world.lose_events = false;
  world.settle();
  std::map<std::string, Lines> expected;
  for (const auto& [name, lines] : test.expected)
    expected[world.path(name)] = lines;
  std::map<std::string, Lines> got = world.all_lines();
  if (test.needs == Needs::kEventsForOrder && mode != Mode::kLive) {
    for (auto& [name, lines] : got)
      std::sort(lines.begin(), lines.end());
    for (auto& [name, lines] : expected)
      std::sort(lines.begin(), lines.end());
  }
  EXPECT_EQ(got, expected);
}

class RotationCases : public ::testing::TestWithParam<std::tuple<DiskKind, std::size_t>> {
 protected:
  DiskKind disk() const { return std::get<0>(GetParam()); }
  Case test() const { return cases()[std::get<1>(GetParam())]; }
};

TEST_P(RotationCases, live) {
  run_case(test(), disk(), Mode::kLive, 0, 0);
}

TEST_P(RotationCases, stopped_at_every_step) {
  const Case now = test();
  if (now.needs == Needs::kToBeRunning)
    GTEST_SKIP() << "the content is gone unless it is read at once";
  for (std::size_t from = now.known_from; from < now.actions.size() && !HasFailure(); ++from) {
    for (std::size_t to = from; to <= now.actions.size() && !HasFailure(); ++to)
      run_case(now, disk(), Mode::kStopped, from, to);
  }
}

TEST_P(RotationCases, stalled_at_every_step) {
  const Case now = test();
  if (now.name == "overwritten_in_place") GTEST_SKIP() << "the content is gone before it is read";
  for (std::size_t from = 0; from < now.actions.size() && !HasFailure(); ++from)
    run_case(now, disk(), Mode::kStalled, from, now.actions.size());
}

TEST_P(RotationCases, deaf_at_every_step) {
  const Case now = test();
  if (now.needs == Needs::kToBeRunning)
    GTEST_SKIP() << "the content is gone unless it is read at once";
  for (std::size_t from = now.known_from; from < now.actions.size() && !HasFailure(); ++from)
    run_case(now, disk(), Mode::kDeaf, from, now.actions.size());
}

std::string name_of(const ::testing::TestParamInfo<RotationCases::ParamType>& info) {
  return cases()[std::get<1>(info.param)].name +
         (std::get<0>(info.param) == DiskKind::kMemory ? "_memory" : "_posix");
}

INSTANTIATE_TEST_SUITE_P(Table, RotationCases,
                         ::testing::Combine(::testing::Values(DiskKind::kMemory, DiskKind::kPosix),
                                            ::testing::Range(std::size_t{0}, cases().size())),
                         name_of);

}  // namespace
}  // namespace tailrace::testing
