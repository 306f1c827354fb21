// Durations in both grammars.
#include "config/go_duration.h"

#include <cstdint>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace tailrace::config {
namespace {

struct DurationCase {
  const char* text;
  std::int64_t nanoseconds;
};
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

TEST(GoDuration, reads_what_go_reads) {
  for (const DurationCase& c :
       {DurationCase{"0", 0},
        DurationCase{"+0", 0},
        DurationCase{"-0", 0},
        DurationCase{"0s", 0},
        DurationCase{"5ns", 5},
        DurationCase{"5us", 5000},
        DurationCase{"5\xc2\xb5s", 5000},
        DurationCase{"5\xce\xbcs", 5000},
        DurationCase{"5ms", 5'000'000},
        DurationCase{"5s", 5 * kSecond},
        DurationCase{"5m", 300 * kSecond},
        DurationCase{"1h30m", 5400 * kSecond},
        DurationCase{".5s", kSecond / 2},
        DurationCase{"1.s", kSecond},
        DurationCase{"1.5h", 5400 * kSecond},
        DurationCase{"-1s", -kSecond},
        DurationCase{"+1s", kSecond},
        DurationCase{"1s1s", 2 * kSecond},
        DurationCase{"1h2m3.5s", 3723 * kSecond + kSecond / 2},
        DurationCase{"0.3333333333333333333h", 1'200'000'000'000},
        DurationCase{"2562047h47m16.854775807s", kMax},
        DurationCase{"9223372036854775807ns", kMax},
        DurationCase{"-9223372036854775808ns", std::numeric_limits<std::int64_t>::min()}}) {
    const auto duration = parse_go_duration(c.text);
    ASSERT_TRUE(duration) << c.text;
    EXPECT_EQ(duration->count(), c.nanoseconds) << c.text;
  }
}

TEST(GoDuration, refuses_what_go_refuses) {
  for (const char* text : {"",
                           "-",
                           "+",
                           "1",
                           "10",
                           "1d",
                           "1w",
                           "s",
                           ".s",
                           "1 s",
                           " 1s",
                           "1s ",
                           "1h 5m",
                           "1S",
                           "--1s",
                           "9223372036854775808ns",
                           "-9223372036854775809ns",
                           "2562048h",
                           "99999999999999999999s",
                           "1.5",
                           "1h5",
                           "1x",
                           "3000000h",
                           "2562047h47m16.854775808s"}) {
    EXPECT_FALSE(parse_go_duration(text)) << text;
  }
  EXPECT_EQ(parse_go_duration("10").error().message,
            "\"10\" is not a duration: it needs a unit (ns, us, ms, s, m, h)");
}

TEST(PrometheusDuration, reads_falling_units) {
  constexpr std::int64_t kDay = 86400 * kSecond;
  for (const DurationCase& c :
       {DurationCase{"0", 0}, DurationCase{"5m", 300 * kSecond}, DurationCase{"1d", kDay},
        DurationCase{"1w", 7 * kDay}, DurationCase{"1y", 365 * kDay},
        DurationCase{"1y2w3d4h5m6s7ms", (365 + 14 + 3) * kDay + 14706 * kSecond + 7'000'000},
        DurationCase{"90s", 90 * kSecond}, DurationCase{"292y", 292 * 365 * kDay}}) {
    const auto duration = parse_prometheus_duration(c.text);
    ASSERT_TRUE(duration) << c.text;
    EXPECT_EQ(duration->count(), c.nanoseconds) << c.text;
  }
}

TEST(PrometheusDuration, refuses_the_rest) {
  for (const char* text : {"", "30", "1m1h", "1m1m", "1.5m", "-1m", "1us", "1ns", "m", "1 m",
                           "293y", "99999999999999999999y", "9223372036855s"}) {
    EXPECT_FALSE(parse_prometheus_duration(text)) << text;
  }
}

TEST(GoDuration, is_written_as_go_writes_it) {
  for (const DurationCase& c :
       {DurationCase{"0s", 0}, DurationCase{"5ns", 5}, DurationCase{"1.5\xc2\xb5s", 1500},
        DurationCase{"250ms", 250'000'000}, DurationCase{"1.000001ms", 1'000'001},
        DurationCase{"1s", kSecond}, DurationCase{"1.5s", kSecond * 3 / 2},
        DurationCase{"5m0s", 300 * kSecond}, DurationCase{"1h0m0.00000001s", 3600 * kSecond + 10},
        DurationCase{"24h1m1s", 86461 * kSecond},
        DurationCase{"-1m0.5s", -60 * kSecond - kSecond / 2},
        DurationCase{"2562047h47m16.854775807s", kMax},
        DurationCase{"-2562047h47m16.854775808s", std::numeric_limits<std::int64_t>::min()}}) {
    EXPECT_EQ(format_go_duration(std::chrono::nanoseconds(c.nanoseconds)), c.text);
    EXPECT_EQ(parse_go_duration(c.text).value_or(std::chrono::nanoseconds(-7)).count(),
              c.nanoseconds);
  }
}

}  // namespace
}  // namespace tailrace::config
