// Open batches.
#include "shippers/batcher.h"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/shippers/push_support.h"

namespace tailrace::shippers {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kPool = 1U << 20U;
constexpr std::int64_t kNow = 1'000'000'000'000;

BatchOptions client(std::string key) {
  BatchOptions options;
  options.client_key = std::move(key);
  return options;
}

class BatcherTest : public ::testing::Test {
 protected:
  void append(Batcher& batcher, std::initializer_list<LabelPair> labels, std::string_view line,
              std::int64_t now_ns = kNow) {
    batcher.append(labels_.of(labels), entry_of(line), now_ns);
  }
  Labels labels_;
};

TEST_F(BatcherTest, seals_the_exact_bytes_of_a_push_request) {
  Batcher batcher({client("c")}, kPool);
  Entry entry = entry_of("ab", 1'000'000'002);
  batcher.append(labels_.of({{"a", "b"}}), entry, kNow);
  const std::vector<LabelPair> metadata{{"n", "v"}};
  entry.metadata = metadata;
  entry.line = "";
  batcher.append(labels_.of({{"a", "b"}}), entry, kNow);
  const auto sealed = batcher.seal();
  ASSERT_EQ(sealed.size(), 1U);
  EXPECT_EQ(raw_of(sealed[0].bytes), std::string("\x0a\x25\x0a\x07{a=\"b\"}"
                                                 "\x12\x0a\x0a\x04\x08\x01\x10\x02\x12\x02"
                                                 "ab"
                                                 "\x12\x0e\x0a\x04\x08\x01\x10\x02\x1a\x06\x0a\x01n"
                                                 "\x12\x01v"));
  EXPECT_EQ(sealed[0].client_key, "c");
  EXPECT_EQ(sealed[0].tenant, "");
  EXPECT_EQ(sealed[0].entries, 2U);
  EXPECT_EQ(sealed[0].line_bytes, 2U + 6U);  // Metadata counts, labels and times do not.
  EXPECT_EQ(sealed[0].first_time_ns, kNow);
}

TEST_F(BatcherTest, keeps_streams_by_first_entry_and_entries_by_arrival) {
  Batcher batcher({client("c")}, kPool);
  append(batcher, {{"s", "b"}}, "1");
  append(batcher, {{"s", "a"}}, "2");
  append(batcher, {{"s", "b"}}, "3");
  append(batcher, {}, "4");
  EXPECT_EQ(lines_of(batcher.seal().at(0).bytes),
            (std::vector<std::string>{R"({s="b"}: 1)", R"({s="b"}: 3)", R"({s="a"}: 2)", "{}: 4"}));
  append(batcher, {{"s", "a"}}, "5");
  append(batcher, {{"s", "b"}}, "6");
  EXPECT_EQ(lines_of(batcher.seal().at(0).bytes),
            (std::vector<std::string>{R"({s="a"}: 5)", R"({s="b"}: 6)"}));
}

TEST_F(BatcherTest, is_empty_after_a_seal) {
  Batcher batcher({client("c")}, kPool);
  EXPECT_TRUE(batcher.empty());
  EXPECT_TRUE(batcher.seal().empty());
  append(batcher, {{"a", "b"}}, "x");
  EXPECT_FALSE(batcher.empty());
  EXPECT_GT(batcher.open_bytes(), 0U);
  EXPECT_EQ(batcher.seal().size(), 1U);
  EXPECT_TRUE(batcher.empty());
  EXPECT_EQ(batcher.open_bytes(), 0U);
  EXPECT_TRUE(batcher.seal().empty());
}

TEST_F(BatcherTest, gives_each_tenant_its_batch) {
  BatchOptions options = client("c");
  options.tenant = "default";
  Batcher batcher({options}, kPool);
  append(batcher, {{"a", "1"}}, "to default");
  append(batcher, {{"__tenant_id__", "t"}, {"a", "1"}}, "to t");
  append(batcher, {{"__tenant_id__", ""}}, "to nobody", kNow + 5);
  append(batcher, {{"a", "1"}}, "again");
  const auto sealed = batcher.seal();
  ASSERT_EQ(sealed.size(), 3U);
  std::map<std::string, std::vector<std::string>> by_tenant;
  for (const SealedBatch& batch : sealed)
    by_tenant[batch.tenant] = lines_of(batch.bytes);
  EXPECT_EQ(by_tenant["default"],
            (std::vector<std::string>{R"({a="1"}: to default)", R"({a="1"}: again)"}));
  EXPECT_EQ(by_tenant["t"], (std::vector<std::string>{R"({a="1"}: to t)"}));
  EXPECT_EQ(by_tenant[""], (std::vector<std::string>{"{}: to nobody"}));
  for (const SealedBatch& batch : sealed) {
    EXPECT_EQ(batch.first_time_ns, batch.tenant.empty() ? kNow + 5 : kNow);
  }
}

TEST_F(BatcherTest, says_whose_batches_are_open) {
  Batcher batcher({client("one"), client("two")}, kPool);
  append(batcher, {{"__tenant_id__", "sealed"}}, "1");
  static_cast<void>(batcher.seal());
  append(batcher, {{"__tenant_id__", "open"}}, "2");
  const auto is_open = [&batcher](std::string_view client, std::string_view tenant) {
    return batcher.any_open([&](std::string_view some_client, std::string_view some_tenant) {
      return some_client == client && some_tenant == tenant;
    });
  };
  EXPECT_TRUE(is_open("one", "open"));
  EXPECT_TRUE(is_open("two", "open"));
  EXPECT_FALSE(is_open("one", "sealed"));
  EXPECT_FALSE(is_open("three", "open"));
}

TEST_F(BatcherTest, puts_sets_with_one_text_into_one_stream) {
  BatchOptions options = client("c");
  options.external_labels = {{"z", "1"}, {"b", "1"}};
  options.tenant = "t";
  Batcher batcher({options}, kPool);
  append(batcher, {{"a", "1"}}, "one");
  append(batcher, {{"a", "1"}, {"b", "1"}}, "two");
  append(batcher, {{"__tenant_id__", "t"}, {"a", "1"}}, "three");
  const auto sealed = batcher.seal();
  ASSERT_EQ(sealed.size(), 1U);
  const std::string raw = raw_of(sealed[0].bytes);
  const auto push = decode_push(raw);
  ASSERT_TRUE(push.has_value());
  ASSERT_EQ(push->streams.size(), 1U);
  EXPECT_EQ(push->streams[0].labels, R"({a="1", b="1", z="1"})");
  EXPECT_EQ(push->entries(), 3U);
}

TEST_F(BatcherTest, appends_to_every_client_with_its_own_labels) {
  BatchOptions first = client("first");
  first.external_labels = {{"env", "x"}};
  BatchOptions second = client("second");
  second.tenant = "t";
  Batcher batcher({first, second}, kPool);
  append(batcher, {{"a", "1"}}, "line");
  const auto sealed = batcher.seal();
  ASSERT_EQ(sealed.size(), 2U);
  EXPECT_EQ(sealed[0].client_key, "first");
  EXPECT_EQ(lines_of(sealed[0].bytes), (std::vector<std::string>{R"({a="1", env="x"}: line)"}));
  EXPECT_EQ(sealed[1].client_key, "second");
  EXPECT_EQ(sealed[1].tenant, "t");
  EXPECT_EQ(lines_of(sealed[1].bytes), (std::vector<std::string>{R"({a="1"}: line)"}));
}

TEST_F(BatcherTest, drops_a_line_that_is_too_long) {
  BatchOptions options = client("c");
  options.line_bytes_max = 5;
  Batcher batcher({options}, kPool);
  append(batcher, {{"__tenant_id__", "t"}}, "123456");
  append(batcher, {{"__tenant_id__", "t"}}, "1234567");
  EXPECT_TRUE(batcher.empty());
  append(batcher, {{"__tenant_id__", "t"}}, "12345");
  EXPECT_EQ(lines_of(batcher.seal().at(0).bytes), (std::vector<std::string>{"{}: 12345"}));
  const auto counts = batcher.take_counts();
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].client_key, "c");
  EXPECT_EQ(counts[0].tenant, "t");
  EXPECT_EQ(counts[0].reason, "line_too_long");
  EXPECT_EQ(counts[0].dropped_entries, 2U);
  EXPECT_EQ(counts[0].dropped_bytes, 13U);
  EXPECT_EQ(counts[0].mutated_entries, 0U);
  EXPECT_TRUE(batcher.take_counts().empty());
}

TEST_F(BatcherTest, truncates_a_line_at_exactly_the_limit) {
  BatchOptions options = client("c");
  options.line_bytes_max = 2;
  options.truncate_lines = true;
  Batcher batcher({options}, kPool);
  append(batcher, {}, "h\xc3\xa9llo");
  append(batcher, {}, "ab");
  const auto sealed = batcher.seal();
  EXPECT_EQ(lines_of(sealed.at(0).bytes), (std::vector<std::string>{"{}: h\xc3", "{}: ab"}));
  EXPECT_EQ(sealed.at(0).line_bytes, 4U);
  const auto counts = batcher.take_counts();
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].reason, "line_too_long");
  EXPECT_EQ(counts[0].mutated_entries, 1U);
  EXPECT_EQ(counts[0].mutated_bytes, 4U);
  EXPECT_EQ(counts[0].dropped_entries, 0U);
}

TEST_F(BatcherTest, drops_what_would_open_one_stream_too_many_and_goes_on) {
  BatchOptions options = client("c");
  options.streams_max = 2;
  Batcher batcher({options}, kPool);
  append(batcher, {{"s", "1"}}, "a");
  append(batcher, {{"s", "2"}}, "b");
  append(batcher, {{"s", "3"}}, "dropped");
  append(batcher, {{"s", "1"}}, "c");
  append(batcher, {{"__tenant_id__", "t"}, {"s", "3"}}, "another tenant");
  auto sealed = batcher.seal();
  ASSERT_EQ(sealed.size(), 2U);
  EXPECT_EQ(lines_of(sealed[0].bytes),
            (std::vector<std::string>{R"({s="1"}: a)", R"({s="1"}: c)", R"({s="2"}: b)"}));
  const auto counts = batcher.take_counts();
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].reason, "stream_limited");
  EXPECT_EQ(counts[0].tenant, "");
  EXPECT_EQ(counts[0].dropped_entries, 1U);
  EXPECT_EQ(counts[0].dropped_bytes, 7U);
  append(batcher, {{"s", "3"}}, "a new batch");
  EXPECT_EQ(batcher.seal().size(), 1U);
  EXPECT_TRUE(batcher.take_counts().empty());
}

TEST_F(BatcherTest, is_full_at_the_batch_size) {
  BatchOptions options = client("c");
  options.batch_bytes = 100;
  Batcher batcher({options}, kPool);
  EXPECT_FALSE(batcher.full());
  append(batcher, {}, std::string(60, 'x'));
  EXPECT_FALSE(batcher.full());
  EXPECT_TRUE(batcher.room_for(40));
  EXPECT_FALSE(batcher.room_for(41));
  append(batcher, {}, std::string(40, 'x'));
  EXPECT_TRUE(batcher.full());
  batcher.seal();
  EXPECT_FALSE(batcher.full());
  EXPECT_TRUE(batcher.room_for(1'000'000'000));  // Nothing is open.
}

TEST_F(BatcherTest, counts_batch_size_per_tenant) {
  BatchOptions options = client("c");
  options.batch_bytes = 100;
  Batcher batcher({options}, kPool);
  append(batcher, {{"__tenant_id__", "a"}}, std::string(60, 'x'));
  append(batcher, {{"__tenant_id__", "b"}}, std::string(60, 'x'));
  EXPECT_FALSE(batcher.full());
  EXPECT_FALSE(batcher.room_for(41));  // The fuller one counts.
}

TEST_F(BatcherTest, asks_every_client_for_room) {
  BatchOptions small = client("small");
  small.batch_bytes = 100;
  Batcher batcher({client("large"), small}, kPool);
  append(batcher, {}, std::string(60, 'x'));
  EXPECT_FALSE(batcher.room_for(41));
  append(batcher, {}, std::string(60, 'x'));
  EXPECT_TRUE(batcher.full());
}

TEST_F(BatcherTest, leaves_one_batch_a_quarter_of_the_pool) {
  Batcher batcher({client("c")}, 40'000);
  append(batcher, {}, std::string(7'000, 'x'));
  EXPECT_FALSE(batcher.full());
  EXPECT_TRUE(batcher.room_for(2'000));
  EXPECT_FALSE(batcher.room_for(3'000));
  append(batcher, {}, std::string(3'000, 'x'));
  EXPECT_TRUE(batcher.full());
}

TEST_F(BatcherTest, keeps_all_batches_in_the_pool) {
  Batcher batcher({client("c")}, 40'000);
  for (const char* const tenant : {"1", "2", "3", "4"}) {
    append(batcher, {{"__tenant_id__", tenant}}, std::string(8'000, 'x'));
  }
  EXPECT_FALSE(batcher.full());
  EXPECT_TRUE(batcher.room_for(500));
  append(batcher, {{"__tenant_id__", "5"}}, std::string(6'000, 'x'));
  EXPECT_FALSE(batcher.room_for(1'000));
  Batcher two({client("c"), client("d")}, 40'000);
  append(two, {}, std::string(4'000, 'x'));
  EXPECT_TRUE(two.room_for(5'000));
  EXPECT_LE(two.open_bytes(), 10'000U);
  EXPECT_GE(two.open_bytes(), 8'000U);
}

TEST_F(BatcherTest, never_exceeds_the_pool_when_asked_before) {
  Batcher batcher({client("c"), client("d")}, 64'000);
  std::uint64_t cuts = 0;
  for (int i = 0; i < 5'000; ++i) {
    const std::string line(static_cast<std::size_t>(i * 7 % 900), 'x');
    const std::string tenant = std::to_string(i % 11);
    if (!batcher.room_for(line.size() + 40)) {
      batcher.seal();
      ++cuts;
    }
    append(batcher, {{"__tenant_id__", tenant}, {"long", "label value of some bytes"}}, line);
    ASSERT_LE(batcher.open_bytes(), 64'000U);
  }
  EXPECT_GT(cuts, 50U);
  EXPECT_LT(cuts, 200U);
}

TEST_F(BatcherTest, is_due_when_its_oldest_batch_is) {
  BatchOptions slow = client("slow");
  slow.batch_wait = seconds(5);
  BatchOptions fast = client("fast");
  fast.batch_wait = seconds(1);
  Batcher batcher({slow, fast}, kPool);
  constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(batcher.due_ns(), kNever);
  append(batcher, {{"__tenant_id__", "a"}}, "x", kNow);
  append(batcher, {{"__tenant_id__", "b"}}, "y", kNow + 100);
  append(batcher, {{"__tenant_id__", "a"}}, "x", kNow + 200);
  EXPECT_EQ(batcher.due_ns(), kNow + 1'000'000'000);
  batcher.seal();
  EXPECT_EQ(batcher.due_ns(), kNever);
  append(batcher, {{"__tenant_id__", "a"}}, "x", kNow + 300);
  EXPECT_EQ(batcher.due_ns(), kNow + 300 + 1'000'000'000);
}

TEST_F(BatcherTest, is_not_due_for_what_was_dropped) {
  BatchOptions options = client("c");
  options.line_bytes_max = 1;
  Batcher batcher({options}, kPool);
  append(batcher, {}, "dropped");
  EXPECT_EQ(batcher.due_ns(), std::numeric_limits<std::int64_t>::max());
}

TEST_F(BatcherTest, does_not_take_a_new_set_for_the_old_one_with_its_number) {
  Batcher batcher({client("c")}, kPool);
  const LabelSet& old = labels_.of({{"a", "old"}});
  const std::uint32_t index = old.index();
  batcher.append(old, entry_of("1"), kNow);
  batcher.seal();
  const LabelSet* reused = nullptr;
  for (int i = 0; i < 10 && reused == nullptr; ++i) {
    labels_.table().sweep();
    const std::string value = "new" + std::to_string(i);
    const std::vector<LabelPair> pairs{{"a", value}};
    const LabelSet& set = labels_.table().intern(pairs);
    if (set.index() == index) {
      batcher.append(set, entry_of("2"), kNow);
      EXPECT_EQ(lines_of(batcher.seal().at(0).bytes),
                (std::vector<std::string>{"{a=\"" + value + "\"}: 2"}));
      reused = &set;
    }
  }
  EXPECT_NE(reused, nullptr);
}

TEST_F(BatcherTest, takes_sets_that_are_in_no_table) {
  Batcher batcher({client("c")}, kPool);
  const std::vector<LabelPair> first{{"a", "1"}};
  const std::vector<LabelPair> second{{"a", "2"}};
  batcher.append(LabelSet(first), entry_of("x"), kNow);
  batcher.append(LabelSet(second), entry_of("y"), kNow);
  EXPECT_EQ(lines_of(batcher.seal().at(0).bytes),
            (std::vector<std::string>{R"({a="1"}: x)", R"({a="2"}: y)"}));
}

TEST_F(BatcherTest, goes_on_with_streams_that_were_forgotten_meanwhile) {
  Batcher batcher({client("c")}, kPool);
  const LabelSet& rare = labels_.of({{"__tenant_id__", "t"}, {"s", "rare"}});
  batcher.append(rare, entry_of("first"), kNow);
  for (int i = 0; i < 200; ++i) {
    append(batcher, {{"s", "often"}}, "x");
    ASSERT_EQ(batcher.seal().size(), i == 0 ? 2U : 1U);
  }
  batcher.append(rare, entry_of("second"), kNow);
  append(batcher, {{"s", "often"}}, "y");
  const auto sealed = batcher.seal();
  ASSERT_EQ(sealed.size(), 2U);
  EXPECT_EQ(lines_of(sealed[0].bytes), (std::vector<std::string>{R"({s="often"}: y)"}));
  EXPECT_EQ(lines_of(sealed[1].bytes), (std::vector<std::string>{R"({s="rare"}: second)"}));
}

TEST_F(BatcherTest, keeps_counts_of_a_tenant_that_sends_nothing) {
  BatchOptions options = client("c");
  options.line_bytes_max = 1;
  Batcher batcher({options}, kPool);
  append(batcher, {{"__tenant_id__", "t"}}, "dropped");
  for (int i = 0; i < 100; ++i) {
    append(batcher, {}, "x");
    batcher.seal();
  }
  ASSERT_EQ(batcher.take_counts().size(), 1U);
}

TEST_F(BatcherTest, grows_streams_far_beyond_their_first_buffer) {
  Batcher batcher({client("c")}, 64U << 20U);
  std::vector<std::string> want;
  for (int i = 0; i < 3'000; ++i) {
    const std::string line =
        std::to_string(i) + std::string(static_cast<std::size_t>(i % 200), 'x');
    append(batcher, {}, line);
    want.push_back("{}: " + line);
  }
  EXPECT_EQ(lines_of(batcher.seal().at(0).bytes), want);
}

}  // namespace
}  // namespace tailrace::shippers
