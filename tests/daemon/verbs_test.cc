// The verbs of the command line.
#include "daemon/verbs.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/command_line.h"
#include "daemon/completion.h"
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
  for (const std::string verb :
       {"completion", "diff", "health", "receive", "tap", "test", "try", "why"}) {
    for (const std::string flag : {"-help", "--h"}) {
      EXPECT_EQ(run({verb, flag}), 0) << verb;
      EXPECT_TRUE(printed_part("tailrace " + verb)) << verb;
      EXPECT_EQ(errors_, "");
    }
  }
}

TEST_F(Verbs, wrong_flags_are_status_2_and_told_on_standard_error) {
  for (const std::string verb :
       {"completion", "diff", "health", "receive", "tap", "test", "try", "why"}) {
    EXPECT_EQ(run({verb, "-nonsense"}), 2) << verb;
    EXPECT_EQ(output_, "");
    EXPECT_NE(errors_.find("nonsense"), std::string::npos) << verb;
    EXPECT_TRUE(errors_.ends_with("Run with -help for the list of flags.\n")) << errors_;
  }
}

TEST_F(Verbs, completions_know_every_flag_of_every_help_text) {
  std::vector<std::string> known;
  for (const std::string verb : {"completion", "diff", "receive", "tap", "test", "try", "why"}) {
    ASSERT_EQ(run({verb, "-help"}), 0);
    for (const FlagHelp& flag : flags_of_help(output_))
      known.push_back(flag.name);
    known.push_back(verb);
  }
  for (const FlagHelp& flag : flags_of_help(help_text()))
    known.push_back(flag.name);
  ASSERT_GT(known.size(), 70U);
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    ASSERT_EQ(run({"completion", shell}), 0);
    for (const std::string& word : known)
      EXPECT_NE(output_.find(word), std::string::npos) << shell << ": " << word;
  }
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{}, {"csh"}, {"bash", "zsh"}}) {
    std::vector<std::string> arguments{"completion"};
    arguments.insert(arguments.end(), wrong.begin(), wrong.end());
    EXPECT_EQ(run(arguments), 2);
    EXPECT_EQ(output_, "");
  }
}

TEST_F(Verbs, a_verb_gets_the_arguments_behind_it) {
  EXPECT_EQ(run({"test", "@none.test.yaml"}), 2);
  EXPECT_TRUE(printed_part("No such file"));
}

}  // namespace
}  // namespace tailrace::daemon
