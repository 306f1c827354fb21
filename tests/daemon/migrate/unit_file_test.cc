// Units, their drop-ins, their command lines and environments.
#include "daemon/migrate/unit_file.h"

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::daemon::migrate {
namespace {

using Words = std::vector<std::string>;

TEST(UnitFile, joins_lines_and_leaves_comments_out) {
  const auto settings = parse_unit(
      "# x\n[Unit]\nDescription=a b\n\n[Service]\nExecStart=/bin/a \\\n# not this\n  -b \\\n  -c\n"
      "; nor this\nUser = someone \n");
  ASSERT_EQ(settings.size(), 3U);
  EXPECT_EQ(settings[0].section, "Unit");
  EXPECT_EQ(settings[1].key, "ExecStart");
  EXPECT_EQ(split_words(settings[1].value).size(), 3U);
  EXPECT_EQ(settings[2].value, "someone");
}

TEST(UnitFile, drop_ins_count_after_the_unit_and_by_name) {
  tailrace::testing::FakeClock clock;
  tailrace::testing::MemoryFileSystem files(clock);
  files.append("/r/lib/systemd/system/p.service",
               "[Service]\nExecStart=/bin/a\nEnvironment=A=1\nUser=u\n");
  files.append("/r/lib/systemd/system/p.service.d/20.conf", "[Service]\nUser=hidden\n");
  files.append("/r/etc/systemd/system/p.service.d/20.conf", "[Service]\nEnvironment=B=2\n");
  files.append("/r/etc/systemd/system/p.service.d/10.conf",
               "[Service]\nExecStart=\nExecStart=/bin/b\nPrivateTmp=yes\n");
  files.append("/r/etc/systemd/system/p.service.d/README", "[Service]\nUser=wrong\n");
  const auto unit = load_unit(files, "/r", "p.service");
  ASSERT_TRUE(unit);
  EXPECT_EQ(unit->files.size(), 3U);
  EXPECT_EQ(unit->value("ExecStart"), "/bin/b");
  EXPECT_EQ(unit->values("ExecStart").size(), 1U);
  EXPECT_EQ(unit->values("Environment"), (Words{"A=1", "B=2"}));
  EXPECT_EQ(unit->value("User"), "u");
  EXPECT_TRUE(unit->is_on("PrivateTmp"));
  EXPECT_EQ(load_unit(files, "", "p.service").error().code, ENOENT);
  // /etc hides the package's unit.
  files.append("/r/etc/systemd/system/p.service", "[Service]\nExecStart=/bin/c\n");
  EXPECT_EQ(load_unit(files, "/r", "p.service")->value("User"), "");
}

TEST(UnitFile, words_are_split_and_expanded_as_systemd_does) {
  const UnitEnvironment environment{{"ARGS", "-a  'b c'"}, {"X", "1 2"}};
  const std::vector<std::pair<std::string, Words>> cases{
      {"/bin/p -x=1  -y", {"/bin/p", "-x=1", "-y"}},
      {"\"a b\" 'c \"d\"' e\\ f", {"a b", "c \"d\"", "e f"}},
      {"-e=${X} $ARGS end", {"-e=1 2", "-a", "b c", "end"}},
      {"$NONE a", {"a"}},
      {"-e=${NONE} a$X $$X 100%%", {"-e=", "a$X", "$X", "100%"}},
      {"-e=${X", {"-e=${X"}},
      {"", {}},
  };
  for (const auto& [line, wanted] : cases)
    EXPECT_EQ(expand_words(split_words(line), environment), wanted) << line;
  EXPECT_EQ(split_words("-a=\"b c\"")[0].written, "-a=\"b c\"");
}

TEST(UnitFile, environment_files_win_over_environment) {
  tailrace::testing::FakeClock clock;
  tailrace::testing::MemoryFileSystem files(clock);
  files.append("/env", "# no\nA=2\nB=\"two words\"\n; no\nC='x'\nbroken\n");
  Unit unit;
  unit.settings = {{"Service", "Environment", "A=1 \"D=a b\""},
                   {"Service", "EnvironmentFile", "-/env"},
                   {"Service", "EnvironmentFile", "-/none"}};
  EXPECT_EQ(unit_environment(files, unit),
            (UnitEnvironment{{"A", "2"}, {"B", "two words"}, {"C", "x"}, {"D", "a b"}}));
}

}  // namespace
}  // namespace tailrace::daemon::migrate
