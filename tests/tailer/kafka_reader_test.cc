// The reader against librdkafka's mock cluster: lines, groups, restarts, faults.
#include "tailer/kafka_reader.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/event_loop.h"
#include "config/kafka_config.h"
#include "tailer/kafka_options.h"
#include "tests/support/kafka_cluster.h"

namespace tailrace::tailer {
namespace {

using tailrace::testing::KafkaCluster;

constexpr std::chrono::seconds kPatience{30};

// What a member needs around it; several may stand side by side.
struct MemberRig {
  explicit MemberRig(const KafkaCluster& cluster) {
    kafka.brokers = {cluster.addresses()};
    kafka.topics = {"logs"};
    kafka.group_id = "g";
    settings = {{"session.timeout.ms", "5000"}, {"heartbeat.interval.ms", "500"}};
  }

  void start() {
    std::vector<config::Diagnostic> faults;
    KafkaReader::Options options{.id = 7,
                                 .job = "k",
                                 .name = "kafka/k",
                                 .group = kafka.group_id,
                                 .topics = kafka_topics(kafka.topics),
                                 .settings = kafka_settings(kafka),
                                 .labels = {{"job", "k"}},
                                 .time = time,
                                 .resume = resume,
                                 .line_bytes_max = line_bytes_max};
    options.settings.insert(options.settings.end(), settings.begin(), settings.end());
    auto made =
        KafkaReader::create(std::move(options), *discovery::Relabeler::compile(rules, faults),
                            nullptr, {clock, log, metrics, *loop, table});
    ASSERT_TRUE(made) << made.error().message;
    reader = std::move(*made);
  }

  // One turn of a worker that does not wait.
  void turn() {
    reader->poll(clock.steady_now());
    if (reading && reader->ready()) {
      block.clear();
      const auto outcome = reader->read(buffer, block);
      ASSERT_TRUE(outcome);
      ended = *outcome == Source::Outcome::kEnded;
      for (const Line& line : block.lines) {
        texts.emplace_back(line.text);
        labels.insert(line.labels->text());
        times.push_back(line.time_ns);
        begins.push_back(line.begin);
      }
      if (!block.lines.empty()) reader->consume(block.lines.back());
      if (!block.lines.empty() && cut_after_read) cut();
    }
    if (reader->wants_cut()) cut();
  }

  // What a worker does: the resume point is durable, then Loki has it.
  void cut() {
    ResumePoint point;
    reader->fill_resume_point(point);
    resume = point;
    reader->stored();
    if (accepting) reader->accepted(point);
  }

  SystemClock clock;
  Log log{clock, {}, [](std::string_view line) {
            std::fprintf(stderr, "%.*s", int(line.size()), line.data());
          }};
  Metrics metrics;
  std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create());
  LabelSetTable table;
  config::KafkaConfig kafka;
  KafkaSettings settings;
  std::vector<config::RelabelConfig> rules;
  KafkaReader::Options::Time time = KafkaReader::Options::Time::kOurs;
  std::uint32_t line_bytes_max = 1U << 20U;
  std::optional<ResumePoint> resume;
  std::unique_ptr<KafkaReader> reader;
  ReadBuffer buffer;
  LineBlock block;
  bool reading = true;
  bool cut_after_read = true;
  bool accepting = true;
  bool ended = false;
  std::vector<std::string> texts;
  std::set<std::string> labels;
  std::vector<std::int64_t> times;
  std::vector<SourcePosition> begins;
};

// Turns all members until `done`.
template <typename Done>
::testing::AssertionResult run_until(const std::vector<MemberRig*>& members, Done done) {
  SystemClock clock;
  const SteadyTime end = clock.steady_now() + kPatience;
  while (!done()) {
    if (clock.steady_now() > end) return ::testing::AssertionFailure() << "waited in vain";
    for (MemberRig* const member : members) {
      if (member->reader == nullptr) continue;
      member->turn();
      if (::testing::Test::HasFatalFailure()) return ::testing::AssertionFailure();
      const SteadyTime wake =
          clock.steady_now() + std::chrono::milliseconds(members.size() > 1 ? 5 : 50);
      const SteadyTime due =
          member->reader->ready() ? SteadyTime::min() : member->reader->next_deadline();
      EXPECT_TRUE(member->loop->wait(clock, std::min(wake, due)));
    }
  }
  return ::testing::AssertionSuccess();
}

void produce(KafkaCluster& cluster, int begin, int end, int partitions = 1,
             const std::string& topic = "logs") {
  for (int i = begin; i < end; ++i)
    cluster.produce(
        {.topic = topic, .partition = i % partitions, .value = "line " + std::to_string(i)});
  cluster.flush();
}

std::vector<std::string> expected(int begin, int end) {
  std::vector<std::string> lines;
  for (int i = begin; i < end; ++i)
    lines.push_back("line " + std::to_string(i));
  return lines;
}

std::vector<std::string> sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST(KafkaReader, gives_each_message_as_a_line_with_its_labels) {
  KafkaCluster cluster;
  cluster.create_topic("logs", 1);
  cluster.produce(
      {.topic = "logs", .value = "with key", .key = "k1", .time_ms = 1'700'000'000'123});
  cluster.produce({.topic = "logs", .value = "without"});
  cluster.flush();
  MemberRig rig(cluster);
  config::RelabelConfig rule;
  rule.source_labels = {"__meta_kafka_topic", "__meta_kafka_partition", "__meta_kafka_group_id",
                        "__meta_kafka_message_key"};
  rule.separator = "/";
  rule.target_label = "from";
  rig.rules.push_back(rule);
  rig.time = KafkaReader::Options::Time::kTheirs;
  rig.start();
  ASSERT_TRUE(run_until({&rig}, [&] { return rig.texts.size() >= 2; }));
  EXPECT_EQ(rig.texts, (std::vector<std::string>{"with key", "without"}));
  EXPECT_EQ(rig.labels, (std::set<std::string>{R"({from="logs/0/g/k1", job="k"})",
                                               R"({from="logs/0/g/none", job="k"})"}));
  EXPECT_EQ(rig.times[0], 1'700'000'000'123'000'000);
  EXPECT_TRUE(rig.reader->status().ready);
}

TEST(KafkaReader, tells_the_group_what_is_accepted_and_not_what_is_only_stored) {
  KafkaCluster cluster;
  cluster.create_topic("logs", 1);
  produce(cluster, 0, 10);
  MemberRig rig(cluster);
  rig.accepting = false;
  rig.start();
  ASSERT_TRUE(run_until({&rig}, [&] { return rig.texts.size() >= 10; }));
  EXPECT_LT(cluster.committed("g", "logs", 0), 1);
  rig.reader->accepted(*rig.resume);
  ASSERT_TRUE(run_until({&rig}, [&] { return cluster.committed("g", "logs", 0) == 10; }));
}

TEST(KafkaReader, a_held_line_holds_its_offset_back) {
  KafkaCluster cluster;
  cluster.create_topic("logs", 1);
  produce(cluster, 0, 10);
  MemberRig rig(cluster);
  rig.accepting = false;
  rig.start();
  ASSERT_TRUE(run_until({&rig}, [&] { return rig.texts.size() >= 10; }));
  ResumePoint point = *rig.resume;
  point.held.emplace_back().begin = rig.begins[7];
  rig.reader->accepted(point);
  ASSERT_TRUE(run_until({&rig}, [&] { return cluster.committed("g", "logs", 0) == 7; }));
}

TEST(KafkaReader, skips_what_it_has_when_the_group_does_not_know_yet) {
  KafkaCluster cluster;
  cluster.create_topic("logs", 2);
  produce(cluster, 0, 100, 2);
  MemberRig rig(cluster);
  rig.accepting = false;  // Nothing is ever committed.
  rig.start();
  ASSERT_TRUE(run_until({&rig}, [&] { return rig.texts.size() >= 100; }));
  rig.reader.reset();  // As kill -9: the group is told nothing.
  EXPECT_LT(cluster.committed("g", "logs", 0), 1);
  rig.start();
  produce(cluster, 100, 120, 2);
  ASSERT_TRUE(run_until({&rig}, [&] { return rig.texts.size() >= 120; }));
  EXPECT_EQ(sorted(rig.texts), sorted(expected(0, 120)));
  EXPECT_GT(
      rig.metrics.counter("tailrace_kafka_repeated_messages_total", "", {{"job", "k"}}).value(), 0);
}

TEST(KafkaReader, commits_what_comes_again_although_nothing_follows) {
  KafkaCluster cluster;
  cluster.create_topic("logs", 1);
  produce(cluster, 0, 100);
  MemberRig rig(cluster);
  rig.accepting = false;
  rig.start();
  ASSERT_TRUE(run_until({&rig}, [&] { return rig.texts.size() >= 100; }));
  rig.reader.reset();  // As kill -9, between Loki's answer and the commit.
  rig.start();
  rig.reader->accepted(*rig.resume);
  ASSERT_TRUE(run_until({&rig}, [&] { return cluster.committed("g", "logs", 0) == 100; }));
}

std::vector<std::string> all_of(const std::vector<MemberRig*>& members) {
  std::vector<std::string> lines;
  for (const MemberRig* const member : members)
    lines.insert(lines.end(), member->texts.begin(), member->texts.end());
  return sorted(std::move(lines));
}

// Where brokers refuse commits, lines come twice, and how many came says not whether all did.
std::size_t distinct(const std::vector<MemberRig*>& members) {
  std::vector<std::string> got = all_of(members);
  got.erase(std::unique(got.begin(), got.end()), got.end());
  return got.size();
}

// The mock brokers refuse commits while a group shares out anew, which real ones take from members
// of the last generation (PreparingRebalance). Where they did, what was read may come twice.
::testing::AssertionResult all_came(const std::vector<MemberRig*>& members,
                                    const std::vector<std::string>& lines) {
  std::vector<std::string> got = all_of(members);
  double refused = 0;
  for (MemberRig* const member : members) {
    refused +=
        member->metrics.counter("tailrace_kafka_commit_failures_total", "", {{"job", "k"}}).value();
  }
  if (refused > 0) got.erase(std::unique(got.begin(), got.end()), got.end());
  if (got == sorted(lines)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << got.size() << " lines instead of " << lines.size();
}

bool has_partitions(const MemberRig& rig, const std::string& count) {
  const InputStatus status = rig.reader->status();
  return std::find(status.details.begin(), status.details.end(),
                   std::pair<std::string, std::string>("partitions", count)) !=
         status.details.end();
}

bool shared(const std::vector<MemberRig*>& members, const std::string& each) {
  return std::all_of(members.begin(), members.end(),
                     [&](const MemberRig* member) { return has_partitions(*member, each); });
}

class KafkaGroup : public ::testing::TestWithParam<config::KafkaConfig::Assignor> {
 protected:
  // What was read is committed: the mock brokers refuse commits while an eager group shares out
  // anew, which real ones take (PreparingRebalance), so nothing may be open then.
  bool settled(const KafkaCluster& cluster, std::int64_t offset) const {
    for (int partition = 0; partition < 6; ++partition) {
      if (cluster.committed("g", "logs", partition) != offset) return false;
    }
    return true;
  }
};

TEST_P(KafkaGroup, members_come_and_go_and_each_message_is_read_once) {
  KafkaCluster cluster(3);
  cluster.create_topic("logs", 6);
  MemberRig first(cluster), second(cluster), third(cluster);
  const std::vector<MemberRig*> all = {&first, &second, &third};
  for (MemberRig* const member : all)
    member->kafka.assignor = GetParam();
  first.start();
  produce(cluster, 0, 600, 6);
  ASSERT_TRUE(run_until(all, [&] { return distinct(all) == 600 && settled(cluster, 100); }));
  second.start();
  ASSERT_TRUE(run_until(all, [&] { return shared({&first, &second}, "3"); }));
  produce(cluster, 600, 1200, 6);
  ASSERT_TRUE(run_until(all, [&] { return distinct(all) == 1200 && settled(cluster, 200); }));
  EXPECT_EQ(second.texts.size(), 300U);
  third.start();
  ASSERT_TRUE(run_until(all, [&] { return shared(all, "2"); }));
  produce(cluster, 1200, 1800, 6);
  ASSERT_TRUE(run_until(all, [&] { return distinct(all) == 1800 && settled(cluster, 300); }));
  first.reader->begin_stop();
  ASSERT_TRUE(run_until(all, [&] { return first.ended; }));
  first.reader.reset();
  produce(cluster, 1800, 2400, 6);
  ASSERT_TRUE(run_until(all, [&] { return distinct(all) == 2400; }));
  ASSERT_TRUE(run_until(all, [&] { return shared({&second, &third}, "3"); }));
  EXPECT_TRUE(all_came(all, expected(0, 2400)));
}

INSTANTIATE_TEST_SUITE_P(Assignors, KafkaGroup,
                         ::testing::Values(config::KafkaConfig::Assignor::kRange,
                                           config::KafkaConfig::Assignor::kRoundRobin,
                                           config::KafkaConfig::Assignor::kSticky));

// Nothing is cut but when the reader wants it, nothing accepted at all: what a partition takes with
// it is what was stored when it left.
TEST(KafkaReader, a_partition_leaves_with_all_that_was_read_of_it) {
  KafkaCluster cluster(2);
  cluster.create_topic("logs", 4);
  MemberRig first(cluster), second(cluster);
  const std::vector<MemberRig*> all = {&first, &second};
  for (MemberRig* const member : all) {
    member->kafka.assignor = config::KafkaConfig::Assignor::kSticky;
    member->accepting = false;
    member->cut_after_read = false;
  }
  first.start();
  produce(cluster, 0, 400, 4);
  ASSERT_TRUE(run_until(all, [&] { return distinct(all) == 400; }));
  second.start();
  int produced = 400;
  ASSERT_TRUE(run_until(all, [&] {
    if (produced < 800) produce(cluster, produced, produced + 4, 4);
    if (produced < 800) produced += 4;
    return produced == 800 && shared(all, "2");
  }));
  ASSERT_TRUE(run_until(all, [&] { return distinct(all) == 800; }));
  first.reader->begin_stop();
  ASSERT_TRUE(run_until(all, [&] { return first.ended; }));
  first.reader.reset();
  produce(cluster, 800, 1000, 4);
  ASSERT_TRUE(run_until(all, [&] { return distinct(all) == 1000 && shared({&second}, "4"); }));
  EXPECT_TRUE(all_came(all, expected(0, 1000)));
}

// The second takes over from where the first's lines were accepted, and the first, back with its
// outbox, skips nothing of what it did not have.
TEST(KafkaReader, a_member_that_dies_is_replaced_by_another) {
  KafkaCluster cluster;
  cluster.create_topic("logs", 2);
  MemberRig first(cluster), second(cluster);
  const std::vector<MemberRig*> all = {&first, &second};
  first.start();
  second.start();
  ASSERT_TRUE(
      run_until(all, [&] { return has_partitions(first, "1") && has_partitions(second, "1"); }));
  produce(cluster, 0, 100, 2);
  ASSERT_TRUE(run_until(all, [&] {
    return distinct(all) == 100 && cluster.committed("g", "logs", 0) == 50 &&
           cluster.committed("g", "logs", 1) == 50;
  }));
  first.reader.reset();  // As kill -9.
  produce(cluster, 100, 200, 2);
  ASSERT_TRUE(run_until(all, [&] { return distinct(all) == 200; }));
  first.start();
  ASSERT_TRUE(
      run_until(all, [&] { return has_partitions(first, "1") && has_partitions(second, "1"); }));
  produce(cluster, 200, 300, 2);
  ASSERT_TRUE(run_until(all, [&] { return distinct(all) == 300; }));
  EXPECT_EQ(all_of(all), sorted(expected(0, 300)));
}

TEST(KafkaReader, goes_where_somebody_set_the_group_back_to) {
  KafkaCluster cluster;
  cluster.create_topic("logs", 1);
  produce(cluster, 0, 10);
  MemberRig rig(cluster);
  rig.start();
  ASSERT_TRUE(run_until(
      {&rig}, [&] { return rig.texts.size() == 10 && cluster.committed("g", "logs", 0) == 10; }));
  rig.reader->begin_stop();
  ASSERT_TRUE(run_until({&rig}, [&] { return rig.ended; }));
  rig.reader->fill_resume_point(*rig.resume);
  // Another cluster with the same topic: of this group nothing is known there.
  KafkaCluster anew;
  anew.create_topic("logs", 1);
  produce(anew, 100, 103);
  MemberRig again(anew);
  again.resume = rig.resume;
  again.start();
  ASSERT_TRUE(run_until({&again}, [&] { return again.texts.size() >= 3; }));
  EXPECT_EQ(again.texts, expected(100, 103));
}

TEST(KafkaReader, waits_for_brokers_that_are_away_and_survives_their_end) {
  KafkaCluster cluster;
  cluster.create_topic("logs", 1);
  cluster.set_down(1);
  MemberRig rig(cluster);
  rig.settings.emplace_back("reconnect.backoff.max.ms", "300");
  rig.start();
  ASSERT_TRUE(run_until({&rig}, [&] {
    return !rig.reader->status().trouble.empty() && rig.metrics.serialize().empty() == false;
  }));
  EXPECT_FALSE(rig.reader->status().ready);
  cluster.set_up(1);
  produce(cluster, 0, 50);
  ASSERT_TRUE(run_until({&rig}, [&] { return rig.texts.size() >= 50; }));
  EXPECT_TRUE(rig.reader->status().ready);
  cluster.set_down(1);
  ASSERT_TRUE(run_until({&rig}, [&] { return !rig.reader->status().trouble.empty(); }));
  cluster.set_up(1);
  produce(cluster, 50, 100);
  ASSERT_TRUE(run_until({&rig}, [&] { return rig.texts.size() >= 100; }));
  EXPECT_EQ(rig.texts, expected(0, 100));
  EXPECT_EQ(rig.reader->status().trouble, "");
}

TEST(KafkaReader, a_pattern_finds_topics_and_a_name_is_only_itself) {
  KafkaCluster cluster;
  for (const char* const topic : {"app-1", "app-x", "logs", "logs-2"})
    cluster.create_topic(topic, 1);
  for (const char* const topic : {"app-1", "app-x", "logs", "logs-2"})
    cluster.produce({.topic = topic, .value = topic});
  cluster.flush();
  MemberRig rig(cluster);
  rig.kafka.topics = {R"(^app-\d$)", "logs"};
  rig.start();
  ASSERT_TRUE(run_until({&rig}, [&] { return rig.texts.size() >= 2; }));
  EXPECT_TRUE(has_partitions(rig, "2"));
  EXPECT_EQ(sorted(rig.texts), (std::vector<std::string>{"app-1", "logs"}));
}

TEST(KafkaReader, cuts_a_long_message_and_keeps_its_line_ends) {
  KafkaCluster cluster;
  cluster.create_topic("logs", 1);
  cluster.produce({.topic = "logs", .value = "0123456789"});
  cluster.produce({.topic = "logs", .value = "a\nb"});
  cluster.produce({.topic = "logs", .value = ""});
  cluster.flush();
  MemberRig rig(cluster);
  rig.line_bytes_max = 4;
  rig.start();
  ASSERT_TRUE(run_until({&rig}, [&] { return rig.texts.size() >= 3; }));
  EXPECT_EQ(rig.texts, (std::vector<std::string>{"0123", "a\nb", ""}));
}

TEST(KafkaReader, what_rules_drop_is_passed_over_and_committed) {
  KafkaCluster cluster;
  cluster.create_topic("logs", 1);
  for (int i = 0; i < 100; ++i)
    cluster.produce({.topic = "logs", .value = std::to_string(i), .key = i == 0 ? "keep" : "drop"});
  cluster.flush();
  MemberRig rig(cluster);
  config::RelabelConfig rule;
  rule.source_labels = {"__meta_kafka_message_key"};
  rule.regex = "drop";
  rule.action = config::RelabelConfig::Action::kDrop;
  rig.rules.push_back(rule);
  rig.start();
  ASSERT_TRUE(run_until({&rig}, [&] { return cluster.committed("g", "logs", 0) == 100; }));
  EXPECT_EQ(rig.texts, (std::vector<std::string>{"0"}));
}

TEST(KafkaReader, stays_in_the_group_while_nobody_reads) {
  KafkaCluster cluster;
  cluster.create_topic("logs", 4);
  MemberRig rig(cluster), other(cluster);
  for (MemberRig* const member : {&rig, &other})
    member->kafka.assignor = config::KafkaConfig::Assignor::kSticky;
  rig.start();
  std::string value(10'000, 'x');
  for (int i = 0; i < 1600; ++i)
    cluster.produce({.topic = "logs", .partition = i % 4, .value = value + std::to_string(i)});
  cluster.flush();
  ASSERT_TRUE(run_until({&rig}, [&] { return rig.texts.size() >= 100; }));
  rig.reading = false;
  other.start();
  ASSERT_TRUE(run_until({&rig, &other}, [&] { return shared({&rig, &other}, "2"); }));
  rig.reading = true;
  ASSERT_TRUE(run_until({&rig, &other}, [&] { return distinct({&rig, &other}) == 1600; }));
  std::vector<std::string> lines;
  for (int i = 0; i < 1600; ++i)
    lines.push_back(value + std::to_string(i));
  EXPECT_TRUE(all_came({&rig, &other}, lines));
}

}  // namespace
}  // namespace tailrace::tailer
