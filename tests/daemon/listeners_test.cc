// Listening sockets: shared over a reload, closed when nobody wants them.
#include "daemon/listeners.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include <gtest/gtest.h>
#include <netinet/in.h>

#include "tests/support/temp_folder.h"

namespace tailrace::daemon {
namespace {

using Protocol = ListenAddress::Protocol;

ListenAddress loopback(Protocol protocol, std::uint16_t port = 0) {
  return {.protocol = protocol, .host = "127.0.0.1", .port = port, .path = {}, .owner = "test"};
}

bool can_connect(std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool connected =
      connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(descriptor);
  return connected;
}

TEST(Listeners, a_stream_listens_on_a_port_of_its_own) {
  Listeners listeners;
  const auto listener = listeners.open(loopback(Protocol::kTcp));
  ASSERT_TRUE(listener);
  EXPECT_NE((*listener)->port(), 0);
  EXPECT_TRUE(can_connect((*listener)->port()));
}

TEST(Listeners, every_interface_takes_both_families) {
  Listeners listeners;
  ListenAddress address = loopback(Protocol::kTcp);
  address.host.clear();
  const auto listener = listeners.open(address);
  ASSERT_TRUE(listener);
  EXPECT_TRUE(can_connect((*listener)->port()));
}

TEST(Listeners, an_address_that_is_open_is_handed_on) {
  Listeners listeners;
  const auto first = listeners.open(loopback(Protocol::kUdp));
  ASSERT_TRUE(first);
  listeners.keep_asked();
  const auto second = listeners.open(loopback(Protocol::kUdp));
  ASSERT_TRUE(second);
  EXPECT_EQ(*first, *second);
}

TEST(Listeners, what_a_reload_does_not_ask_for_is_closed) {
  Listeners listeners;
  auto listener = listeners.open(loopback(Protocol::kTcp));
  ASSERT_TRUE(listener);
  const std::uint16_t port = (*listener)->port();
  listeners.keep_asked();
  listener->reset();
  EXPECT_TRUE(can_connect(port));
  listeners.keep_asked();
  EXPECT_FALSE(can_connect(port));
}

TEST(Listeners, a_reload_that_fails_leaves_things_as_they_were) {
  Listeners listeners;
  auto old = listeners.open(loopback(Protocol::kTcp));
  ASSERT_TRUE(old);
  listeners.keep_asked();
  const std::uint16_t old_port = (*old)->port();
  ListenAddress other = loopback(Protocol::kTcp);
  other.owner = "other";
  auto fresh = listeners.open(other);
  ASSERT_TRUE(fresh);
  const std::uint16_t fresh_port = (*fresh)->port();
  ASSERT_NE(old_port, fresh_port);
  old->reset();
  fresh->reset();
  listeners.forget_asked();
  EXPECT_TRUE(can_connect(old_port));
  EXPECT_FALSE(can_connect(fresh_port));
}

TEST(Listeners, a_port_in_use_is_said_with_its_address) {
  Listeners listeners;
  const auto first = listeners.open(loopback(Protocol::kTcp));
  ASSERT_TRUE(first);
  Listeners others;
  const auto second = others.open(loopback(Protocol::kTcp, (*first)->port()));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            "cannot listen on tcp 127.0.0.1:" + std::to_string((*first)->port()) +
                ": Address already in use");
}

TEST(Listeners, two_inputs_do_not_share_an_address) {
  for (const auto use : {Listeners::Use::kOpen, Listeners::Use::kPretend}) {
    Listeners listeners(use);
    ASSERT_TRUE(listeners.open(loopback(Protocol::kUdp)));
    const auto second = listeners.open(loopback(Protocol::kUdp));
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find("in use"), std::string::npos) << second.error().message;
    listeners.keep_asked();
    EXPECT_TRUE(listeners.open(loopback(Protocol::kUdp)));
  }
}

TEST(Listeners, a_host_that_does_not_exist_is_said) {
  Listeners listeners;
  ListenAddress address = loopback(Protocol::kTcp);
  address.host = "no.such.host.invalid";
  const auto listener = listeners.open(address);
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error().message.find("cannot listen on tcp no.such.host.invalid:0: "), 0U);
}

TEST(Listeners, a_dead_socket_in_the_file_system_is_replaced_and_a_living_one_is_not) {
  const tailrace::testing::TempFolder folder;
  for (const Protocol protocol : {Protocol::kUnixStream, Protocol::kUnixDatagram}) {
    const ListenAddress address{
        .protocol = protocol, .host = {}, .port = 0, .path = folder.path() + "/s", .owner = {}};
    {
      Listeners listeners;
      ASSERT_TRUE(listeners.open(address));
      Listeners others;
      const auto second = others.open(address);
      ASSERT_FALSE(second);
      EXPECT_EQ(second.error().code, EADDRINUSE);
    }
    {
      Listeners listeners;
      EXPECT_TRUE(listeners.open(address));
    }
    unlink(address.path.c_str());
  }
}

TEST(Listeners, a_file_that_is_no_socket_is_left_alone) {
  const tailrace::testing::TempFolder folder;
  const std::string path = folder.path() + "/file";
  const int descriptor = ::open(path.c_str(), O_CREAT | O_WRONLY, 0600);
  ASSERT_GE(descriptor, 0);
  close(descriptor);
  Listeners listeners;
  const auto listener = listeners.open(
      {.protocol = Protocol::kUnixStream, .host = {}, .port = 0, .path = path, .owner = {}});
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error().code, EADDRINUSE);
  EXPECT_EQ(access(path.c_str(), F_OK), 0);
}

}  // namespace
}  // namespace tailrace::daemon
