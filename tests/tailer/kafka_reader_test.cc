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
  Log log = Log::discard(clock);
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
  rig.rules.push_back({.source_labels = {"__meta_kafka_topic", "__meta_kafka_partition",
                                         "__meta_kafka_group_id", "__meta_kafka_message_key"},
                       .separator = "/",
                       .target_label = "from"});
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
  point.held.push_back({.number = 7, .begin = rig.begins[7]});
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

}  // namespace
}  // namespace tailrace::tailer
