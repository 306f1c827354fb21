// Work beside the others, and an end that does not wait for it.
#include "daemon/aside_thread.h"

#include <future>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::daemon {
namespace {

TEST(AsideThread, does_one_piece_after_the_other) {
  std::vector<int> order;  // Of the thread, until `all` is set.
  std::promise<void> all;
  AsideThread aside;
  for (int i = 0; i < 3; ++i) {
    aside.post([&order, i] { order.push_back(i); },
               [&order, &all, i] {
                 order.push_back(10 + i);
                 if (i == 2) all.set_value();
               });
  }
  all.get_future().wait();
  EXPECT_EQ(order, (std::vector<int>{0, 10, 1, 11, 2, 12}));
}

TEST(AsideThread, does_not_wait_at_its_end_for_work_that_hangs) {
  struct Shared {
    std::promise<void> begun, release, after;
  };
  const auto shared = std::make_shared<Shared>();  // Outlives whoever ends first.
  bool told = false;
  {
    AsideThread aside;
    aside.post(
        [shared] {
          shared->begun.set_value();
          shared->release.get_future().wait();
          shared->after.set_value();
        },
        [&told] { told = true; });
    aside.post([&told] { told = true; }, [&told] { told = true; });
    shared->begun.get_future().wait();
  }
  shared->release.set_value();
  shared->after.get_future().wait();
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace tailrace::daemon
