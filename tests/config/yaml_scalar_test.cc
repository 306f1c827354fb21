// Typing of unquoted scalars.
#include "config/yaml_scalar.h"

#include <cmath>

#include <gtest/gtest.h>

namespace tailrace::config {
namespace {

TEST(YamlScalar, knows_the_words_of_yaml_1_1) {
  for (const char* word :
       {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}) {
    EXPECT_EQ(resolve_plain_scalar(word).type, YamlType::kBool) << word;
    EXPECT_TRUE(resolve_plain_scalar(word).boolean) << word;
  }
  for (const char* word : {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "OFF"}) {
    EXPECT_EQ(resolve_plain_scalar(word).type, YamlType::kBool) << word;
    EXPECT_FALSE(resolve_plain_scalar(word).boolean) << word;
  }
  for (const char* word : {"", "~", "null", "Null", "NULL"}) {
    EXPECT_EQ(resolve_plain_scalar(word).type, YamlType::kNull) << word;
  }
  for (const char* word : {"yEs", "tRUE", "oN", "nULL", "t", "2020-01-01", "1.2.3", "1h", "+", "-",
                           ".", "0x", "1e", "e5", "_1", "1:30", ".infinity", "a1", "0b12z"}) {
    EXPECT_EQ(resolve_plain_scalar(word).type, YamlType::kText) << word;
  }
}

TEST(YamlScalar, reads_integers_in_all_bases) {
  struct Case {
    const char* text;
    bool negative;
    std::uint64_t magnitude;
  };
  for (const Case& c : {Case{"0", false, 0}, Case{"12", false, 12}, Case{"-12", true, 12},
                        Case{"+5", false, 5}, Case{"1_000", false, 1000}, Case{"0x1f", false, 31},
                        Case{"0X1F", false, 31}, Case{"-0x10", true, 16}, Case{"0o17", false, 15},
                        Case{"017", false, 15}, Case{"0b11", false, 3}, Case{"1__0", false, 10},
                        Case{"18446744073709551615", false, 18446744073709551615U},
                        Case{"-9223372036854775808", true, 9223372036854775808U}}) {
    const YamlScalar scalar = resolve_plain_scalar(c.text);
    EXPECT_EQ(scalar.type, YamlType::kInteger) << c.text;
    EXPECT_EQ(scalar.integer.negative, c.negative) << c.text;
    EXPECT_EQ(scalar.integer.magnitude, c.magnitude) << c.text;
  }
}

TEST(YamlScalar, reads_floats) {
  for (const auto& [text, value] : {std::pair{"1e3", 1000.0},
                                    {"1.5", 1.5},
                                    {"-1.5", -1.5},
                                    {".5", 0.5},
                                    {"5.", 5.0},
                                    {"08", 8.0},
                                    {"1E-2", 0.01},
                                    {"+1.5e+1", 15.0},
                                    {"1_0.5", 10.5},
                                    {"18446744073709551616", 18446744073709551616.0}}) {
    const YamlScalar scalar = resolve_plain_scalar(text);
    EXPECT_EQ(scalar.type, YamlType::kFloat) << text;
    EXPECT_DOUBLE_EQ(scalar.number, value) << text;
  }
  EXPECT_TRUE(std::isnan(resolve_plain_scalar(".NaN").number));
  EXPECT_EQ(resolve_plain_scalar(".inf").number, INFINITY);
  EXPECT_EQ(resolve_plain_scalar("-.Inf").number, -INFINITY);
  EXPECT_EQ(resolve_plain_scalar("1e999").type, YamlType::kText);
}

}  // namespace
}  // namespace tailrace::config
