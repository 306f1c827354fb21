// Tests of the stages that read a text: regex, json, timestamp. More are in tests/cases/stages.
#include <gtest/gtest.h>

#include "pipeline/stages/json_stage.h"
#include "pipeline/stages/regex_stage.h"
#include "pipeline/stages/timestamp_stage.h"
#include "tests/pipeline/pipeline_rig.h"

namespace tailrace::pipeline::testing {
namespace {

using Texts = std::vector<std::string>;
using OnFailure = config::TimestampStageConfig::OnFailure;

config::JsonStageConfig json(config::NamePairs expressions) {
  return {.expressions = std::move(expressions), .source = std::nullopt};
}
config::TimestampStageConfig timestamp(OnFailure on_failure = OnFailure::kFudge) {
  return {.source = "ts",
          .format = "RFC3339Nano",
          .fallback_formats = {},
          .location = std::nullopt,
          .on_failure = on_failure};
}

TEST(RegexStage, writes_groups_of_the_first_match_and_nothing_without_one) {
  PipelineRig rig(stages(regex("(?P<a>\\d)(?P<b>x)?"), labels({"a", "b"})));
  rig.run_all({"-1x2", "-1", "none"});
  EXPECT_EQ(rig.sent_labels(),
            (Texts{R"({a="1", b="x", job="t"})", R"({a="1", b="", job="t"})", R"({job="t"})"}));
}

TEST(RegexStage, reads_its_source_and_skips_an_absent_one) {
  config::RegexStageConfig second = regex("(?P<b>.)$");
  second.source = "a";
  PipelineRig rig(stages(regex("a=(?P<a>\\w+)"), second, labels({"b"})));
  rig.run_all({"a=xyz end", "end"});
  EXPECT_EQ(rig.sent_labels(), (Texts{R"({b="z", job="t"})", R"({job="t"})"}));
}

TEST(JsonStage, writes_every_result_also_nil_over_a_label_copy) {
  PipelineRig rig(
      stages(json({{"a", ""}, {"job", ""}}), config::OutputStageConfig{"job"}, labels({"a"})));
  rig.run_all({R"({"a":"x"})", "no json"});
  EXPECT_EQ(rig.sent_lines(), (Texts{R"({"a":"x"})", "t"}));
  EXPECT_EQ(rig.sent_labels(), (Texts{R"({a="x", job="t"})", R"({job="t"})"}));
}

TEST(JsonStage, drops_malformed_lines_when_told_but_not_those_without_a_source) {
  config::JsonStageConfig config = json({{"unread", "a"}});
  config.drop_malformed = true;
  PipelineRig rig(stages(config));
  rig.run_all({"no json", "{}"});
  EXPECT_EQ(rig.sent_lines(), (Texts{"{}"}));
  config.source = "absent";
  PipelineRig with_source(stages(config));
  with_source.run("no json");
  EXPECT_EQ(with_source.sent_.size(), 1U);
  EXPECT_TRUE(rig.metric_lines("logentry_dropped").empty());
}

TEST(TimestampStage, fudges_from_the_last_time_of_the_same_labels) {
  PipelineRig rig(stages(regex("ts=(?P<ts>\\S+)"), timestamp()));
  const std::int64_t now = unix_nanoseconds(rig.clock_.wall_now());
  constexpr std::int64_t kTime = 1'546'304'400'000'000'000;
  rig.run_all({"x", "ts=2019-01-01T01:00:00Z", "x", "y", "ts=bad"});
  std::vector<std::int64_t> times;
  for (const Sent& sent : rig.sent_)
    times.push_back(sent.time_ns);
  EXPECT_EQ(times, (std::vector<std::int64_t>{now, kTime, kTime + 1, kTime + 2, kTime + 3}));
  rig.target_ = {{"job", "other"}};
  rig.run("x");
  EXPECT_EQ(rig.last().time_ns, now);
}

TEST(TimestampStage, skips_when_told_and_tries_fallbacks) {
  config::TimestampStageConfig config = timestamp(OnFailure::kSkip);
  config.fallback_formats = {"Unix"};
  PipelineRig rig(stages(regex("ts=(?P<ts>\\S+)"), config));
  const std::int64_t now = unix_nanoseconds(rig.clock_.wall_now());
  rig.run_all({"ts=7", "ts=bad", "x"});
  EXPECT_EQ(rig.sent_[0].time_ns, 7'000'000'000);
  EXPECT_EQ(rig.sent_[1].time_ns, now);
  EXPECT_EQ(rig.sent_[2].time_ns, now);
}

// Promtail gives up at 64 KiB (docs/compatibility.md, logfmt).
TEST(LogfmtStage, long_lines_are_read_to_their_end) {
  config::LogfmtStageConfig logfmt;
  logfmt.mapping = {{"last", "last"}};
  for (const std::size_t size : {65'535U, 65'536U, 900'000U}) {
    PipelineRig rig(stages(logfmt, labels({"last"})));
    rig.run("first=" + std::string(size, 'x') + " last=z");
    EXPECT_EQ(rig.last().labels, "{job=\"t\", last=\"z\"}") << size;
  }
}

}  // namespace
}  // namespace tailrace::pipeline::testing
