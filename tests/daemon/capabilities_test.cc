// What is kept of root's power, and that the rest is gone.
#include "daemon/protection/capabilities.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/daemon/forked.h"

namespace tailrace::daemon {
namespace {

namespace fs = std::filesystem;

using User = CapabilityFacts::User;

constexpr CapabilitySet kRead = capability(CAP_DAC_READ_SEARCH);
constexpr CapabilitySet kWrite = capability(CAP_DAC_OVERRIDE);
constexpr CapabilitySet kPorts = capability(CAP_NET_BIND_SERVICE);
constexpr CapabilitySet kAll = ~CapabilitySet{0};
constexpr uid_t kOther = 65534;

TEST(Capabilities, only_what_is_needed_is_kept) {
  struct Case {
    const char* name;
    CapabilityFacts facts;
    CapabilitySet kept;
    std::size_t reasons;
  };
  const std::vector<Case> cases = {
      {"root", {.permitted = kAll, .user = User::kRoot}, kRead, 0},
      {"root, and a folder of another user",
       {.permitted = kAll, .user = User::kRoot, .unwritable = "/x"},
       kRead | kWrite,
       1},
      {"root, and a low port",
       {.permitted = kAll, .user = User::kRoot, .low_port = 514},
       kRead | kPorts,
       1},
      {"root in a container that was not given CAP_DAC_READ_SEARCH",
       {.permitted = kWrite | kPorts, .user = User::kRoot},
       kWrite,
       1},
      {"root without anything", {.permitted = 0, .user = User::kRoot, .unwritable = "/x"}, 0, 0},
      {"a user", {.permitted = 0}, 0, 0},
      {"a user with ambient capabilities", {.permitted = kRead | kPorts}, kRead | kPorts, 1},
      {"a user with too many", {.permitted = kRead | capability(CAP_SYS_ADMIN)}, kRead, 0},
  };
  for (const Case& one : cases) {
    const KeptCapabilities kept = capabilities_to_keep(one.facts);
    EXPECT_EQ(kept.set, one.kept) << one.name;
    EXPECT_EQ(kept.reasons.size(), one.reasons) << one.name;
  }
}

TEST(Capabilities, names_are_those_of_the_manual) {
  EXPECT_EQ(capability_names(0), "none");
  EXPECT_EQ(capability_names(kRead | kPorts), "cap_dac_read_search,cap_net_bind_service");
}

// Files that belong to another user, which root alone can make.
class CapabilitiesOfRoot : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "another user's files need root";
    folder_ = fs::path(::testing::TempDir()) / ("capabilities." + std::to_string(getpid()));
    fs::create_directories(folder_ / "theirs");
    std::ofstream(folder_ / "theirs/file") << "text";
    chmod(at("theirs/file").c_str(), 0600);
    for (const char* const name : {"theirs/file", "theirs"})
      ASSERT_EQ(chown(at(name).c_str(), kOther, kOther), 0);
    chmod(at("theirs").c_str(), 0755);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string at(const std::string& name) const { return (folder_ / name).string(); }

  fs::path folder_;
};

TEST_F(CapabilitiesOfRoot, others_files_are_read_and_not_written) {
  const std::string file = at("theirs/file");
  EXPECT_EQ(in_child([&] {
              if (!keep_capabilities(kRead)) return 1;
              if (open(file.c_str(), O_RDONLY | O_CLOEXEC) < 0) return 2;
              if (open(file.c_str(), O_WRONLY | O_CLOEXEC) >= 0) return 3;
              if (unlink(file.c_str()) == 0) return 4;
              if (open(at("own").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0) return 5;
              return 0;
            }),
            0);
}

TEST_F(CapabilitiesOfRoot, there_is_no_way_back) {
  EXPECT_EQ(in_child([&] {
              if (!keep_capabilities(kRead)) return 1;
              if (permitted_capabilities() != kRead) return 2;
              if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 3;
              if (prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) != 0) return 4;
              if (keep_capabilities(kRead | kWrite) && permitted_capabilities() != kRead) return 5;
              return setuid(kOther) == 0 ? 6 : 0;
            }),
            0);
}

TEST_F(CapabilitiesOfRoot, what_belongs_to_others_is_found) {
  const auto find = [](const WrittenPaths& paths) {
    return unwritable_without_override(paths).value_or("");
  };
  EXPECT_EQ(find({.trees = {at("")}, .alone = {at("")}}), at("") + "/theirs");
  EXPECT_EQ(find({.trees = {}, .alone = {at(""), at("nowhere")}}), "");
  EXPECT_EQ(find({.trees = {}, .alone = {at("theirs")}}), at("theirs"));
  // A file is replaced: whose it is does not matter, but in a folder like /tmp.
  EXPECT_EQ(find({.trees = {}, .alone = {at("theirs/file")}}), "");
  chmod(at("theirs").c_str(), 01777);
  EXPECT_EQ(find({.trees = {}, .alone = {at("theirs/file")}}), at("theirs/file"));
  EXPECT_EQ(permitted_capabilities() & kWrite, kWrite);
  EXPECT_GE(open(at("theirs/file").c_str(), O_WRONLY | O_CLOEXEC), 0)
      << "what was left out is back";
}

TEST_F(CapabilitiesOfRoot, a_user_without_any_has_nothing_to_give_up) {
  EXPECT_EQ(in_child([] {
              if (setuid(kOther) != 0) return 1;
              return keep_capabilities(0) ? 0 : 2;
            }),
            0);
}

}  // namespace
}  // namespace tailrace::daemon
