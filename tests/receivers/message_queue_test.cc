// The queue of messages: order, room, positions, times.
#include "receivers/message_queue.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::receivers {
namespace {

MessageQueue::Message message(std::string_view bytes, std::int64_t received_ns) {
  MessageQueue::Message result;
  result.bytes = bytes;
  result.received_ns = received_ns;
  return result;
}

TEST(MessageQueue, gives_messages_in_order_until_they_are_consumed) {
  MessageQueue queue(1000, 77);
  EXPECT_TRUE(queue.empty());
  queue.push(message("one", 5));
  queue.push(message("two", 5));
  queue.push(message("", 3));
  MessageQueue::Message got;
  ASSERT_TRUE(queue.get(queue.consumed(), got));
  EXPECT_EQ(got.begin, 77U);
  EXPECT_EQ(got.bytes, "one");
  EXPECT_EQ(got.received_ns, 5);
  const SourcePosition second = got.next;
  ASSERT_TRUE(queue.get(second, got));
  EXPECT_EQ(got.bytes, "two");
  EXPECT_EQ(got.received_ns, 6);
  ASSERT_TRUE(queue.get(got.next, got));
  EXPECT_EQ(got.received_ns, 7);
  EXPECT_FALSE(queue.get(got.next, got));
  queue.consume(second);
  queue.make_room();
  ASSERT_TRUE(queue.get(queue.consumed(), got));
  EXPECT_EQ(got.bytes, "two");
  EXPECT_EQ(got.begin, second);
}

TEST(MessageQueue, has_no_room_beyond_its_size_and_room_again_when_it_is_read) {
  MessageQueue queue(4096);
  const std::string bytes(1000, 'x');
  int pushed = 0;
  while (queue.has_room(bytes.size())) {
    queue.push(message(bytes, 1));
    ++pushed;
  }
  EXPECT_EQ(pushed, 3);
  for (int round = 0; round < 100; ++round) {
    MessageQueue::Message got;
    ASSERT_TRUE(queue.get(queue.consumed(), got));
    queue.consume(got.next);
    EXPECT_FALSE(queue.has_room(bytes.size()));
    queue.make_room();
    ASSERT_TRUE(queue.has_room(bytes.size()));
    queue.push(message(bytes, 1));
  }
}

}  // namespace
}  // namespace tailrace::receivers
