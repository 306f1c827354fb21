// Time zones: files, rules, and what is damaged.
#include "pipeline/go_time/zone.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "pipeline/go_time/civil.h"
#include "pipeline/go_time/zone_rule.h"
#include "tests/pipeline/zone_file.h"

namespace tailrace::pipeline::go_time {
namespace {

std::int64_t at(std::int64_t year, int month, int day, int hour = 0) {
  return days_since_1970(year, month, day) * kSecondsPerDay + hour * 3600;
}

std::string name_at(std::string_view rule, std::int64_t time) {
  const auto parsed = ZoneRule::parse(rule);
  return parsed ? std::string(parsed->lookup(time).name) : "refused";
}

TEST(ZoneRule, changes_on_the_nth_weekday) {
  constexpr std::string_view kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";
  EXPECT_EQ(name_at(kBerlin, at(2024, 3, 31, 1) - 1), "CET");
  EXPECT_EQ(name_at(kBerlin, at(2024, 3, 31, 1)), "CEST");
  EXPECT_EQ(name_at(kBerlin, at(2024, 10, 27, 1) - 1), "CEST");
  EXPECT_EQ(name_at(kBerlin, at(2024, 10, 27, 1)), "CET");
  EXPECT_EQ(ZoneRule::parse(kBerlin)->lookup(at(2024, 7, 1)).offset, 7200);
  EXPECT_EQ(ZoneRule::parse(kBerlin)->lookup(at(2024, 1, 1)).offset, 3600);
}

TEST(ZoneRule, south_of_the_equator_summer_spans_new_year) {
  constexpr std::string_view kSydney = "AEST-10AEDT,M10.1.0,M4.1.0/3";
  EXPECT_EQ(name_at(kSydney, at(2024, 1, 15)), "AEDT");
  EXPECT_EQ(name_at(kSydney, at(2024, 4, 6, 16) - 1), "AEDT");
  EXPECT_EQ(name_at(kSydney, at(2024, 4, 6, 16)), "AEST");
  EXPECT_EQ(name_at(kSydney, at(2024, 10, 5, 16)), "AEDT");
}

TEST(ZoneRule, knows_all_ways_to_write_a_day_and_a_time) {
  EXPECT_EQ(name_at("AAA0BBB,J60,J300", at(2024, 3, 1, 1)), "AAA");
  EXPECT_EQ(name_at("AAA0BBB,J60,J300", at(2024, 3, 1, 2)), "BBB");
  EXPECT_EQ(name_at("AAA0BBB,59/0,300", at(2024, 2, 29)), "BBB");
  EXPECT_EQ(name_at("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", at(2024, 3, 31, 1)), "-02");
  EXPECT_EQ(name_at("AAA0", at(2024, 3, 31)), "AAA");
  EXPECT_EQ(ZoneRule::parse("AAA-5:30:15")->lookup(0).offset, 19'815);
  EXPECT_EQ(ZoneRule::parse("AAA5BBB3:30,J1/0,J365")->lookup(at(2024, 7, 1)).offset, -12'600);
  EXPECT_EQ(name_at("EST5EDT", at(2024, 7, 1)), "EDT");
}

TEST(ZoneRule, refuses_what_is_no_rule) {
  for (const char* text :
       {"", "A5", "AAA", "AAA5BBB,", "AAA5BBB,M3.2.0", "AAA5BBB,M13.2.0,M11.1.0",
        "AAA5BBB,M3.6.0,M11.1.0", "AAA5BBB,M3.2.7,M11.1.0", "AAA5BBB,J0,J1", "AAA5BBB,366,1",
        "AAA5BBB,M3.2.0,M11.1.0x", "<AAA5", "AAA200", "AAA5BBB;M3.2.0,M11.1.0", "AAA5:60"}) {
    EXPECT_FALSE(ZoneRule::parse(text)) << text;
  }
}

TEST(Zone, answers_before_between_and_behind_its_transitions) {
  const auto zone = Zone::parse(tailrace::testing::new_york_file());
  ASSERT_TRUE(zone.has_value());
  EXPECT_EQ(zone->lookup(at(1800, 1, 1)).name, "LMT");
  EXPECT_EQ(zone->lookup(1615705199).name, "EST");
  EXPECT_EQ(zone->lookup(1615705200).name, "EDT");
  EXPECT_EQ(zone->lookup(1615705200).end, 1636264800);
  EXPECT_EQ(zone->lookup(at(2035, 7, 1)).name, "EDT");
  EXPECT_EQ(zone->offset_of_name("EST", at(2021, 7, 1)), -18'000);
  EXPECT_EQ(zone->offset_of_name("CET", at(2021, 7, 1)), std::nullopt);
}

TEST(Zone, the_default_is_utc) {
  EXPECT_EQ(Zone().lookup(0).offset, 0);
  EXPECT_EQ(Zone().offset_at_wall_time(5), 0);
  EXPECT_EQ(Zone().offset_of_name("UTC", 0), std::nullopt);
}

TEST(Zone, reads_the_first_version_of_the_format) {
  const auto zone = Zone::parse(tailrace::testing::zone_block(
      {{-100, 1}, {1000, 0}}, {{60, false, "AAA"}, {120, true, "BBB"}}, '\0', 4));
  ASSERT_TRUE(zone.has_value());
  EXPECT_EQ(zone->lookup(-101).name, "AAA");
  EXPECT_EQ(zone->lookup(0).name, "BBB");
  EXPECT_EQ(zone->lookup(5000).name, "AAA");
}

TEST(Zone, without_transitions_the_only_kind_holds) {
  const auto zone = Zone::parse(tailrace::testing::zone_file({}, {{3600, false, "CET"}}, "CET-1"));
  EXPECT_EQ(zone->lookup(0).offset, 3600);
  const auto no_rule = Zone::parse(tailrace::testing::zone_file({}, {{3600, false, "CET"}}, ""));
  EXPECT_EQ(no_rule->lookup(0).offset, 3600);
}

TEST(Zone, damaged_files_are_refused) {
  const std::string whole = tailrace::testing::new_york_file();
  const std::size_t footer = whole.find("\nEST5");
  for (std::size_t length = 0; length < footer; ++length) {
    EXPECT_FALSE(Zone::parse(std::string_view(whole).substr(0, length)).has_value()) << length;
  }
  EXPECT_FALSE(
      Zone::parse(tailrace::testing::zone_file({{0, 7}}, {{0, false, "AAA"}}, "")).has_value());
  std::string no_kinds = tailrace::testing::zone_block({}, {{0, false, "AAA"}}, '\0', 4);
  no_kinds[39] = 0;
  EXPECT_FALSE(Zone::parse(no_kinds).has_value());
}

}  // namespace
}  // namespace tailrace::pipeline::go_time
