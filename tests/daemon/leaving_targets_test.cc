// How long what is gone is read on.
#include "daemon/leaving_targets.h"

#include <gtest/gtest.h>

namespace tailrace::daemon {
namespace {

using namespace std::chrono_literals;

struct Seen {
  std::string found_by, path;
  discovery::LabelMap labels = {};
};

discovery::FilteredTargets found(const std::vector<Seen>& targets) {
  discovery::FilteredTargets filtered;
  for (const Seen& one : targets) {
    filtered.targets.push_back({.job = "j", .path = one.path, .exclude = "", .labels = {}});
    filtered.origins.push_back({.labels = one.labels, .found_by = one.found_by});
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
  const discovery::LabelMap uid{{"__meta_kubernetes_pod_uid", "1"}, {"__address__", "a"}};
  leaving.update(found({{"pod/a", "/a", uid}, {"b", "/b"}, {"c", "/c"}}), kStart);
  // Another path of the same pod, whose address came later.
  leaving.update(found({{"pod/a", "/a2", {{"__meta_kubernetes_pod_uid", "1"}}}, {"b", "/b2"}}),
                 kStart);
  EXPECT_EQ(paths(leaving), "/c ");
  // What leaves and comes back with another path has changed, too.
  leaving.update(found({{"c", "/c2"}, {"pod/a", "/a2"}, {"b", "/b2"}}), kStart);
  EXPECT_EQ(paths(leaving), "");
}

TEST(LeavingTargets, an_entry_that_is_taken_out_of_a_list_stays_for_a_while) {
  LeavingTargets leaving;
  const discovery::LabelMap here{{"__address__", "localhost"}};
  leaving.update(found({{"list:0", "/x", here}, {"list:1", "/y", here}, {"list:2", "/z", here}}),
                 kStart);
  // The second entry of the list is the first one now.
  leaving.update(found({{"list:0", "/y", here}, {"list:1", "/z", here}}), kStart);
  EXPECT_EQ(paths(leaving), "/x ");
}

// A pod of a StatefulSet, an address of a name, an instance of a service.
TEST(LeavingTargets, what_comes_in_the_place_of_another_is_not_the_same) {
  for (const char* const label :
       {"__meta_kubernetes_pod_uid", "__address__", "__meta_consul_service_id"}) {
    LeavingTargets leaving;
    leaving.update(found({{"db-0", "/1", {{label, "1"}}}, {"db-0", "/2", {{label, "2"}}}}), kStart);
    leaving.update(found({{"db-0", "/2", {{label, "2"}}}, {"db-0", "/3", {{label, "3"}}}}), kStart);
    EXPECT_EQ(paths(leaving), "/1 ") << label;
  }
}

TEST(LeavingTargets, a_reload_ends_what_it_does_not_give_and_not_what_leaves) {
  LeavingTargets before;
  before.update(found({{"a", "/a"}, {"b", "/b"}, {"c", "/c"}}), kStart);
  before.update(found({{"b", "/b"}, {"c", "/c"}}), kStart);
  LeavingTargets after = before.after_reload();
  after.update(found({{"c", "/c"}}), kStart + 1s);
  EXPECT_EQ(paths(after), "/a ");
  after.update(found({}), kStart + 2s);
  EXPECT_EQ(paths(after), "/a /c ");
  EXPECT_EQ(after.next_deadline(), kStart + LeavingTargets::kStay);
}

}  // namespace
}  // namespace tailrace::daemon
