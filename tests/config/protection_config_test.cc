// The words of the protection's options, there and back.
#include "config/protection_config.h"

#include <gtest/gtest.h>

namespace tailrace::config {
namespace {

TEST(ProtectionConfig, words_are_read_as_they_are_written) {
  for (const char* const word : {"auto", "require", "off"}) {
    const auto mode = parse_protection_mode(word);
    ASSERT_TRUE(mode.has_value()) << word;
    EXPECT_EQ(protection_mode_text(*mode), word);
  }
  for (const char* const word : {"fail", "kill"}) {
    const auto refused = parse_refused_calls(word);
    ASSERT_TRUE(refused.has_value()) << word;
    EXPECT_EQ(refused_calls_text(*refused), word);
  }
}

TEST(ProtectionConfig, false_is_what_yaml_tools_make_of_off) {
  EXPECT_EQ(parse_protection_mode("false"), ProtectionConfig::Mode::kOff);
}

TEST(ProtectionConfig, other_words_are_none) {
  for (const char* const word : {"", "on", "true", "Auto"}) {
    EXPECT_FALSE(parse_protection_mode(word).has_value()) << word;
    EXPECT_FALSE(parse_refused_calls(word).has_value()) << word;
  }
}

}  // namespace
}  // namespace tailrace::config
