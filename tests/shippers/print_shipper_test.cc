// The dry run's lines.
#include "shippers/print_shipper.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/shippers/push_support.h"

namespace tailrace::shippers {
namespace {

TEST(DryRunTime, trims_the_fraction) {
  const std::vector<std::pair<std::int64_t, std::string>> cases{
      {0, "1970-01-01T00:00:00+0000"},
      {1'767'323'045'123'456'789, "2026-01-02T03:04:05.123456789+0000"},
      {1'767'323'045'100'000'000, "2026-01-02T03:04:05.1+0000"},
      {1'767'323'045'000'000'010, "2026-01-02T03:04:05.00000001+0000"},
      {1'709'208'000'000'000'000, "2024-02-29T12:00:00+0000"},
      {-1, "1969-12-31T23:59:59.999999999+0000"},
  };
  for (const auto& [time, want] : cases)
    EXPECT_EQ(dry_run_time(Timestamp::of_ns(time)), want);
  EXPECT_EQ(dry_run_time({Timestamp::kSecondsMin, 0}), "0001-01-01T00:00:00+0000");
  EXPECT_EQ(dry_run_time({Timestamp::kSecondsMax, 1}), "9999-12-31T23:59:59.000000001+0000");
}

TEST(PrintShipper, prints_time_labels_and_line_and_accepts) {
  std::string out;
  PrintShipper shipper(
      {[&out](std::string_view text) { out += text; }, TextOutput::Colours::kNone});
  EXPECT_EQ(shipper.next_deadline(), SteadyTime::max());
  EXPECT_TRUE(shipper.has_place());
  const std::string body = body_of({"one", "tab\there", ""});
  shipper.submit(5, push_body(body, 3));
  EXPECT_EQ(out,
            "2023-11-14T22:13:20+0000\t{job=\"j\"}\tone\n"
            "2023-11-14T22:13:20+0000\t{job=\"j\"}\ttab\there\n"
            "2023-11-14T22:13:20+0000\t{job=\"j\"}\t\n");
  EXPECT_EQ(shipper.next_deadline(), SteadyTime::min());
  const auto results = shipper.take_results(SteadyTime{});
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].request, 5U);
  EXPECT_EQ(results[0].entries, 3U);
  EXPECT_TRUE(results[0].accepted);
  EXPECT_TRUE(shipper.take_results(SteadyTime{}).empty());
  EXPECT_EQ(shipper.trouble(), "");
}

TEST(PrintShipper, leaves_skipped_entries_out) {
  std::string out;
  PrintShipper shipper(
      {[&out](std::string_view text) { out += text; }, TextOutput::Colours::kNone});
  const std::string body = body_of({"one", "two"});
  shipper.submit(1, push_body(body, 1, 1));
  EXPECT_EQ(out, "2023-11-14T22:13:20+0000\t{job=\"j\"}\ttwo\n");
  EXPECT_EQ(shipper.take_results(SteadyTime{}).at(0).entries, 1U);
}

TEST(PrintShipper, colours_time_blue_and_labels_yellow) {
  std::string out;
  PrintShipper shipper(
      {[&out](std::string_view text) { out += text; }, TextOutput::Colours::kAnsi});
  const std::string body = body_of({"one"});
  shipper.submit(1, push_body(body, 1));
  EXPECT_EQ(out, "\033[34m2023-11-14T22:13:20+0000\033[0m\t\033[33m{job=\"j\"}\033[0m\tone\n");
}

TEST(PrintShipper, says_that_it_cannot_read_a_body) {
  PrintShipper shipper({[](std::string_view) { FAIL(); }, TextOutput::Colours::kNone});
  const std::string body = "garbage that is no snappy block";
  shipper.submit(1, push_body(body, 2));
  const auto results = shipper.take_results(SteadyTime{});
  ASSERT_EQ(results.size(), 1U);
  EXPECT_FALSE(results[0].accepted);
  EXPECT_EQ(results[0].entries, 2U);
  EXPECT_EQ(results[0].reason, "ingester_error");
}

}  // namespace
}  // namespace tailrace::shippers
