// The verbs of the command line.
#include "daemon/verbs.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/daemon/verb_command.h"

namespace tailrace::daemon {
namespace {

class Verbs : public VerbCommand {};

TEST_F(Verbs, anything_else_is_no_verb) {
  EXPECT_EQ(run({}), std::nullopt);
  EXPECT_EQ(run({"-config.file=x", "try"}), std::nullopt);
  EXPECT_EQ(run({"tries"}), std::nullopt);
  EXPECT_EQ(output_ + errors_, "");
}

TEST_F(Verbs, each_has_a_help_text_for_standard_output) {
  for (const std::string verb : {"diff", "health", "receive", "tap", "test", "try", "why"}) {
    for (const std::string flag : {"-help", "--h"}) {
      EXPECT_EQ(run({verb, flag}), 0) << verb;
      EXPECT_TRUE(printed_part("tailrace " + verb)) << verb;
      EXPECT_EQ(errors_, "");
    }
  }
}

TEST_F(Verbs, wrong_flags_are_status_2_and_told_on_standard_error) {
  for (const std::string verb : {"diff", "health", "receive", "tap", "test", "try", "why"}) {
    EXPECT_EQ(run({verb, "-nonsense"}), 2) << verb;
    EXPECT_EQ(output_, "");
    EXPECT_NE(errors_.find("nonsense"), std::string::npos) << verb;
    EXPECT_TRUE(errors_.ends_with("Run with -help for the list of flags.\n")) << errors_;
  }
}

TEST_F(Verbs, a_verb_gets_the_arguments_behind_it) {
  EXPECT_EQ(run({"test", "@none.test.yaml"}), 2);
  EXPECT_TRUE(printed_part("No such file"));
}

}  // namespace
}  // namespace tailrace::daemon
