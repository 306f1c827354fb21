// Completions: what is read of a help text, and what the shells get.
#include "daemon/completion.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::daemon {
namespace {

constexpr const char* kHelp =
    "tailrace look shows it. More words.\n\nUsage: tailrace look [flags]\n\n"
    "  -file=FILE         which\n"
    "  -format=text|json  it's how [text]\n"
    "                     in two lines\n"
    "  -help              print this text\n\n"
    "A line with -dashes=in it.\n";

TEST(Completion, reads_the_flags_of_a_help_text) {
  const auto flags = flags_of_help(kHelp);
  ASSERT_EQ(flags.size(), 3U);
  EXPECT_EQ(flags[0].name, "file");
  EXPECT_EQ(flags[0].value, "FILE");
  EXPECT_EQ(flags[0].text, "which");
  EXPECT_EQ(flags[1].value, "text|json");
  EXPECT_EQ(flags[1].text, "it's how [text]");
  EXPECT_EQ(flags[2].name, "help");
  EXPECT_EQ(flags[2].value, "");
}

TEST(Completion, a_flag_at_the_very_end_needs_no_text) {
  const auto flags = flags_of_help("  -a=B");
  ASSERT_EQ(flags.size(), 1U);
  EXPECT_EQ(flags[0].name, "a");
  EXPECT_EQ(flags[0].value, "B");
  EXPECT_EQ(flags[0].text, "");
  EXPECT_TRUE(flags_of_help("").empty());
}

TEST(Completion, each_shell_gets_verbs_flags_and_choices) {
  struct Case {
    const char* shell;
    const char* parts[3];
  };
  const Case cases[] = {
      {"bash", {"compgen -W 'look'", "flags=' -file= -format= -help '", "values='text json'"}},
      {"zsh",
       {"'look:shows it'", "'-file=[which]:FILE:_files'",
        "'-format=[it'\\''s how \\[text\\]]:text|json:(text json)'"}},
      {"fish",
       {"-a look -d 'shows it'", "-o file -d 'which' -r -F",
        "-o format -d 'it'\\''s how [text]' -x -a 'text json'"}},
  };
  for (const Case& one : cases) {
    const auto script = completion_script(one.shell, {{"", "  -own\n"}, {"look", kHelp}});
    ASSERT_TRUE(script) << one.shell;
    for (const char* const part : one.parts)
      EXPECT_NE(script->find(part), std::string::npos) << part << "\n" << *script;
    EXPECT_NE(script->find("own"), std::string::npos);
  }
  EXPECT_FALSE(completion_script("csh", {}));
}

}  // namespace
}  // namespace tailrace::daemon
