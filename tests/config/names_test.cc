// Metric names and near names.
#include "config/names.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::config {
namespace {

TEST(Names, metric_names_may_have_colons) {
  for (const char* name : {"a", ":a", "a:b9", "_"})
    EXPECT_TRUE(is_metric_name(name)) << name;
  for (const char* name : {"", "9a", "a-b"})
    EXPECT_FALSE(is_metric_name(name)) << name;
}

TEST(Names, comparison_ignores_ascii_case) {
  EXPECT_TRUE(equal_ignoring_case("aZ_1", "Az_1"));
  EXPECT_FALSE(equal_ignoring_case("a", "ab"));
  EXPECT_FALSE(equal_ignoring_case("ab", "a"));
  EXPECT_FALSE(equal_ignoring_case("a", "b"));
  EXPECT_EQ(to_lower_ascii("AbZ9"), "abz9");
}

TEST(Names, the_nearest_candidate_is_proposed) {
  const std::vector<std::string_view> keys = {"batchwait", "batchsize", "url", "filename"};
  EXPECT_EQ(nearest_name("batch_wait", keys), "batchwait");
  EXPECT_EQ(nearest_name("Batchsice", keys), "batchsize");
  EXPECT_EQ(nearest_name("ulr", keys), std::nullopt);
  EXPECT_EQ(nearest_name("uri", keys), "url");
  EXPECT_EQ(nearest_name("file", keys), "filename");
  EXPECT_EQ(nearest_name("something", keys), std::nullopt);
  EXPECT_EQ(nearest_name(std::string(1000, 'x'), keys), std::nullopt);
  EXPECT_EQ(did_you_mean("urls", keys), "; did you mean \"url\"?");
  EXPECT_EQ(did_you_mean("zzz", keys), "");
}

}  // namespace
}  // namespace tailrace::config
