// How long names hold, and that nobody waits for them.
#include "daemon/reverse_lookup.h"

#include <atomic>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "base/mutex.h"

namespace tailrace::daemon {
namespace {

using receivers::PeerAddress;

constexpr SteadyTime kBegin{std::chrono::hours(1)};

PeerAddress peer_number(std::uint8_t number) {
  PeerAddress peer;
  peer.family = PeerAddress::Family::kIpv4;
  peer.bytes[3] = number;
  return peer;
}

// What DNS says, as the thread sees it.
struct Dns {
  Mutex mutex;
  std::string name TAILRACE_GUARDED_BY(mutex);
  std::atomic<int> asked{0};
  void set(std::string to) {
    const MutexLock lock(mutex);
    name = std::move(to);
  }
};

class ReverseLookupTest : public ::testing::Test {
 protected:
  // The answer, once it is `wanted`; what it is after long, if it never is.
  std::optional<std::string> find(SteadyTime now, const std::string& wanted) {
    std::optional<std::string> found;
    for (int i = 0; i < 10'000'000; ++i) {
      found = names_.find(peer_number(1), now);
      if (found == wanted) break;
      std::this_thread::yield();
    }
    return found;
  }

  const std::shared_ptr<Dns> dns_ = std::make_shared<Dns>();
  ReverseLookup names_{[dns = dns_](const PeerAddress& /*peer*/) {
    const MutexLock lock(dns->mutex);
    ++dns->asked;
    return dns->name;
  }};
};

TEST_F(ReverseLookupTest, a_name_holds_for_some_minutes_and_then_until_the_next_is_there) {
  dns_->set("a.example");
  EXPECT_EQ(names_.find(peer_number(1), kBegin), std::nullopt);
  EXPECT_EQ(find(kBegin, "a.example"), "a.example");
  dns_->set("b.example");
  const SteadyTime old = kBegin + ReverseLookup::kNameLasts;
  EXPECT_EQ(names_.find(peer_number(1), old - std::chrono::nanoseconds(1)), "a.example");
  EXPECT_EQ(dns_->asked, 1);
  EXPECT_NE(names_.find(peer_number(1), old), std::nullopt);
  EXPECT_EQ(find(old, "b.example"), "b.example");
  EXPECT_EQ(dns_->asked, 2);
}

TEST_F(ReverseLookupTest, a_failure_holds_for_a_short_time) {
  EXPECT_EQ(find(kBegin, ""), "");
  dns_->set("a.example");
  const SteadyTime old = kBegin + ReverseLookup::kNothingLasts;
  EXPECT_EQ(names_.find(peer_number(1), old - std::chrono::nanoseconds(1)), "");
  EXPECT_EQ(find(old, "a.example"), "a.example");
}

TEST_F(ReverseLookupTest, who_finds_no_room_to_ask_asks_again) {
  MutexLock lock(dns_->mutex);
  for (std::size_t i = 0; i < 2 * ReverseLookup::kQueuedMax; ++i)
    EXPECT_EQ(names_.find(peer_number(static_cast<std::uint8_t>(i)), kBegin), std::nullopt) << i;
}

}  // namespace
}  // namespace tailrace::daemon
