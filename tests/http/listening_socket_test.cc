// Sockets that listen, by name and by duplicate.
#include "http/listening_socket.h"

#include <unistd.h>

#include <gtest/gtest.h>

namespace tailrace::http {
namespace {

TEST(ListeningSocket, has_a_port_that_only_one_can_have) {
  const Result<int> first = listen_on(Network::kAny, "127.0.0.1", 0);
  ASSERT_TRUE(first) << first.error().message;
  const std::uint16_t port = port_of_socket(*first);
  EXPECT_NE(port, 0);
  const Result<int> second = listen_on(Network::kAny, "127.0.0.1", port);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EADDRINUSE);
  EXPECT_NE(second.error().message.find("127.0.0.1:" + std::to_string(port)), std::string::npos);
  close(*first);
}

TEST(ListeningSocket, is_on_all_interfaces_without_an_address) {
  const Result<int> made = listen_on(Network::kAny, "", 0);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_NE(port_of_socket(*made), 0);
  close(*made);
}

TEST(ListeningSocket, a_duplicate_keeps_the_port_open) {
  const Result<int> made = listen_on(Network::kIpv4, "127.0.0.1", 0);
  ASSERT_TRUE(made);
  const Result<int> twin = duplicate_socket(*made);
  ASSERT_TRUE(twin);
  const std::uint16_t port = port_of_socket(*made);
  close(*made);
  EXPECT_EQ(port_of_socket(*twin), port);
  EXPECT_FALSE(listen_on(Network::kIpv4, "127.0.0.1", port));
  close(*twin);
}

TEST(ListeningSocket, says_what_cannot_be_resolved) {
  const Result<int> made = listen_on(Network::kAny, "256.1.1.1", 80);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("256.1.1.1:80"), std::string::npos);
  EXPECT_FALSE(duplicate_socket(-1));
  EXPECT_EQ(port_of_socket(-1), 0);
}

}  // namespace
}  // namespace tailrace::http
