// The mailbox: order, waking, several senders.
#include "base/mailbox.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace tailrace {
namespace {

TEST(Mailbox, gives_messages_in_the_order_of_posting) {
  Mailbox<std::string> mailbox(nullptr);
  mailbox.post("a");
  mailbox.post("b");
  EXPECT_EQ(mailbox.take(), (std::vector<std::string>{"a", "b"}));
}

TEST(Mailbox, is_empty_after_taking) {
  Mailbox<int> mailbox(nullptr);
  mailbox.post(1);
  EXPECT_EQ(mailbox.take().size(), 1U);
  EXPECT_TRUE(mailbox.take().empty());
}

TEST(Mailbox, wakes_once_until_it_is_emptied) {
  int wakes = 0;
  Mailbox<int> mailbox([&] { ++wakes; });
  mailbox.post(1);
  mailbox.post(2);
  EXPECT_EQ(wakes, 1);
  static_cast<void>(mailbox.take());
  mailbox.post(3);
  EXPECT_EQ(wakes, 2);
}

TEST(Mailbox, carries_what_can_only_be_moved) {
  Mailbox<std::unique_ptr<int>> mailbox(nullptr);
  mailbox.post(std::make_unique<int>(7));
  EXPECT_EQ(*mailbox.take().at(0), 7);
}

TEST(Mailbox, the_wake_function_may_take) {
  std::vector<int> taken;
  Mailbox<int>* self = nullptr;
  Mailbox<int> mailbox([&] { taken = self->take(); });
  self = &mailbox;
  mailbox.post(5);
  EXPECT_EQ(taken, std::vector<int>{5});
}

TEST(Mailbox, loses_nothing_of_several_senders_and_keeps_each_ones_order) {
  constexpr int kMessages = 2000;
  Mailbox<int> mailbox(nullptr);
  std::thread even([&] {
    for (int i = 0; i < kMessages; i += 2)
      mailbox.post(i);
  });
  std::thread odd([&] {
    for (int i = 1; i < kMessages; i += 2)
      mailbox.post(i);
  });
  int taken = 0;
  int last[2] = {-2, -1};
  while (taken < kMessages) {
    for (const int message : mailbox.take()) {
      EXPECT_EQ(message, last[message % 2] + 2);
      last[message % 2] = message;
      ++taken;
    }
  }
  even.join();
  odd.join();
  EXPECT_TRUE(mailbox.take().empty());
}

TEST(Mailbox, drops_everything_once_it_is_closed) {
  int woken = 0;
  Mailbox<std::shared_ptr<int>> mailbox([&] { ++woken; });
  const auto message = std::make_shared<int>(1);
  mailbox.post(message);
  EXPECT_EQ(message.use_count(), 2);
  mailbox.close();
  EXPECT_EQ(message.use_count(), 1);
  mailbox.post(message);
  EXPECT_EQ(message.use_count(), 1);
  EXPECT_TRUE(mailbox.take().empty());
  EXPECT_EQ(woken, 1);
}

}  // namespace
}  // namespace tailrace
