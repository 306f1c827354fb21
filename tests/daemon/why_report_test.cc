// What follows from findings, and how it is shown.
#include "daemon/why_report.h"

#include <gtest/gtest.h>

namespace tailrace::daemon {
namespace {

using Answer = WhyReport::Answer;
using Verdict = Finding::Verdict;

WhyReport report_of(std::vector<JobFindings> jobs) {
  WhyReport report;
  report.path = "/a.log";
  report.jobs = std::move(jobs);
  conclude(report);
  return report;
}

const Finding kOk{"discovery", Verdict::kOk, "named"};
const Finding kCause{"exclude", Verdict::kCause, "left out"};
const Finding kPossible{"stages", Verdict::kPossible, "by chance"};
const Finding kAccepted{"loki", Verdict::kAccepted, "at noon"};

TEST(WhyReport, accepted_by_one_job_is_accepted) {
  const WhyReport report = report_of({{"a", {kOk, kCause}}, {"b", {kOk, kAccepted}}});
  EXPECT_EQ(report.answer, Answer::kAccepted);
  EXPECT_EQ(report.job, "b");
  EXPECT_EQ(why_exit_status(report), 0);
  EXPECT_NE(why_text(report, TextOutput::Colours::kNone).find("Accepted (job b): at noon\n"),
            std::string::npos);
}

TEST(WhyReport, what_one_job_leaves_open_is_open) {
  const WhyReport report = report_of({{"a", {kOk, kCause}}, {"b", {kPossible, kAccepted}}});
  EXPECT_EQ(report.answer, Answer::kNotKnown);
  EXPECT_EQ(report.reason.point, "stages");
  EXPECT_EQ(why_exit_status(report), 3);
}

TEST(WhyReport, the_cause_is_that_of_the_longest_way) {
  const WhyReport report = report_of({{"a", {kCause}}, {"b", {kOk, kOk, kCause}}, {"c", {kCause}}});
  EXPECT_EQ(report.answer, Answer::kCause);
  EXPECT_EQ(report.job, "b");
  EXPECT_EQ(why_exit_status(report), 1);
  const std::string text = why_text(report, TextOutput::Colours::kNone);
  EXPECT_NE(text.find("  exclude     cause    left out\n"), std::string::npos) << text;
  EXPECT_NE(text.find("Not in Loki (job b). exclude: left out\n"), std::string::npos) << text;
  EXPECT_NE(why_text(report, TextOutput::Colours::kAnsi).find("\033[31mcause"), std::string::npos);
}

TEST(WhyReport, a_cause_before_all_jobs_counts) {
  WhyReport report;
  report.findings = {kCause};
  report.jobs = {{"a", {kAccepted}}};
  conclude(report);
  EXPECT_EQ(report.answer, Answer::kCause);
  EXPECT_EQ(report.job, "");
}

TEST(WhyReport, what_was_looked_for_elsewhere_may_be_in_loki) {
  for (const char* const point : {"tenant", "labels"}) {
    const WhyReport report = report_of({{"a", {{point, Verdict::kCause, "elsewhere"}}}});
    const std::string text = why_text(report, TextOutput::Colours::kNone);
    EXPECT_NE(text.find(std::string("Not where you looked (job a). ") + point + ": elsewhere\n"),
              std::string::npos)
        << text;
    EXPECT_EQ(why_exit_status(report), 1);
  }
}

TEST(WhyReport, json_has_every_finding) {
  WhyReport report = report_of({{"a", {kOk, kAccepted}}});
  report.offset = 5;
  report.line = "bad \xff";
  const std::string json = why_json(report);
  EXPECT_NE(json.find("\"answer\": \"accepted\""), std::string::npos);
  EXPECT_NE(json.find("\"offset\": 5"), std::string::npos);
  EXPECT_NE(json.find("\"verdict\": \"ok\""), std::string::npos);
  EXPECT_NE(json.find("\"text\": \"named\""), std::string::npos);
}

TEST(WhyReport, times_are_shown_for_people) {
  EXPECT_EQ(why_time(1'767'323'045'123'456'789), "2026-01-02T03:04:05.123Z");
  EXPECT_EQ(why_time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(why_duration(200'000'000), "0.2 seconds");
  EXPECT_EQ(why_duration(300'000'000'000), "5 minutes");
  EXPECT_EQ(why_duration(3 * 3'600'000'000'000), "3 hours");
  EXPECT_EQ(why_duration(3 * 86'400'000'000'000), "3 days");
}

}  // namespace
}  // namespace tailrace::daemon
