// Tests of numbers as the `metrics` stage reads them.
#include "pipeline/stages/metric_number.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::pipeline {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(MetricNumber, takes_gos_floating_point_syntax) {
  const std::vector<std::pair<std::string, double>> cases = {
      {"1", 1},
      {"0", 0},
      {"123456789012345", 123456789012345.0},
      {"1234567890123456", 1234567890123456.0},
      {"12345678901234567890", 12345678901234567890.0},
      {"1.5", 1.5},
      {".5", 0.5},
      {"5.", 5},
      {"+5", 5},
      {"-5", -5},
      {"1e2", 100},
      {"1E+2", 100},
      {"1e-2", 0.01},
      {"1_000", 1000},
      {"1_0.0_1", 10.01},
      {"0x1p4", 16},
      {"0X1.8P1", 3},
      {"0x_1p0", 1},
      {"-0x.8p1", -1},
      {"Inf", kInfinity},
      {"-inf", -kInfinity},
      {"+Infinity", kInfinity},
      {"INFINITY", kInfinity},
      {"1e-400", 0},
      {"5e-324", 5e-324},
      {"007", 7},
      {"0x1p-2000", 0},
      {"1.7976931348623157e308", 1.7976931348623157e308},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_EQ(parse_go_float(text), expected) << text;
  EXPECT_TRUE(std::isnan(parse_go_float("nAn").value_or(0)));
  EXPECT_TRUE(std::signbit(parse_go_float("-0").value_or(1)));
}

TEST(MetricNumber, refuses_everything_else) {
  for (const std::string text :
       {"",     " 1",   "1 ",   "abc", "0x10", "1e",       "1e+",  "1e400", "-1e400", ".",
        "+",    "--1",  "1_",   "_1",  "1__0", "1_.0",     "1._0", "1e1_0", "0x",     "0xp1",
        "0x1p", "+NaN", "infi", "1d",  "1,5",  "0x1p2000", "1f",   "0b1"}) {
    EXPECT_EQ(parse_go_float(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_go_float(std::string(1000, '1')), std::nullopt);
}

TEST(MetricNumber, texts_may_be_durations_in_seconds) {
  const std::vector<std::pair<std::string, double>> cases = {
      {"250ms", 0.25}, {"1h30m", 5400}, {"5\xC2\xB5s", 5e-6}, {"-1.5s", -1.5}, {"2.5", 2.5},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_DOUBLE_EQ(metric_number(Value::of(text)).value_or(-99), expected) << text;
  }
  for (const std::string text : {"1d", "10S", "1 s", "1h 2m", "s", "", "ms"}) {
    EXPECT_EQ(metric_number(Value::of(text)), std::nullopt) << text;
  }
}

TEST(MetricNumber, other_kinds_are_taken_as_they_are) {
  EXPECT_EQ(metric_number(Value::of(2.5)), 2.5);
  EXPECT_EQ(metric_number(Value::of_bool(true)), 1);
  EXPECT_EQ(metric_number(Value::of_bool(false)), 0);
  EXPECT_EQ(metric_number(Value::nil()), std::nullopt);
  EXPECT_EQ(metric_number(Value{}), std::nullopt);
}

}  // namespace
}  // namespace tailrace::pipeline
