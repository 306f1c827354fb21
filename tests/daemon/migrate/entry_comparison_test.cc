// What is a difference, and what only looks like one.
#include "daemon/migrate/entry_comparison.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/rfc3339.h"

namespace tailrace::daemon::migrate {
namespace {

using Kind = EntryDifference::Kind;

constexpr const char* kOld = "2020-01-01T00:00:00+0000";
constexpr const char* kNow = "2026-01-01T12:00:05+0000";
constexpr const char* kNowToo = "2026-01-01T13:00:07.25+0100";

PrintedEntry entry(const std::string& line, const std::string& labels = "{a=\"b\"}",
                   const std::string& time = kNow) {
  return {time, labels, line, "/x.log"};
}

FileComparison compare(const std::vector<PrintedEntry>& promtail,
                       const std::vector<PrintedEntry>& tailrace, bool may_have_more = false) {
  const auto files = compare_entries(
      promtail, tailrace,
      {.begin = wall_time_from_unix(*parse_rfc3339("2026-01-01T12:00:00Z")),
       .end = wall_time_from_unix(*parse_rfc3339("2026-01-01T12:00:10Z")),
       .may_have_more = [may_have_more](const std::string&) { return may_have_more; }});
  EXPECT_EQ(files.size(), 1U);
  return files.front();
}

std::vector<Kind> kinds(const FileComparison& file) {
  std::vector<Kind> all;
  for (const EntryDifference& one : file.examples)
    all.push_back(one.kind);
  return all;
}

TEST(EntryComparison, times_of_reading_are_never_alike) {
  const FileComparison file =
      compare({entry("one"), entry("two")}, {entry("one", "{a=\"b\"}", kNowToo), entry("two")});
  EXPECT_EQ(file.same, 2U);
  EXPECT_EQ(file.differ, 0U);
}

TEST(EntryComparison, times_of_lines_are_compared_as_times) {
  EXPECT_EQ(
      compare({entry("x", "{}", kOld)}, {entry("x", "{}", "2020-01-01T01:00:00.0+0100")}).same, 1U);
  const FileComparison file = compare({entry("x", "{}", kOld)}, {entry("x", "{}", kNow)});
  EXPECT_EQ(kinds(file), std::vector{Kind::kTime});
  EXPECT_EQ(file.examples[0].promtail, kOld);
}

TEST(EntryComparison, other_labels_are_one_difference_and_not_two) {
  const FileComparison file = compare({entry("x", "{a=\"1\"}")}, {entry("x", "{a=\"2\"}")});
  EXPECT_EQ(kinds(file), std::vector{Kind::kLabels});
  EXPECT_EQ(file.differ, 1U);
}

TEST(EntryComparison, what_only_one_has_is_told_with_its_side) {
  const FileComparison file =
      compare({entry("both"), entry("p"), entry("end")}, {entry("t"), entry("both"), entry("end")});
  EXPECT_EQ(kinds(file), (std::vector{Kind::kOnlyPromtail, Kind::kOnlyTailrace}));
  EXPECT_EQ(file.same, 2U);
}

TEST(EntryComparison, equal_lines_are_counted) {
  const FileComparison file = compare({entry("x"), entry("x")}, {entry("x")});
  EXPECT_EQ(file.same, 1U);
  EXPECT_EQ(kinds(file), std::vector{Kind::kOnlyPromtail});
}

TEST(EntryComparison, the_order_within_a_stream_counts) {
  EXPECT_EQ(kinds(compare({entry("1"), entry("2")}, {entry("2"), entry("1")})),
            std::vector{Kind::kOrder});
  // Between streams there is none.
  EXPECT_EQ(compare({entry("1", "{a=\"1\"}"), entry("2", "{a=\"2\"}")},
                    {entry("2", "{a=\"2\"}"), entry("1", "{a=\"1\"}")})
                .same,
            2U);
}

TEST(EntryComparison, the_end_of_a_file_that_grows_is_no_difference) {
  const std::vector<PrintedEntry> less{entry("1")};
  const std::vector<PrintedEntry> more{entry("1"), entry("2"), entry("3")};
  EXPECT_EQ(compare(less, more, true).at_the_end, 2U);
  EXPECT_EQ(compare(less, more, true).differ, 0U);
  EXPECT_EQ(compare(more, less, true).at_the_end, 2U);
  EXPECT_EQ(compare(less, more, false).differ, 2U);
  // In the middle it is one all the same.
  EXPECT_EQ(compare({entry("1"), entry("3")}, more, true).differ, 1U);
}

TEST(EntryComparison, is_told_file_by_file) {
  const std::string text =
      comparison_text({{.file = "/a", .same = 2, .examples = {}},
                       {.file = "",
                        .same = 0,
                        .differ = 7,
                        .at_the_end = 1,
                        .examples = {{Kind::kLabels, "x", "{a=\"1\"}", "{a=\"2\"}"}}}});
  EXPECT_NE(text.find("  /a: 2 the same, 0 different\n"), std::string::npos) << text;
  EXPECT_NE(text.find("(no filename): 0 the same, 7 different, 1 more of one at the end"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("other labels: x\n      promtail  {a=\"1\"}\n      tailrace  {a=\"2\"}\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("and 6 more\n2 entries of 2 files are the same, 7 are different\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace tailrace::daemon::migrate
