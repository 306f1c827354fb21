// Tests of the cache from changed labels to interned sets.
#include "pipeline/label_cache.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::pipeline {
namespace {

using Kind = LabelChange::Kind;

const std::vector<std::string> kNames = {"level", "app"};

LabelChange set(std::string_view value) {
  return {.kind = Kind::kSet, .value = value};
}
LabelChange removed() {
  return {.kind = Kind::kRemoved, .value = {}};
}

class LabelCacheTest : public ::testing::Test {
 protected:
  std::string text(std::vector<LabelChange> changes) { return cache_.find(base_, changes).text(); }

  LabelSetTable table_;
  const LabelSet& base_ =
      table_.intern(std::vector<LabelPair>{{"app", "web"}, {"job", "t"}, {"zone", "z"}});
  LabelCache cache_{table_, kNames};
};

TEST_F(LabelCacheTest, without_changes_it_is_the_base) {
  const std::vector<LabelChange> none(2);
  EXPECT_EQ(&cache_.find(base_, none), &base_);
}

TEST_F(LabelCacheTest, sets_replaces_and_removes) {
  EXPECT_EQ(text({set("info"), {}}), R"({app="web", job="t", level="info", zone="z"})");
  EXPECT_EQ(text({set("info"), set("api")}), R"({app="api", job="t", level="info", zone="z"})");
  EXPECT_EQ(text({{}, removed()}), R"({job="t", zone="z"})");
  EXPECT_EQ(text({removed(), {}}), base_.text());
  EXPECT_EQ(text({set(""), {}}), R"({app="web", job="t", level="", zone="z"})");
}

TEST_F(LabelCacheTest, a_hit_is_the_same_object_also_when_the_text_lies_elsewhere) {
  const std::string one = "info";
  const std::string other = "info";
  const LabelSet& first = cache_.find(base_, std::vector<LabelChange>{set(one), {}});
  EXPECT_EQ(&cache_.find(base_, std::vector<LabelChange>{set(other), {}}), &first);
  EXPECT_EQ(table_.size(), 2U);
}

TEST_F(LabelCacheTest, values_are_not_confused_with_their_neighbours) {
  EXPECT_NE(text({set("ab"), set("c")}), text({set("a"), set("bc")}));
  EXPECT_NE(text({set(""), set("x")}), text({{}, set("x")}));
  EXPECT_NE(text({removed(), set("x")}), text({set(""), set("x")}));
  const LabelSet& other_base = table_.intern(std::vector<LabelPair>{{"job", "u"}});
  EXPECT_NE(cache_.find(other_base, std::vector<LabelChange>{set("a"), {}}).text(),
            text({set("a"), {}}));
}

TEST_F(LabelCacheTest, grows_and_finds_everything_again) {
  std::vector<const LabelSet*> sets;
  for (int i = 0; i < 1000; ++i) {
    const std::string value = std::to_string(i);
    sets.push_back(&cache_.find(base_, std::vector<LabelChange>{set(value), {}}));
  }
  for (int i = 0; i < 1000; ++i) {
    const std::string value = std::to_string(i);
    const LabelSet& again = cache_.find(base_, std::vector<LabelChange>{set(value), {}});
    ASSERT_EQ(&again, sets[static_cast<std::size_t>(i)]);
    ASSERT_EQ(*again.find("level"), value);
  }
}

TEST_F(LabelCacheTest, starts_over_when_it_is_full_of_combinations_or_of_text) {
  for (std::size_t i = 0; i < LabelCache::kCombinationsMax + 10; ++i) {
    const std::string value = std::to_string(i);
    ASSERT_EQ(*cache_.find(base_, std::vector<LabelChange>{set(value), {}}).find("level"), value);
  }
  for (char c = 'a'; c < 'f'; ++c) {
    const std::string value(LabelCache::kKeyBytesMax / 2, c);
    ASSERT_EQ(*cache_.find(base_, std::vector<LabelChange>{set(value), {}}).find("level"), value);
  }
}

TEST_F(LabelCacheTest, after_clear_sets_are_interned_anew_so_that_a_sweep_sees_them_used) {
  const LabelSet& first = cache_.find(base_, std::vector<LabelChange>{set("a"), {}});
  const std::uint64_t serial = first.serial();
  base_.pin();
  for (int i = 0; i < 3; ++i) {
    cache_.clear();
    table_.sweep();
    ASSERT_EQ(cache_.find(base_, std::vector<LabelChange>{set("a"), {}}).serial(), serial);
  }
  cache_.clear();
  table_.sweep();
  table_.sweep();
  EXPECT_EQ(table_.size(), 1U);
  EXPECT_NE(cache_.find(base_, std::vector<LabelChange>{set("a"), {}}).serial(), serial);
}

}  // namespace
}  // namespace tailrace::pipeline
