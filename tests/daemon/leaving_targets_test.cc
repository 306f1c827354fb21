// How long what is gone is read on.
#include "daemon/leaving_targets.h"

#include <gtest/gtest.h>

namespace tailrace::daemon {
namespace {

using namespace std::chrono_literals;

discovery::FilteredTargets found(const std::vector<std::pair<std::string, std::string>>& targets) {
  discovery::FilteredTargets filtered;
  for (const auto& [found_by, path] : targets) {
    filtered.targets.push_back({.job = "j", .path = path, .exclude = "", .labels = {}});
    filtered.origins.push_back({.labels = {}, .found_by = found_by});
  }
  return filtered;
}

std::string paths(const LeavingTargets& leaving) {
  std::string text;
  for (const discovery::FileTarget& target : leaving.targets())
    text += target.path + " ";
  return text;
}

constexpr SteadyTime kStart{std::chrono::hours(1)};

TEST(LeavingTargets, what_is_gone_stays_for_a_while) {
  LeavingTargets leaving;
  leaving.update(found({{"pod/a", "/a"}, {"pod/b", "/b"}}), kStart);
  EXPECT_EQ(paths(leaving), "");
  EXPECT_EQ(leaving.next_deadline(), SteadyTime::max());
  leaving.update(found({{"pod/b", "/b"}}), kStart + 1s);
  EXPECT_EQ(paths(leaving), "/a ");
  EXPECT_EQ(leaving.next_deadline(), kStart + 1s + LeavingTargets::kStay);
  leaving.update(found({}), kStart + 2s);
  EXPECT_EQ(paths(leaving), "/a /b ");
  EXPECT_FALSE(leaving.expire(kStart + LeavingTargets::kStay));
  EXPECT_TRUE(leaving.expire(kStart + 1s + LeavingTargets::kStay));
  EXPECT_EQ(paths(leaving), "/b ");
}

TEST(LeavingTargets, what_comes_back_leaves_no_more) {
  LeavingTargets leaving;
  leaving.update(found({{"pod/a", "/a"}}), kStart);
  leaving.update(found({}), kStart);
  leaving.update(found({{"pod/a", "/a"}}), kStart);
  EXPECT_EQ(paths(leaving), "");
}

TEST(LeavingTargets, what_has_changed_is_left_at_once) {
  LeavingTargets leaving;
  leaving.update(found({{"pod/a", "/a"}, {"list:0", "/x"}, {"list:1", "/y"}}), kStart);
  // Another path of the same pod; the second entry of the list is the first one now.
  leaving.update(found({{"pod/a", "/a2"}, {"list:0", "/y"}}), kStart);
  EXPECT_EQ(paths(leaving), "");
}

}  // namespace
}  // namespace tailrace::daemon
