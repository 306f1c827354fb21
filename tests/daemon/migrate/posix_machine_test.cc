// Programs, owners and links of the real machine.
#include "daemon/migrate/posix_machine.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "tests/support/temp_folder.h"

namespace tailrace::daemon::migrate {
namespace {

class PosixMachineTest : public ::testing::Test {
 protected:
  std::string read(const std::string& name) const {
    std::ifstream file(folder_.path(name));
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  const SystemClock clock_;
  const tailrace::testing::TempFolder folder_;
  PosixMachine machine_{clock_};
};

TEST_F(PosixMachineTest, runs_a_program_and_takes_both_its_streams) {
  const auto ran = machine_.run({"sh", "-c", "echo out; echo err >&2; exit 3"});
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->status, 3);
  EXPECT_EQ(ran->output, "out\nerr\n");
  EXPECT_EQ(machine_.run({"sh", "-c", "kill -9 $$"})->status, 137);
  EXPECT_EQ(machine_.run({"/no/such/program"}).error().code, ENOENT);
}

TEST_F(PosixMachineTest, does_not_wait_for_what_a_program_left_behind) {
  const auto ran = machine_.run({"sh", "-c", "sleep 60 & echo $!"});
  ASSERT_TRUE(ran);
  EXPECT_EQ(machine_.run({"kill", ran->output.substr(0, ran->output.size() - 1)})->status, 0);
}

TEST_F(PosixMachineTest, starts_and_ends_a_program_that_writes_to_files) {
  const auto started = machine_.start({.arguments = {"sh", "-c", "echo $WORD; exec sleep 60"},
                                       .environment = {"WORD=one two"},
                                       .output = folder_.path("out"),
                                       .errors = folder_.path("err")});
  ASSERT_TRUE(started);
  while (read("out").empty() && !(*started)->has_ended())
    ASSERT_TRUE(machine_.wait(std::chrono::milliseconds(5)));
  EXPECT_EQ(read("out"), "one two\n");
  EXPECT_FALSE((*started)->has_ended());
  EXPECT_EQ((*started)->stop(), 128 + 15);
  EXPECT_TRUE((*started)->has_ended());
}

TEST_F(PosixMachineTest, knows_owners_and_links) {
  folder_.append("a", "x");
  const auto owner = machine_.owner(folder_.path("a"));
  ASSERT_TRUE(owner);
  ASSERT_TRUE(machine_.set_owner(folder_.path("a"), {owner->user, owner->group, 0640}));
  EXPECT_EQ(machine_.owner(folder_.path("a"))->mode, 0640U);
  ASSERT_TRUE(machine_.make_link(folder_.path("a"), folder_.path("b")));
  EXPECT_EQ(*machine_.link_target(folder_.path("b")), folder_.path("a"));
  EXPECT_EQ(machine_.owner(folder_.path("none")).error().code, ENOENT);
  EXPECT_FALSE(machine_.link_target(folder_.path("a")));
  EXPECT_FALSE(machine_.make_link("x", folder_.path("a")));
}

TEST_F(PosixMachineTest, makes_a_folder_and_removes_it) {
  const auto folder = machine_.make_temporary_folder();
  ASSERT_TRUE(folder);
  std::ofstream(*folder + "/file") << "x";
  ASSERT_TRUE(machine_.remove_folder(*folder));
  EXPECT_FALSE(std::filesystem::exists(*folder));
}

}  // namespace
}  // namespace tailrace::daemon::migrate
