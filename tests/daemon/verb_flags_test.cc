// How verbs read their flags.
#include "daemon/verb_flags.h"

#include <gtest/gtest.h>

namespace tailrace::daemon {
namespace {

struct Parsed {
  bool on = false;
  std::string text;
  std::vector<std::string> list;
  Result<std::vector<std::string>> rest;
};

Parsed parsed_of(const std::vector<const char*>& arguments) {
  Parsed parsed;
  const std::vector<VerbFlag> flags = {
      {"on", &parsed.on}, {"text", &parsed.text}, {"list", &parsed.list}};
  parsed.rest = parse_verb_flags(arguments, flags);
  return parsed;
}

std::string error(const std::vector<const char*>& arguments) {
  const Parsed parsed = parsed_of(arguments);
  return parsed.rest ? "" : parsed.rest.error().message;
}

TEST(VerbFlags, take_values_behind_an_equals_sign_or_as_the_next_argument) {
  const Parsed parsed = parsed_of({"a", "-text=1=2", "--list", "x", "b", "-list=y", "-on", "c"});
  EXPECT_EQ(parsed.text, "1=2");
  EXPECT_EQ(parsed.list, (std::vector<std::string>{"x", "y"}));
  EXPECT_TRUE(parsed.on);
  EXPECT_EQ(*parsed.rest, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(VerbFlags, a_boolean_may_be_told_off_and_never_takes_the_next_argument) {
  EXPECT_FALSE(parsed_of({"-on", "-on=false"}).on);
  EXPECT_EQ(*parsed_of({"-on", "false"}).rest, std::vector<std::string>{"false"});
}

TEST(VerbFlags, a_dash_is_no_flag_and_behind_two_nothing_is) {
  EXPECT_EQ(*parsed_of({"-", "--", "-text=1"}).rest, (std::vector<std::string>{"-", "-text=1"}));
  EXPECT_TRUE(parsed_of({"--"}).rest->empty());
}

TEST(VerbFlags, faults_are_named) {
  EXPECT_EQ(error({"-other"}), "flag provided but not defined: -other");
  EXPECT_EQ(error({"-on=maybe"}), "invalid boolean value \"maybe\" for -on");
  EXPECT_EQ(error({"-text"}), "flag needs an argument: -text");
}

}  // namespace
}  // namespace tailrace::daemon
