// Tests of the text form of extracted values.
#include "pipeline/value_text.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::pipeline {
namespace {

TEST(ValueText, numbers_are_the_shortest_digits_in_fixed_notation) {
  const std::vector<std::pair<double, std::string>> cases = {
      {1e3, "1000"},
      {1.0, "1"},
      {0.0, "0"},
      {-0.0, "-0"},
      {1e21, "1000000000000000000000"},
      {1e-7, "0.0000001"},
      {12345678901234567890.0, "12345678901234567000"},
      {9007199254740993.0, "9007199254740992"},
      {0.5, "0.5"},
      {-0.05, "-0.05"},
      {1.5, "1.5"},
      {-123.456, "-123.456"},
      {100.25, "100.25"},
      {10, "10"},
      {1562708916.123, "1562708916.123"},
      {0.1 + 0.2, "0.30000000000000004"},
      {5e-324, "0." + std::string(323, '0') + "5"},
      {1.7976931348623157e308, "17976931348623157" + std::string(292, '0')},
      {std::numeric_limits<double>::infinity(), "+Inf"},
      {-std::numeric_limits<double>::infinity(), "-Inf"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"},
  };
  Arena arena(64);
  for (const auto& [number, expected] : cases)
    EXPECT_EQ(number_text(number, arena), expected);
}

TEST(ValueText, nil_and_absent_have_none) {
  Arena arena(64);
  EXPECT_EQ(text_of(Value{}, arena), std::nullopt);
  EXPECT_EQ(text_of(Value::nil(), arena), std::nullopt);
  EXPECT_EQ(text_of(Value::of(""), arena), "");
  EXPECT_EQ(text_of(Value::of("x"), arena), "x");
  EXPECT_EQ(text_of(Value::of(2.5), arena), "2.5");
  EXPECT_EQ(text_of(Value::of_bool(true), arena), "true");
  EXPECT_EQ(text_of(Value::of_bool(false), arena), "false");
}

}  // namespace
}  // namespace tailrace::pipeline
