// A process that has given up what it does not need, and configurations that it could not run.
#include "daemon/protection/protection.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "daemon/protection/landlock.h"
#include "tests/daemon/forked.h"

namespace tailrace::daemon {
namespace {

namespace fs = std::filesystem;

using Mode = config::ProtectionConfig::Mode;

constexpr int kNotProtected = 99;

class ProtectionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / ("protection." + std::to_string(getpid()));
    fs::create_directories(folder_ / "other");
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string at(const std::string& name) const { return (folder_ / name).string(); }

  config::Config config(Mode mode = Mode::kAuto) const {
    config::Config made;
    made.positions.filename = at("state/positions.yaml");
    made.tailrace.protection.mode = mode;
    return made;
  }

  // What `work` returns in a process that was protected with this configuration.
  int protect(const config::Config& config, const std::function<int(const Protection&)>& work) {
    return in_child([&] {
      auto protection =
          Protection::apply(config, {.working_directory = "/"}, {file_system_, log_, metrics_});
      return protection ? work(**protection) : kNotProtected;
    });
  }

  int writes(const std::string& name) const {
    return open(at(name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 ? errno : 0;
  }

  // Of this process: 1, 0, or -1 when there is none.
  int metric(const std::string& part) {
    const std::string text = metrics_.serialize();
    const std::string series = "tailrace_protection{part=\"" + part + "\"} ";
    const std::size_t found = text.find(series);
    return found == std::string::npos ? -1 : text[found + series.size()] - '0';
  }

  fs::path folder_;
  SystemClock clock_;
  PosixFileSystem file_system_;
  std::string logged_;
  Log log_{clock_, {LogLevel::kDebug, LogFormat::kLogfmt}, [this](std::string_view line) {
             logged_ += line;
           }};
  Metrics metrics_;
};

TEST_F(ProtectionTest, writes_below_the_positions_and_nowhere_else) {
  if (landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  EXPECT_EQ(protect(config(), [&](const Protection&) { return writes("state/positions.yaml"); }),
            0);
  EXPECT_EQ(protect(config(), [&](const Protection&) { return writes("other/file"); }), EACCES);
  EXPECT_EQ(protect(config(Mode::kOff), [&](const Protection&) { return writes("other/file"); }),
            0);
}

TEST_F(ProtectionTest, each_part_has_its_metric) {
  const int landlock = landlock_version() == 0 ? 0 : 1;  // Later the filter refuses the question.
  const auto sum = [&](const Protection&) {
    return 100 * metric("seccomp") + 10 * metric("capabilities") + metric("landlock");
  };
  EXPECT_EQ(protect(config(), sum), 110 + landlock);
  EXPECT_EQ(protect(config(Mode::kOff), sum), 0);
}

// Under the filter of the first, the second finds a kernel that can do nothing.
TEST_F(ProtectionTest, a_kernel_that_lacks_something_is_told_and_borne_or_refused) {
  const auto again = [&](Mode mode) {
    return protect(config(), [&, mode](const Protection&) {
      logged_.clear();
      const auto second = Protection::apply(config(mode), {.working_directory = "/"},
                                            {file_system_, log_, metrics_});
      const bool told = logged_.find("the kernel has no Landlock") != std::string::npos;
      if (second) return told && metric("landlock") == 0 ? 1 : 2;
      return second.error().message.find("the kernel has no Landlock") != std::string::npos ? 3 : 4;
    });
  };
  EXPECT_EQ(again(Mode::kAuto), 1);
  EXPECT_EQ(again(Mode::kRequire), 3);
}

TEST_F(ProtectionTest, a_configuration_that_writes_elsewhere_is_refused_with_the_reason) {
  if (landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  const auto refusal = [&](const config::Config& next) {
    return protect(config(), [&](const Protection& protection) {
      const Status allowed = protection.allows(next);
      if (allowed) return 0;
      const std::string& text = allowed.error().message;
      if (text.find("below " + at("state")) == std::string::npos) return 10;
      if (text.find(" alone: restart it") == std::string::npos) return 11;
      if (text.find("positions.filename lies in " + at("other")) == 0) return 1;
      if (text.find("the outbox lies in " + at("other")) == 0) return 2;
      if (text.find("tailrace.control_socket lies in " + at("other")) == 0) return 3;
      return 4;
    });
  };
  config::Config next = config();
  EXPECT_EQ(refusal(next), 0);
  next.positions.filename = at("state/below/positions.yaml");
  EXPECT_EQ(refusal(next), 0);
  next.positions.filename = at("other/positions.yaml");
  EXPECT_EQ(refusal(next), 1);
  next = config();
  next.tailrace.outbox_dir = at("other/box");
  EXPECT_EQ(refusal(next), 2);
  next = config();
  next.tailrace.control_socket = at("other/c.sock");
  EXPECT_EQ(refusal(next), 3);
}

TEST_F(ProtectionTest, a_switched_off_one_allows_everything) {
  config::Config next = config();
  next.positions.filename = at("other/positions.yaml");
  EXPECT_EQ(protect(config(Mode::kOff),
                    [&](const Protection& protection) { return protection.allows(next) ? 0 : 1; }),
            0);
}

TEST_F(ProtectionTest, there_is_no_core_dump_unless_it_is_wanted) {
  const auto limit = [] {
    rlimit core{1, 1};
    getrlimit(RLIMIT_CORE, &core);
    return core.rlim_max;
  };
  EXPECT_EQ(protect(config(), [&](const Protection&) { return limit() == 0 ? 0 : 1; }), 0);
  config::Config wanted = config();
  wanted.tailrace.protection.core_dumps = true;
  const rlim_t before = limit();
  EXPECT_EQ(protect(wanted, [&](const Protection&) { return limit() == before ? 0 : 1; }), 0);
  EXPECT_EQ(in_child([] {
              forbid_core_dumps();
              if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) return 1;
              allow_core_dumps();
              return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1 ? 0 : 2;
            }),
            0);
}

}  // namespace
}  // namespace tailrace::daemon
