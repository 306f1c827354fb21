// Who may connect to the socket, what is replaced, and what is left alone.
#include "http/local_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace tailrace::http {
namespace {

class LocalSocketTest : public ::testing::Test {
 protected:
  LocalSocketTest() {
    std::string name = "/tmp/local-socket-XXXXXX";
    folder_ = mkdtemp(name.data());
    path_ = folder_ + "/x.sock";
  }
  ~LocalSocketTest() override { std::filesystem::remove_all(folder_); }

  bool exists() const { return std::filesystem::exists(path_); }

  // 0, or why not.
  int try_connect() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int error =
        connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0
                                                                                          : errno;
    close(client);
    return error;
  }

  std::string folder_;
  std::string path_;
};

TEST_F(LocalSocketTest, only_the_owner_may_connect) {
  const auto made = LocalSocket::listen_on(path_);
  ASSERT_TRUE(made) << made.error().message;
  struct stat found {};
  ASSERT_EQ(lstat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode, S_IFSOCK | 0600U);
  EXPECT_EQ(try_connect(), 0);
}

TEST_F(LocalSocketTest, goes_with_its_object) {
  LocalSocket::listen_on(path_).value().reset();
  EXPECT_FALSE(exists());
}

TEST_F(LocalSocketTest, a_released_descriptor_stays_open_and_the_file_goes_later) {
  auto local = LocalSocket::listen_on(path_).value();
  const int descriptor = local->release();
  EXPECT_EQ(local->release(), -1);
  EXPECT_EQ(try_connect(), 0);
  local.reset();
  EXPECT_FALSE(exists());
  EXPECT_EQ(close(descriptor), 0);
}

TEST_F(LocalSocketTest, one_of_an_ended_process_is_replaced) {
  auto old = LocalSocket::listen_on(path_).value();
  close(old->release());  // As the kernel does when a process is killed: the file stays.
  EXPECT_EQ(try_connect(), ECONNREFUSED);
  std::filesystem::create_hard_link(path_, folder_ + "/kept");  // The next one is another file.
  const auto made = LocalSocket::listen_on(path_);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(try_connect(), 0);
  old.reset();  // Its file is not there any more; the new one is another's.
  EXPECT_EQ(try_connect(), 0);
}

TEST_F(LocalSocketTest, one_that_is_listened_to_is_refused) {
  const auto first = LocalSocket::listen_on(path_);
  ASSERT_TRUE(first);
  const auto second = LocalSocket::listen_on(path_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EADDRINUSE);
  EXPECT_EQ(second.error().message, "another process listens on " + path_);
  EXPECT_EQ(try_connect(), 0);
}

TEST_F(LocalSocketTest, another_file_is_left_alone) {
  std::ofstream(path_) << "text";
  const auto made = LocalSocket::listen_on(path_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, EEXIST);
  EXPECT_EQ(made.error().message, path_ + " is there and is no socket");
  EXPECT_EQ(std::filesystem::file_size(path_), 4U);
}

TEST_F(LocalSocketTest, a_path_too_long_and_a_missing_folder_are_named) {
  const std::string longer = folder_ + "/" + std::string(108 - folder_.size() - 1, 'x');
  const auto too_long = LocalSocket::listen_on(longer);
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code, ENAMETOOLONG);
  EXPECT_EQ(too_long.error().message, longer + ": a socket's path has at most 107 bytes, not 108");
  EXPECT_TRUE(LocalSocket::listen_on(longer.substr(0, 107)));
  const auto nowhere = LocalSocket::listen_on(folder_ + "/no/x.sock");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ENOENT);
}

}  // namespace
}  // namespace tailrace::http
