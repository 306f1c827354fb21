// The way of a line, with every place where it may end.
#include "daemon/why_walk.h"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/config/loading.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::daemon {
namespace {

using Answer = WhyReport::Answer;

constexpr const char* kLines = "first line\nsecond line\nthird line\n";  // 11, 12, 11 bytes.
constexpr std::uint64_t kEnd = 34;

class WhyWalkTest : public ::testing::Test {
 protected:
  WhyWalkTest() { files_.append("/logs/a.log", kLines); }

  // Jobs as YAML; `more`: other keys of the root.
  void configure(const std::string& jobs, const std::string& more = "") {
    config_ = config::valid(
        "clients: [{name: main, url: \"http://loki/push\"}]\n"
        "positions: {filename: /state/positions.yaml}\n" +
        more + "\nscrape_configs:\n" + jobs);
  }
  static std::string job(const std::string& stages = "[]", const std::string& labels = "") {
    return "- job_name: app\n  static_configs: [{labels: {app: x, __path__: \"/logs/*.log\"" +
           labels + "}}]\n  pipeline_stages: " + stages + "\n";
  }

  // The program has read everything, and the last cut was accepted.
  WhyFacts facts() {
    const FileStat stat = *files_.stat("/logs/a.log");
    WhyFacts facts;
    facts.path = "/logs/a.log";
    facts.exists = true;
    facts.device = stat.device;
    facts.inode = stat.inode;
    facts.history_since_ns = 1'000'000'000'000;
    WhySource source;
    source.source = 7;
    source.job = "app";
    source.path = source.label_path = "/logs/a.log";
    source.labels = {{"app", "x"}, {"filename", "/logs/a.log"}};
    source.device = stat.device;
    source.inode = stat.inode;
    source.offset = source.cut = source.size = kEnd;
    facts.sources.push_back(source);
    CutRecord cut;
    cut.cut = 3;
    cut.time_ns = 1'100'000'000'000;
    CutRange range;
    range.source = 7;
    range.path = "/logs/a.log";
    range.device = stat.device;
    range.inode = stat.inode;
    range.end = kEnd;
    range.lines = 3;
    cut.ranges.push_back(range);
    CutLane lane;
    lane.client = "main";
    lane.entries = lane.accepted = 3;
    lane.answered_ns = 1'101'000'000'000;
    cut.lanes.push_back(lane);
    facts.cuts.push_back(cut);
    return facts;
  }

  WhyInput input(const std::string& text = "third") {
    return {.wanted = {.path = "/logs/a.log", .text = text, .offset = std::nullopt},
            .config = config_,
            .config_yaml = "same",
            .file_system = files_,
            .log = log_,
            .now = clock_.wall_now(),
            .host_name = "here",
            .working_directory = "/",
            .environment = [](std::string_view) { return std::nullopt; },
            .facts = std::nullopt,
            .no_facts = "nobody listens",
            .tenant = std::nullopt,
            .selector = std::nullopt};
  }
  WhyReport with(WhyFacts facts, const std::string& text = "third") {
    WhyInput asked = input(text);
    facts.config_yaml = "same";
    asked.facts = std::move(facts);
    return walk_why(asked);
  }
  WhyReport without_facts(const std::string& text = "third") { return walk_why(input(text)); }

  static void expect(const WhyReport& report, Answer answer, const std::string& point,
                     const std::string& text) {
    EXPECT_EQ(report.answer, answer) << why_text(report, TextOutput::Colours::kNone);
    EXPECT_EQ(report.reason.point, point) << why_text(report, TextOutput::Colours::kNone);
    EXPECT_NE(report.reason.text.find(text), std::string::npos)
        << why_text(report, TextOutput::Colours::kNone);
  }

  testing::FakeClock clock_;
  testing::MemoryFileSystem files_{clock_};
  Log log_ = Log::discard(clock_);
  config::Config config_;
};

TEST_F(WhyWalkTest, an_accepted_line_is_told_with_time_and_stream) {
  configure(job());
  const WhyReport report = with(facts());
  expect(report, Answer::kAccepted, "loki", "client main accepted it at 1970-01-01T00:18:21Z");
  expect(report, Answer::kAccepted, "loki", R"(query {app="x", filename="/logs/a.log"})");
  EXPECT_EQ(why_exit_status(report), 0);
  EXPECT_EQ(report.offset, 23U);
}

TEST_F(WhyWalkTest, names_what_keeps_the_file_out_of_the_configuration) {
  struct Case {
    std::string jobs;
    std::string point;
    std::string text;
  };
  const std::vector<Case> cases{
      {"- {job_name: a, static_configs: [{labels: {__path__: /logs/*.txt}}]}", "discovery",
       "job a follows /logs/*.txt: the same folder, but another name"},
      {"- {job_name: a, static_configs: [{labels: {__path__: /other/a.log}}]}", "discovery",
       "job a follows /other/a.log: the same name in another folder"},
      {"- {job_name: a, static_configs: [{labels: {__path__: /log/*.log}}]}", "discovery",
       "no job's __path__ names this file"},
      {"- {job_name: a, static_configs: [{labels: {__path__: /logs/*.log, "
       "__path_exclude__: /logs/a*}}]}",
       "exclude", "__path_exclude__ /logs/a* leaves the file out"},
      {"- {job_name: a, static_configs: [{labels: {__path__: /logs/*.log, __host__: there}}]}",
       "relabelling", "__host__ is \"there\", and this machine is \"here\""},
      {"- job_name: a\n  static_configs: [{labels: {__path__: /logs/*.log, env: test}}]\n"
       "  relabel_configs:\n  - {source_labels: [env], target_label: stage}\n"
       "  - {source_labels: [stage], regex: test, action: drop}\n",
       "relabelling", "rule 2 of relabel_configs (action drop, line 9) drops the target"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.jobs);
    configure(one.jobs);
    expect(without_facts(), Answer::kCause, one.point, one.text);
  }
}

TEST_F(WhyWalkTest, names_what_is_wrong_with_the_file) {
  configure(job());
  WhyInput asked = input();
  asked.wanted.path = "/logs/none.log";
  files_.append("/logs/none.log.1", "x\n");
  expect(walk_why(asked), Answer::kCause, "file", "there is no such file");
  expect(walk_why(asked), Answer::kCause, "file", "beside it: none.log.1");
  asked.wanted.path = "/logs";
  expect(walk_why(asked), Answer::kCause, "file", "this is a folder");
  expect(without_facts("fourth"), Answer::kCause, "line", "no line of the file contains");

  files_.fail_on(testing::Operation::kOpen, "/logs/a.log", EACCES);
  WhyFacts denied = facts();
  denied.sources.clear();
  denied.cuts.clear();
  denied.open_error = "open /logs/a.log: Permission denied";
  expect(with(denied), Answer::kCause, "permission", "the program cannot open the file");
  expect(without_facts(), Answer::kNotKnown, "permission", "the file cannot be read here");
}

TEST_F(WhyWalkTest, a_file_that_is_not_followed_has_a_reason) {
  configure(job());
  WhyFacts none = facts();
  none.sources.clear();
  none.cuts.clear();
  expect(with(none), Answer::kCause, "identity", "new files are found by events");
  WhyInput other = input();
  other.facts = none;
  expect(walk_why(other), Answer::kCause, "identity", "another configuration");
  none.silent_workers = {0};
  expect(with(none), Answer::kNotKnown, "identity", "too busy");

  WhyFacts rotated = facts();
  rotated.sources.front().inode = 99;
  expect(with(rotated), Answer::kCause, "identity", "has a new file");

  configure(job() + "  tailrace: {ignore_older: 1h}\n");
  clock_.advance(std::chrono::hours(2));
  none.silent_workers.clear();
  expect(with(none), Answer::kCause, "file", "ignore_older: 60 minutes");
}

TEST_F(WhyWalkTest, a_line_that_was_not_read_has_a_reason) {
  configure(job());
  WhyFacts behind = facts();
  behind.sources.front().offset = 11;
  expect(with(behind), Answer::kCause, "position",
         "it was not read yet: the program is at byte 11");
  behind.stalled_workers = {0};
  behind.troubles = {"client main: its share of the outbox is full"};
  expect(with(behind), Answer::kCause, "outbox", "its share of the outbox is full");

  WhyFacts at_end = facts();
  at_end.sources.front().first = kEnd;
  at_end.cuts.clear();
  expect(with(at_end), Answer::kCause, "position", "reading began at byte 34, behind it");

  files_.append("/logs/a.log", "no end");
  expect(with(facts(), "no end"), Answer::kCause, "newline", "no newline at its end");
}

TEST_F(WhyWalkTest, names_the_stage_that_drops_the_line) {
  configure(
      job("[{regex: {expression: '^(?P<word>\\w+)'}}, {drop: {source: word, value: third}}]"));
  expect(with(facts()), Answer::kCause, "stages", "stage 1 (drop, line 7) drops it");
  expect(with(facts()), Answer::kCause, "stages", "counted as drop_stage");
  EXPECT_EQ(with(facts(), "second").answer, Answer::kAccepted);
  configure(job("[{match: {selector: '{app=\"x\"} |= \"third\"', action: drop}}]"));
  expect(with(facts()), Answer::kCause, "stages", "stage 0 (match, line 7) drops it");
}

TEST_F(WhyWalkTest, lines_of_one_event_are_judged_together) {
  configure(job("[{multiline: {firstline: '^first'}}, {drop: {expression: 'second'}}]"));
  expect(with(facts()), Answer::kCause, "stages", "stage 1 (drop");
}

TEST_F(WhyWalkTest, what_chance_decides_is_possible_until_the_cut_tells) {
  configure(job("[{sampling: {rate: 0.25}}, {limit: {rate: 5, burst: 7, drop: true}}]"));
  WhyFacts some = facts();
  some.cuts.front().lanes.front().entries = some.cuts.front().lanes.front().accepted = 2;
  expect(with(some), Answer::kNotKnown, "stages", "keeps one of 4 lines by chance (rate 0.25)");
  const WhyReport report = with(some);
  EXPECT_NE(why_text(report, TextOutput::Colours::kNone).find("5 lines per second pass (burst 7)"),
            std::string::npos);
  EXPECT_EQ(why_exit_status(report), 3);
  EXPECT_EQ(with(facts()).answer, Answer::kAccepted);  // As many entries as lines.
  some.cuts.front().lanes.clear();
  expect(with(some), Answer::kCause, "stages", "no line that was read with it became an entry");
}

TEST_F(WhyWalkTest, limits_are_told) {
  configure(job(), "limits_config: {max_line_size: 5}");
  expect(with(facts()), Answer::kCause, "limits", "has 10 bytes, and max_line_size is 5");
  configure(job(), "limits_config: {max_line_size: 5, max_line_size_truncate: true}");
  EXPECT_EQ(with(facts()).answer, Answer::kAccepted);
  configure(job(),
            "limits_config: {readline_rate_enabled: true, readline_rate: 3, "
            "readline_burst: 4, readline_rate_drop: true, max_streams: 2}");
  WhyFacts some = facts();
  some.cuts.clear();
  some.saved_position = "34";
  EXPECT_EQ(with(some).answer, Answer::kAccepted);
  some.dropped["logentry_dropped_lines_total{reason=\"global_rate_limiter_drop\"}"] = 12;
  expect(with(some), Answer::kNotKnown, "limits",
         "3 lines per second pass (burst 4) and has "
         "dropped 12");
}

TEST_F(WhyWalkTest, an_answer_of_loki_is_the_cause) {
  configure(job());
  WhyFacts refused = facts();
  CutLane& lane = refused.cuts.front().lanes.front();
  lane.accepted = 0;
  lane.refused = 3;
  lane.reason = "ingester_error";
  lane.status = 400;
  lane.answer = "server returned HTTP status 400: timestamp too old";
  expect(with(refused), Answer::kCause, "loki",
         "refused it at 1970-01-01T00:18:21Z: server "
         "returned HTTP status 400: timestamp too old");
  lane.accepted = 2;
  lane.refused = 1;
  expect(with(refused), Answer::kNotKnown, "loki", "1 of the 3 entries");
  lane.answer = R"(entry for stream '{app="x", filename="/logs/a.log"}' is too old)";
  expect(with(refused), Answer::kCause, "loki", "is too old");
  lane.reason = "outbox_full";
  lane.answer.clear();
  lane.accepted = 0;
  lane.refused = 3;
  expect(with(refused), Answer::kCause, "loki", "when_full: drop_oldest");
}

TEST_F(WhyWalkTest, a_line_that_waits_has_a_place) {
  configure(job());
  WhyFacts waits = facts();
  waits.cuts.front().lanes.front().accepted = 0;
  expect(with(waits), Answer::kCause, "loki", "which has not answered yet");
  waits.lanes.push_back({"main", "", 33, 1'100'000'000'000, false});
  expect(with(waits), Answer::kCause, "batch", "at the latest at 1970-01-01T00:18:21Z (batchwait)");
  waits.retries.push_back(
      {"main", "", "connection refused", 1'100'000'000'000, 1'102'000'000'000, 4});
  expect(with(waits), Answer::kCause, "loki",
         "connection refused; tried 4 times since 1970-01-01T00:18:20Z");
  WhyFacts open = facts();
  open.cuts.clear();
  open.sources.front().cut = 0;
  expect(with(open), Answer::kCause, "batch", "in an open batch");
  open.sources.front().held_from = 11;
  expect(with(open), Answer::kCause, "stages", "a stage holds it");
}

TEST_F(WhyWalkTest, behind_the_history_the_positions_tell) {
  configure(job());
  WhyFacts old = facts();
  old.cuts.clear();
  old.saved_position = "34";
  expect(with(old), Answer::kAccepted, "loki", "before 1970-01-01T00:16:40Z, and no record");
  old.dropped["promtail_dropped_entries_total{reason=\"ingester_error\"}"] = 2;
  expect(with(old), Answer::kNotKnown, "loki", "2 entries were dropped");
}

TEST_F(WhyWalkTest, a_held_line_is_in_the_cut_that_lets_it_go) {
  configure(job());
  WhyFacts held = facts();
  CutRecord later = held.cuts.front();
  held.cuts.front().ranges.front().held_from = 11;
  later.cut = 4;
  later.lanes.front().answered_ns = 1'200'000'000'000;
  later.ranges.front().begin = kEnd;
  held.cuts.push_back(later);
  expect(with(held), Answer::kAccepted, "loki", "accepted it at 1970-01-01T00:20:00Z");
  expect(with(held, "first"), Answer::kAccepted, "loki", "accepted it at 1970-01-01T00:18:21Z");
}

TEST_F(WhyWalkTest, another_tenant_or_stream_is_a_cause) {
  configure(job("[{tenant: {value: red}}, {static_labels: {level: low}}, {labeldrop: [app]}]"));
  WhyFacts red = facts();
  red.cuts.front().lanes.front().tenant = "red";
  WhyInput asked = input();
  asked.facts = red;
  asked.tenant = "blue";
  expect(walk_why(asked), Answer::kCause, "tenant",
         "it is sent to tenant \"red\", not to tenant "
         "\"blue\"; a stage chooses the tenant");
  asked.tenant = "red";
  expect(walk_why(asked), Answer::kAccepted, "loki", "of tenant \"red\"");
  asked.selector = "{app=\"x\"}";
  expect(walk_why(asked), Answer::kCause, "labels",
         R"(look for {filename="/logs/a.log", level="low"})");
  asked.selector = "{level=\"low\"}";
  const WhyReport report = walk_why(asked);
  EXPECT_EQ(report.answer, Answer::kAccepted);
  EXPECT_NE(why_text(report, TextOutput::Colours::kNone)
                .find("stage 2 (labeldrop, line 7) removes label app"),
            std::string::npos);
}

TEST_F(WhyWalkTest, a_time_far_off_is_told) {
  configure(
      job("[{static_labels: {a: b}}, {template: {source: t, template: "
          "'2001-02-03T04:05:06Z'}}, {timestamp: {source: t, format: RFC3339}}]"));
  WhyFacts timed = facts();
  expect(with(timed), Answer::kAccepted, "loki", "at the time 2001-02-03T04:05:06Z");
}

TEST_F(WhyWalkTest, without_a_program_the_disk_tells_what_it_knows) {
  configure(job());
  expect(without_facts(), Answer::kCause, "daemon",
         "no program runs (nobody listens); the file was read up to byte 0");
  files_.append("/state/positions.yaml", "positions:\n  /logs/a.log: \"34\"\n");
  expect(without_facts(), Answer::kNotKnown, "position",
         "everything before byte 34 was accepted before");
  files_.fail_on(testing::Operation::kOpen, "/state/positions.yaml", EACCES);
  expect(without_facts(), Answer::kNotKnown, "daemon",
         "no program runs (nobody listens), and its positions cannot be read: ");
}

TEST_F(WhyWalkTest, of_a_program_that_cannot_be_asked_nothing_is_certain) {
  configure(job());
  WhyInput asked = input();
  asked.program = WhyInput::Program::kNotAsked;
  asked.no_facts = "no answer";
  expect(walk_why(asked), Answer::kNotKnown, "daemon",
         "the program cannot be asked (no answer); its positions, which may be behind it, say that "
         "it has come to byte 0, and the line begins at byte 23");
  files_.append("/logs/a.log", "no end");
  asked.wanted.text = "no end";
  expect(walk_why(asked), Answer::kNotKnown, "daemon", "begins at byte 34");
  files_.append("/state/positions.yaml", "positions: 5\n");
  expect(walk_why(asked), Answer::kNotKnown, "daemon",
         "the program cannot be asked (no answer), and its positions cannot be read: ");
}

TEST_F(WhyWalkTest, a_tenant_that_nobody_sets_is_told) {
  configure(job());
  WhyInput asked = input();
  asked.facts = facts();
  asked.tenant = "blue";
  expect(walk_why(asked), Answer::kCause, "tenant",
         "it is sent to no tenant, not to tenant \"blue\"; no client sets tenant_id");
}

TEST_F(WhyWalkTest, the_line_filter_that_does_not_mean_it_is_named) {
  configure(job());
  WhyInput asked = input();
  asked.facts = facts();
  const std::vector<std::pair<std::string, std::string>> cases{
      {"{app=\"x\"} |= \"third\" != \"line\"", "the line filter != \"line\" does not"},
      {"{app=~\"x|y\", app!=\"z\"} |~ \"^line\"", "the line filter |~ \"^line\" does not"},
      {"{app!~\"z\"} !~ \"t..rd\"", "the line filter !~ \"t..rd\" does not"},
      {"{app=\"x\"} |= \"a\\\"b\"", R"(the line filter |= "a\"b" does not)"},
      {"{app=\"y\"} |= \"fourth\"", "look for {app=\"x\""},
  };
  for (const auto& [selector, text] : cases) {
    asked.selector = selector;
    expect(walk_why(asked), Answer::kCause, "labels", text);
  }
}

}  // namespace
}  // namespace tailrace::daemon
