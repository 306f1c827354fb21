// Inputs through a worker: what is read, stored, accepted, ended and begun again.
#include "daemon/input_runner.h"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "daemon/input_set.h"
#include "tests/daemon/engine_rig.h"

namespace tailrace::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What an input has, and what it was told; outlives it.
struct Feed {
  std::deque<std::string> lines;  // What comes; taken by poll().
  std::vector<std::string> told;
  std::optional<ResumePoint> resumed;
  std::optional<std::string> stored_cursor;
  SourcePosition accepted = 0;
  bool cannot_be_made = false;
  bool read_fails = false;
  bool ends_late = false;  // begin_stop() leaves what was taken to be read.
  bool waits_for_answer = false;
  bool finished = false;
  int made = 0;
  int living = 0;
};

class FedInput final : public Input {
 public:
  FedInput(Feed& feed, InputStart start, const LabelSet& labels)
      : feed_(feed), start_(std::move(start)), labels_(labels) {
    labels_.pin();
    if (start_.resume) position_ = start_.resume->position;
    ++feed_.living;
  }
  ~FedInput() override {
    labels_.unpin();
    --feed_.living;
  }
  SourceId id() const override { return start_.id; }
  std::string_view job() const override { return "a"; }
  const LabelSet& labels() const override { return labels_; }

  void poll(SteadyTime /*now*/) override {
    if (stopping_) return;
    for (std::string& line : feed_.lines)
      taken_.push_back(std::move(line));
    feed_.lines.clear();
  }
  bool ready() const override { return !taken_.empty() || stopping_ || feed_.finished; }
  Result<Outcome> read(ReadBuffer& /*buffer*/, LineBlock& block) override {
    if (feed_.read_fails) return fail(Error::kOther, "the wire is cut");
    for (std::size_t i = 0; i < taken_.size(); ++i) {
      Line line;
      line.text = taken_[i];
      line.begin = position_ + i;
      line.next = line.begin + 1;
      block.lines.push_back(line);
    }
    if (!block.lines.empty()) return Outcome::kLines;
    return stopping_ || feed_.finished ? Outcome::kEnded : Outcome::kUpToDate;
  }
  void consume(const Line& last) override {
    while (position_ < last.next) {
      taken_.pop_front();
      ++position_;
    }
  }
  void fill_resume_point(ResumePoint& point) const override {
    point.source = start_.id;
    point.kind = SourceKind::kJournal;
    point.job = "a";
    point.path = "cursor-a";
    point.position = position_;
    point.cursor = "at " + std::to_string(position_);
    point.finished = feed_.finished;
  }
  bool wants_cut() const override { return feed_.waits_for_answer; }
  void stored() override { feed_.told.push_back("stored " + std::to_string(position_)); }
  void accepted(const ResumePoint& point) override { feed_.accepted = point.position; }
  void set_room(Room room) override {
    feed_.told.emplace_back(room == Room::kYes ? "room" : "no room");
  }
  void begin_stop() override {
    feed_.told.emplace_back("stop");
    stopping_ = true;
    if (!feed_.ends_late) taken_.clear();
  }
  InputStatus status() const override { return {.ready = true, .trouble = {}, .details = {}}; }

 private:
  Feed& feed_;
  const InputStart start_;
  const LabelSet& labels_;
  std::deque<std::string> taken_;
  SourcePosition position_ = 0;
  bool stopping_ = false;
};

constexpr const char* kUrl = "http://loki/push";

class InputRunnerTest : public EngineRig {
 protected:
  static config::Config one_job(const std::string& client = {}, const std::string& job = "a") {
    return config::valid("clients: [{url: \"" + std::string(kUrl) +
                         "\", batchwait: " + (client.empty() ? "100ms" : client) +
                         "}]\npositions: {filename: /state/positions.yaml, sync_period: 1s}\n"
                         "tailrace: {workers: 1}\nscrape_configs:\n- job_name: " +
                         job + "\n  static_configs: [{labels: {__path__: \"/logs/*.log\"}}]\n");
  }
  InputPlan plan(const std::string& definition = "one") {
    InputPlan plan;
    plan.job = "a";
    plan.kind = SourceKind::kJournal;
    plan.name = "cursor-a";
    plan.type = "feed";
    plan.definition = definition;
    plan.make = [this](const InputWorld& world,
                       InputStart start) -> Result<std::unique_ptr<Input>> {
      if (feed_.cannot_be_made) return fail(Error::kOther, "no such thing");
      ++feed_.made;
      feed_.resumed = start.resume;
      feed_.stored_cursor = start.stored_cursor;
      return std::make_unique<FedInput>(feed_, std::move(start), world.label_sets.intern({}));
    };
    return plan;
  }
  // What a plan of the configuration would be.
  void set(const std::vector<InputPlan>& plans) { engine_->inputs().set(plans); }
  Worker& worker() { return *engine_->workers().front(); }
  InputState state() {
    const std::vector<InputState> states = worker().inputs().states();
    return states.empty() ? InputState{} : states.front();
  }
  std::vector<std::string> sent() { return lokis_[kUrl].lines(); }

  Feed feed_;
};

TEST_F(InputRunnerTest, its_lines_are_sent_and_it_is_told) {
  start(one_job());
  set({plan()});
  feed_.lines = {"one", "two"};
  pass(milliseconds(400));
  EXPECT_EQ(sent(), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(feed_.told, std::vector<std::string>{"stored 2"});
  EXPECT_EQ(feed_.accepted, 2U);
  EXPECT_EQ(engine_->positions().find("cursor-a")->value, "at 2");
  EXPECT_TRUE(state().status.ready);
}

TEST_F(InputRunnerTest, a_sender_that_waits_does_not_wait_for_a_batch) {
  start(one_job("1h"));
  set({plan()});
  feed_.waits_for_answer = true;
  feed_.lines = {"one"};
  pass(milliseconds(40));
  EXPECT_EQ(feed_.told, std::vector<std::string>{"stored 1"});
}

TEST_F(InputRunnerTest, goes_on_behind_its_last_cut_after_a_crash) {
  start(one_job());
  set({plan()});
  feed_.lines = {"one", "two"};
  pass(milliseconds(400));
  kill();
  start(one_job());
  set({plan()});
  pass(milliseconds(100));
  ASSERT_TRUE(feed_.resumed);
  EXPECT_EQ(feed_.resumed->position, 2U);
  EXPECT_EQ(feed_.resumed->cursor, "at 2");
  EXPECT_FALSE(feed_.stored_cursor);
}

TEST_F(InputRunnerTest, adopts_the_cursor_that_another_program_left) {
  files_.append("/state/positions.yaml", "positions:\n  cursor-a: \"s=abc\"\n");
  start(one_job());
  set({plan()});
  pass(milliseconds(100));
  EXPECT_EQ(feed_.stored_cursor, "s=abc");
  EXPECT_FALSE(feed_.resumed);
}

TEST_F(InputRunnerTest, adopts_a_cursor_once_also_when_it_is_killed_before_positions_are_saved) {
  files_.append("/state/positions.yaml", "positions:\n  cursor-a: \"s=abc\"\n");
  start(one_job());
  set({plan()});
  feed_.lines = {"one"};
  pass(milliseconds(400));
  ASSERT_EQ(sent().size(), 1U);
  kill();
  start(one_job());
  set({plan()});
  pass(milliseconds(100));
  EXPECT_FALSE(feed_.stored_cursor);
  ASSERT_TRUE(feed_.resumed);
  EXPECT_EQ(feed_.resumed->position, 1U);
}

TEST_F(InputRunnerTest, goes_on_at_its_saved_cursor_when_the_outbox_is_gone) {
  files_.append("/state/positions.yaml", "positions:\n  cursor-a: \"s=abc\"\n");
  start(one_job());  // It is ours from here on; nothing was cut.
  kill();
  start(one_job());
  set({plan()});
  pass(milliseconds(100));
  EXPECT_FALSE(feed_.resumed);
  EXPECT_EQ(feed_.stored_cursor, "s=abc");
}

TEST_F(InputRunnerTest, an_equal_one_runs_on_and_a_changed_one_goes_on_where_it_was) {
  start(one_job());
  set({plan()});
  feed_.lines = {"one"};
  pass(milliseconds(400));
  set({plan()});
  pass(milliseconds(100));
  EXPECT_EQ(feed_.made, 1);
  feed_.ends_late = true;
  feed_.lines = {"two"};
  worker().run_once();  // Takes it; the new one must not lose it.
  set({plan("other")});
  feed_.lines = {"three"};
  pass(milliseconds(400));
  EXPECT_EQ(feed_.made, 2);
  EXPECT_EQ(feed_.living, 1);
  ASSERT_TRUE(feed_.resumed);
  EXPECT_EQ(feed_.resumed->position, 2U);
  EXPECT_EQ(sent(), (std::vector<std::string>{"one", "two", "three"}));
}

TEST_F(InputRunnerTest, one_that_nobody_wants_any_more_ends_and_may_come_again) {
  start(one_job());
  set({plan()});
  feed_.lines = {"one"};
  pass(milliseconds(400));
  set({});
  pass(milliseconds(100));
  EXPECT_EQ(feed_.living, 0);
  EXPECT_EQ(worker().inputs().size(), 0U);
  set({plan()});
  pass(milliseconds(100));
  ASSERT_TRUE(feed_.resumed);
  EXPECT_EQ(feed_.resumed->position, 1U);
}

TEST_F(InputRunnerTest, one_that_is_over_is_not_begun_again_while_it_is_wanted) {
  start(one_job());
  set({plan()});
  feed_.lines = {"one"};
  pass(milliseconds(400));
  feed_.finished = true;
  pass(milliseconds(400));
  EXPECT_EQ(feed_.living, 0);
  set({plan("other")});
  pass(milliseconds(100));
  EXPECT_EQ(feed_.made, 1);
  EXPECT_FALSE(engine_->positions().find("cursor-a"));
  feed_.finished = false;
  set({});
  set({plan()});
  pass(milliseconds(100));
  EXPECT_EQ(feed_.made, 2);
  EXPECT_FALSE(feed_.resumed);
}

TEST_F(InputRunnerTest, one_that_cannot_be_made_is_tried_again) {
  start(one_job());
  feed_.cannot_be_made = true;
  set({plan()});
  pass(milliseconds(100));
  EXPECT_EQ(state().status.trouble, "no such thing");
  EXPECT_FALSE(state().status.ready);
  feed_.cannot_be_made = false;
  pass(milliseconds(100));
  EXPECT_EQ(feed_.made, 0);  // Not at once.
  pass(milliseconds(4000));
  EXPECT_EQ(feed_.made, 1);
  EXPECT_EQ(state().status.trouble, "");
}

TEST_F(InputRunnerTest, one_that_changes_before_it_was_made_begins_where_it_would_have) {
  files_.append("/state/positions.yaml", "positions:\n  cursor-a: \"s=abc\"\n");
  start(one_job());
  feed_.cannot_be_made = true;
  set({plan()});
  pass(milliseconds(100));
  feed_.cannot_be_made = false;
  set({plan("changed")});
  pass(milliseconds(100));
  EXPECT_EQ(feed_.made, 1);  // At once: what was wrong may be mended.
  EXPECT_EQ(feed_.stored_cursor, "s=abc");
  EXPECT_EQ(state().status.trouble, "");
}

TEST_F(InputRunnerTest, one_that_cannot_be_read_waits_and_is_tried_again) {
  start(one_job());
  set({plan()});
  feed_.read_fails = true;
  feed_.lines = {"one"};
  pass(milliseconds(100));
  EXPECT_EQ(state().status.trouble, "the wire is cut");
  feed_.read_fails = false;
  pass(milliseconds(4000));
  EXPECT_EQ(sent(), std::vector<std::string>{"one"});
  EXPECT_EQ(state().status.trouble, "");
}

TEST_F(InputRunnerTest, at_the_end_what_was_taken_is_still_sent) {
  start(one_job());
  set({plan()});
  pass(milliseconds(100));
  feed_.ends_late = true;
  feed_.lines = {"one", "two"};
  engine_->run_main();
  worker().run_once();
  feed_.lines = {"three"};  // Comes too late.
  engine_->begin_stop(clock_.steady_now() + seconds(5));
  pass(milliseconds(1000));
  EXPECT_EQ(sent(), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(feed_.lines.size(), 1U);
}

TEST_F(InputRunnerTest, what_a_job_has_taken_is_sent_before_the_job_goes) {
  start(one_job());
  set({plan()});
  pass(milliseconds(100));
  feed_.ends_late = true;
  feed_.lines = {"one"};
  worker().run_once();
  ASSERT_TRUE(engine_->reload(one_job({}, "b")));
  pass(milliseconds(1000));
  EXPECT_EQ(sent(), std::vector<std::string>{"one"});
  EXPECT_EQ(feed_.living, 0);
}

TEST_F(InputRunnerTest, while_the_disk_refuses_senders_wait_for_loki) {
  start(one_job());
  set({plan()});
  pass(milliseconds(100));
  files_.set_capacity(0);
  lokis_[kUrl].answer = [](const std::string&) { return 503; };
  feed_.lines = {"one"};
  pass(milliseconds(400));
  EXPECT_EQ(feed_.told, std::vector<std::string>{});
  lokis_[kUrl].answer = [](const std::string&) { return 204; };
  pass(milliseconds(3000));
  EXPECT_EQ(feed_.told, std::vector<std::string>{"stored 1"});
}

}  // namespace
}  // namespace tailrace::daemon
