// A move there and back, killed before every single change.
#include "daemon/migrate/mover.h"

#include <cerrno>
#include <string>

#include <gtest/gtest.h>

#include "positions/positions_file.h"
#include "tests/daemon/migrate/fake_machine.h"

namespace tailrace::daemon::migrate {
namespace {

constexpr const char* kPromtails = "/tmp/positions.yaml";
constexpr const char* kOurs = "/var/lib/tailrace/positions.yaml";
constexpr const char* kRecord = "/var/lib/tailrace/migration.json";

// One log file that grows by ten bytes with every change on the machine, and is read by whoever
// runs, from the position that he finds, without a gap and without a repeat.
class MoveOfOneFile : public ::testing::Test {
 protected:
  MoveOfOneFile() {
    machine_.services["promtail.service"] = {.active = true,
                                             .enabled = true,
                                             .on_start = [this] { begin(kPromtails); },
                                             .on_stop = [this] { end(kPromtails); }};
    machine_.services["tailrace.service"] = {.active = false,
                                             .enabled = false,
                                             .on_start = [this] { begin_tailrace(); },
                                             .on_stop = [this] { end_tailrace(); }};
    machine_.before_change = [this] { return before_change(); };
    files_.set_before_mutation(
        [this](testing::Operation, const std::string&) { return before_change(); });
    files_.append(kPromtails, "positions:\n  /log: \"5\"\n");  // Older than what was read.
    machine_.owners[kPromtails] = {7, 8, 0640};
    read_to_ = 30;
    plan_.promtail_unit = "promtail.service";
    plan_.promtail_positions = kPromtails;
    plan_.promtail_owner = {7, 8, 0640};
    plan_.tailrace_unit = "tailrace.service";
    plan_.program = "/usr/bin/tailrace";
    plan_.positions = kOurs;
    plan_.outbox = std::string(kOurs) + ".outbox";
    plan_.socket = "/socket";
    plan_.owner = {9, 10, 0600};
    plan_.drop_in = "/etc/systemd/system/tailrace.service.d/x.conf";
    plan_.drop_in_text = "[Service]\n";
    plan_.link = "/usr/local/bin/promtail";
    plan_.promtail_was_active = true;
    plan_.promtail_was_enabled = true;
    EXPECT_TRUE(files_.make_directories("/usr/local/bin"));
  }

  // ---- The programs. ----

  std::optional<Error> before_change() {
    if (changes_left_ == 0) return Error{ECANCELED, "killed"};
    --changes_left_;
    return std::nullopt;
  }
  std::uint64_t position(const std::string& path) {
    const auto text = files_.content(path);
    const auto document = positions::parse_positions(text.value_or(""), path);
    if (!document || !document->table.contains("/log")) return 0;
    return std::stoull(document->table.at("/log").value);
  }
  void begin(const std::string& path) {
    const std::uint64_t from = position(path);
    if (from > read_to_) problems_ += "a gap; ";
    if (from < read_to_) problems_ += "a repeat; ";
  }
  void end(const std::string& path) {
    read_to_ += 10;
    positions::PositionTable table{{"/log", {std::to_string(read_to_)}}};
    const std::string text = positions::write_positions(table);
    files_.overwrite(
        path, path == kOurs ? text : "positions:\n  /log: \"" + std::to_string(read_to_) + "\"\n");
  }
  void begin_tailrace() {
    if (machine_.services["promtail.service"].active) problems_ += "both run; ";
    begin(kOurs);
    files_.append(plan_.outbox + "/clients", "one\n");
    machine_.answers["/ready"] = "Ready";
    machine_.answers["/metrics"] = "tailrace_outbox_pending_entries{worker=\"0\"} 0\n";
  }
  void end_tailrace() {
    machine_.answers.clear();
    end(kOurs);
  }

  // ---- The move. ----

  Mover mover(MoveJournal journal) {
    return Mover({.file_system = files_,
                  .machine = machine_,
                  .clock = clock_,
                  .output = {[this](std::string_view text) { said_ += text; }},
                  .systemctl = "systemctl",
                  .journal = kRecord},
                 std::move(journal));
  }
  std::optional<MoveJournal> record() {
    const auto text = files_.content(kRecord);
    if (!text) return std::nullopt;
    auto journal = parse_journal(*text);
    EXPECT_TRUE(journal) << *text;
    return *journal;
  }
  // As the command does it: on the record where there is one.
  Status apply() {
    const auto before = record();
    const bool is_begun = before && before->state == MoveJournal::State::kApplying;
    return mover(is_begun ? *before : MoveJournal{.done = {}, .undone = {}, .plan = plan_}).apply();
  }
  Status undo() { return mover(*record()).undo(); }

  void expect_moved() {
    EXPECT_FALSE(machine_.services["promtail.service"].active);
    EXPECT_FALSE(machine_.services["promtail.service"].enabled);
    EXPECT_TRUE(machine_.services["tailrace.service"].active);
    EXPECT_TRUE(machine_.services["tailrace.service"].enabled);
    EXPECT_EQ(files_.content(plan_.drop_in), plan_.drop_in_text);
    EXPECT_EQ(machine_.link_target(plan_.link).value_or(""), plan_.program);
    EXPECT_EQ(record()->state, MoveJournal::State::kApplied);
    EXPECT_EQ(problems_, "");
  }
  void expect_back() {
    EXPECT_TRUE(machine_.services["promtail.service"].active);
    EXPECT_TRUE(machine_.services["promtail.service"].enabled);
    EXPECT_FALSE(machine_.services["tailrace.service"].active);
    EXPECT_FALSE(machine_.services["tailrace.service"].enabled);
    EXPECT_FALSE(files_.stat(plan_.drop_in));
    EXPECT_FALSE(files_.link_stat(plan_.link));
    EXPECT_FALSE(files_.stat(kOurs));
    EXPECT_FALSE(files_.stat(plan_.outbox));
    EXPECT_EQ(record()->state, MoveJournal::State::kUndone);
    EXPECT_EQ(problems_, "");
  }

  tailrace::testing::FakeClock clock_;
  tailrace::testing::MemoryFileSystem files_{clock_};
  FakeMachine machine_{clock_, files_};
  MovePlan plan_;
  std::uint64_t read_to_ = 0;
  std::uint64_t changes_left_ = UINT64_MAX;
  std::string problems_;
  std::string said_;
};

TEST_F(MoveOfOneFile, goes_there_and_back) {
  ASSERT_TRUE(apply()) << said_;
  expect_moved();
  EXPECT_EQ(machine_.owners[std::string(kOurs) + ".new"], plan_.owner);
  EXPECT_EQ(position(kOurs), 40U);
  const Status back = undo();
  ASSERT_TRUE(back) << back.error().message;
  expect_back();
  EXPECT_EQ(position(kPromtails), 50U);
  EXPECT_EQ(files_.content(kPromtails), "positions:\n  /log: \"50\"\n");
  EXPECT_EQ(machine_.owners[std::string(kPromtails) + ".new"], plan_.promtail_owner);
}

// What a kill leaves is what a change leaves that never came, and all that follow.
class KilledMove : public MoveOfOneFile, public ::testing::WithParamInterface<std::uint64_t> {};

TEST_P(KilledMove, an_apply_is_continued) {
  changes_left_ = GetParam();
  const bool was_killed = !apply();
  changes_left_ = UINT64_MAX;
  if (was_killed) {
    const Status again = apply();
    ASSERT_TRUE(again) << again.error().message;
  }
  expect_moved();
}

TEST_P(KilledMove, an_apply_is_undone) {
  changes_left_ = GetParam();
  const bool was_killed = !apply();
  changes_left_ = UINT64_MAX;
  if (was_killed && !record()) return;  // Nothing had begun.
  const Status back = undo();
  ASSERT_TRUE(back) << back.error().message;
  expect_back();
}

TEST_P(KilledMove, an_undo_is_continued) {
  ASSERT_TRUE(apply());
  changes_left_ = GetParam();
  const bool was_killed = !undo();
  changes_left_ = UINT64_MAX;
  if (was_killed) {
    const Status again = undo();
    ASSERT_TRUE(again) << again.error().message;
  }
  expect_back();
}

// More than either way has changes: the last ones are not killed.
INSTANTIATE_TEST_SUITE_P(AtEachChange, KilledMove, ::testing::Range<std::uint64_t>(0, 130));

TEST_F(MoveOfOneFile, the_kills_reach_every_change) {
  changes_left_ = 130;
  EXPECT_TRUE(apply());
  EXPECT_GT(changes_left_, 0U) << "the range of KilledMove is too small";
  EXPECT_LT(changes_left_, 100U) << "kills are not counted";
  changes_left_ = 130;
  EXPECT_TRUE(undo());
  EXPECT_GT(changes_left_, 0U);
}

TEST_F(MoveOfOneFile, positions_that_go_with_the_unit_are_caught_while_it_stops) {
  plan_.positions_vanish = true;
  FakeMachine::Service& promtail = machine_.services["promtail.service"];
  int waits = 0;
  // It writes them last, and what was private goes a moment later.
  promtail.on_stop = [&] {
    end(kPromtails);
    promtail.active = true;
    waits = 3;
  };
  machine_.on_wait = [&] {
    if (waits == 0 || --waits > 0) return;
    promtail.active = false;
    EXPECT_TRUE(files_.remove(kPromtails));
  };
  const Status moved = apply();
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_EQ(position(kOurs), 40U);
  EXPECT_EQ(problems_, "");
  // Its next start is from the beginning, as each of its starts.
  ASSERT_TRUE(undo());
  EXPECT_NE(said_.find("cannot be brought back"), std::string::npos) << said_;
}

TEST_F(MoveOfOneFile, what_was_there_before_comes_back) {
  files_.append(kOurs, "positions:\n  /other: \"1\"\n");
  files_.append(plan_.outbox + "/clients", "other\n");
  plan_.had_positions = true;
  plan_.had_outbox = true;
  plan_.tailrace_was_active = true;
  plan_.tailrace_was_enabled = true;
  machine_.services["tailrace.service"].active = true;
  machine_.services["tailrace.service"].enabled = true;
  // Until it is told of Promtail it has nothing to do with the file.
  machine_.services["tailrace.service"].on_stop = [this] {
    machine_.services["tailrace.service"].on_stop = [this] { end_tailrace(); };
  };
  ASSERT_TRUE(apply()) << said_;
  expect_moved();
  machine_.services["tailrace.service"].on_start = [] {};
  ASSERT_TRUE(undo()) << said_;
  EXPECT_EQ(problems_, "");
  EXPECT_EQ(files_.content(kOurs), "positions:\n  /other: \"1\"\n");
  EXPECT_EQ(files_.content(plan_.outbox + "/clients"), "other\n");
  EXPECT_TRUE(machine_.services["tailrace.service"].active);
  EXPECT_TRUE(machine_.services["promtail.service"].active);
}

TEST_F(MoveOfOneFile, positions_of_another_configuration_are_not_given_to_promtail) {
  const auto before = files_.content(kPromtails);
  files_.append(kOurs, "positions:\n  /other: \"1\"\n");
  plan_.had_positions = true;
  changes_left_ = 8;  // The record is there, and little else.
  ASSERT_FALSE(apply());
  changes_left_ = UINT64_MAX;
  ASSERT_TRUE(record() && record()->done.empty());
  ASSERT_TRUE(undo()) << said_;
  EXPECT_EQ(files_.content(kPromtails), before);
  EXPECT_EQ(files_.content(kOurs), "positions:\n  /other: \"1\"\n");
}

TEST_F(MoveOfOneFile, a_loki_that_is_behind_is_waited_for_and_then_said) {
  ASSERT_TRUE(apply());
  machine_.answers["/metrics"] =
      "tailrace_outbox_pending_entries{worker=\"0\"} 7\n"
      "tailrace_outbox_pending_entries{worker=\"1\"} 5\n";
  const SteadyTime begin = clock_.steady_now();
  ASSERT_TRUE(undo());
  EXPECT_GE(clock_.steady_now() - begin, std::chrono::seconds(30));
  EXPECT_NE(said_.find("Loki has not taken 12 entries in 30 s"), std::string::npos) << said_;
  expect_back();
}

TEST_F(MoveOfOneFile, a_promtail_without_positions_is_moved_all_the_same) {
  machine_.services["promtail.service"].on_stop = [this] { read_to_ = 0; };
  ASSERT_TRUE(files_.remove(kPromtails));
  ASSERT_TRUE(apply());
  expect_moved();
  EXPECT_NE(said_.find("every file is read from its beginning"), std::string::npos);
}

}  // namespace
}  // namespace tailrace::daemon::migrate
