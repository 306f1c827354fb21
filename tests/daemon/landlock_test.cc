// Writing is possible where it was allowed and nowhere else; reading is possible everywhere.
#include "daemon/protection/landlock.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "tests/daemon/forked.h"

namespace tailrace::daemon {
namespace {

namespace fs = std::filesystem;

constexpr int kNotRestricted = 99;

class Landlock : public ::testing::Test {
 protected:
  void SetUp() override {
    if (landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
    folder_ = fs::path(::testing::TempDir()) / ("landlock." + std::to_string(getpid()));
    for (const char* const name : {"own", "own/below", "other", "sockets"})
      fs::create_directories(folder_ / name);
    std::ofstream(folder_ / "other/file") << "text";
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string at(const std::string& name) const { return (folder_ / name).string(); }

  // The errno of `work` in a process that may write below "own", and make sockets in "sockets".
  int restricted(const std::function<long()>& work) const {
    return in_child([&] {
      const auto held = restrict_writing({.files = {at("own")}, .sockets = {at("sockets")}});
      if (!held) return kNotRestricted;
      return work() < 0 ? errno : 0;
    });
  }

  fs::path folder_;
};

int create(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

int bind_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

TEST_F(Landlock, files_are_made_replaced_and_removed_in_the_own_folder) {
  EXPECT_EQ(restricted([&] { return create(at("own/new")); }), 0);
  EXPECT_EQ(restricted([&] { return rename(at("own/new").c_str(), at("own/below/n").c_str()); }),
            0);
  EXPECT_EQ(restricted([&] { return truncate(at("own/below/n").c_str(), 3); }), 0);
  EXPECT_EQ(restricted([&] { return unlink(at("own/below/n").c_str()); }), 0);
  EXPECT_EQ(restricted([&] { return mkdir(at("own/folder").c_str(), 0700); }), 0);
  EXPECT_EQ(restricted([&] { return rmdir(at("own/folder").c_str()); }), 0);
  EXPECT_EQ(restricted([&] { return bind_at(at("own/socket")); }), 0);
}

TEST_F(Landlock, nothing_is_written_elsewhere) {
  EXPECT_EQ(restricted([&] { return create(at("other/new")); }), EACCES);
  EXPECT_EQ(restricted([&] { return open(at("other/file").c_str(), O_WRONLY | O_CLOEXEC); }),
            EACCES);
  EXPECT_EQ(restricted([&] { return truncate(at("other/file").c_str(), 0); }),
            landlock_version() < 3 ? 0 : EACCES);
  EXPECT_EQ(restricted([&] { return unlink(at("other/file").c_str()); }), EACCES);
  EXPECT_EQ(restricted([&] { return mkdir(at("other/folder").c_str(), 0700); }), EACCES);
  EXPECT_EQ(restricted([&] { return symlink("/x", at("own/link").c_str()); }), EACCES);
  EXPECT_EQ(restricted([&] { return bind_at(at("other/socket")); }), EACCES);
  EXPECT_NE(restricted([&] { return rename(at("other/file").c_str(), at("own/file").c_str()); }),
            0);
}

TEST_F(Landlock, reading_stays_allowed_everywhere) {
  EXPECT_EQ(restricted([&] { return open(at("other/file").c_str(), O_RDONLY | O_CLOEXEC); }), 0);
  EXPECT_EQ(restricted([&] { return open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC); }), 0);
}

TEST_F(Landlock, in_a_folder_for_sockets_only_sockets_are_made) {
  EXPECT_EQ(restricted([&] { return bind_at(at("sockets/s")); }), 0);
  EXPECT_EQ(restricted([&] { return unlink(at("sockets/s").c_str()); }), 0);
  EXPECT_EQ(restricted([&] { return create(at("sockets/file")); }), EACCES);
}

TEST_F(Landlock, nothing_is_executed) {
  EXPECT_EQ(restricted([&] { return execl("/bin/true", "true", nullptr); }), EACCES);
}

TEST_F(Landlock, the_null_device_can_be_written) {
  EXPECT_EQ(restricted([&] { return open("/dev/null", O_RDWR | O_CLOEXEC); }), 0);
}

TEST_F(Landlock, a_folder_that_is_not_there_is_an_error) {
  EXPECT_EQ(in_child([&] {
              const auto held = restrict_writing({.files = {at("nowhere")}, .sockets = {}});
              return held ? 0 : held.error().code;
            }),
            ENOENT);
}

}  // namespace
}  // namespace tailrace::daemon
