// From cuts to several Lokis and tenants, when some of them are away.
#include "daemon/delivery.h"

#include "base/random.h"
#include "tests/daemon/engine_rig.h"

namespace tailrace::daemon {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

using Lines = std::vector<std::string>;

constexpr const char* kByTenant =
    "[{regex: {expression: '^(?P<tenant>\\w+) '}}, {labels: {__tenant_id__: tenant}}]";

class DeliveryTest : public EngineRig {
 protected:
  static std::string client(const std::string& url, const std::string& more = {}) {
    return "{url: \"" + url + "\", batchwait: 100ms, " + more +
           " backoff_config: {min_period: 50ms, max_period: 200ms}}";
  }
  // Letters that no compression makes smaller by much; another piece each time.
  std::string noise(std::size_t bytes) {
    if (noise_.empty()) {
      for (int i = 0; i < 1'000'000; ++i)
        noise_ += static_cast<char>(' ' + 1 + random_.below(90));
    }
    return noise_.substr(random_.below(noise_.size() - bytes), bytes);
  }
  std::uint64_t bytes_on_disk() {
    std::uint64_t bytes = 0;
    const auto entries = files_.list(kOutbox);
    EXPECT_TRUE(entries);
    for (const DirectoryEntry& entry : *entries)
      bytes += files_.stat(std::string(kOutbox) + "/" + entry.name)->size;
    return bytes;
  }

  Random random_{1};
  std::string noise_;
};

TEST_F(DeliveryTest, a_throttled_tenant_holds_up_no_cut_of_the_others) {
  lokis_["http://a"].answer = [](const std::string& tenant) {
    return tenant == "busy" ? 429 : 204;
  };
  start(config("[" + client("http://a") + "]", kByTenant));
  pass(seconds(2));
  write("busy 1\n");
  pass(seconds(1));
  for (int i = 0; i < 20; ++i) {
    write("busy 2\n", "b.log");
    const SteadyTime written = clock_.steady_now();
    write("calm\n");
    pass(milliseconds(160));
    const auto& kept = lokis_["http://a"].kept;
    ASSERT_EQ(kept.size(), static_cast<std::size_t>(i) + 1);
    EXPECT_LE(kept.back().at - written, milliseconds(150));
  }
}

TEST_F(DeliveryTest, nothing_is_cut_for_its_age_while_no_batch_could_be_sent) {
  lokis_["http://a"].answer = [](const std::string&) { return std::nullopt; };
  start(config("[" + client("http://a", "timeout: 1h,") + "]"));
  pass(seconds(2));
  write("on its way\n");
  pass(seconds(1));
  const std::uint64_t before = delivery().outbox().client_bytes("http://a");
  for (int i = 0; i < 100; ++i) {
    write("line\n");
    pass(milliseconds(100));
  }
  const std::uint64_t fragment = before;  // Of one line.
  EXPECT_LE(delivery().outbox().client_bytes("http://a"), before + 11 * (fragment + 100));
}

TEST_F(DeliveryTest, a_client_with_another_url_takes_over_what_is_on_its_way) {
  lokis_["http://old"].answer = [](const std::string&) { return std::nullopt; };
  start(config("[" + client("http://old") + "]"));
  Lines lines;
  for (int i = 0; i < 20; ++i) {
    lines.push_back("line " + std::to_string(i));
    write(lines.back() + "\n");
    pass(milliseconds(100));
  }
  EXPECT_EQ(lokis_["http://old"].requests, 1U);
  ASSERT_TRUE(engine_->reload(config("[" + client("http://new") + "]")));
  lines.emplace_back("last");
  write("last\n");
  pass(seconds(20));  // The old one's timeout, too.
  EXPECT_EQ(lokis_["http://new"].lines(), lines);
  EXPECT_TRUE(delivery().everything_done());
}

TEST_F(DeliveryTest, a_client_changed_and_then_removed_is_set_aside_while_a_request_hangs) {
  const std::string other = client("http://other");
  lokis_["http://a"].answer = [](const std::string&) { return std::nullopt; };
  start(config("[" + client("http://a", "timeout: 60s,") + "," + other + "]"));
  pass(seconds(1));
  write("on its way\n");
  pass(seconds(1));
  write("waits\n");
  pass(seconds(1));
  ASSERT_TRUE(
      engine_->reload(config("[" + client("http://a", "timeout: 59s,") + "," + other + "]")));
  pass(seconds(1));
  ASSERT_TRUE(engine_->reload(config("[" + other + "]")));
  pass(seconds(70), milliseconds(100));
  EXPECT_EQ(lokis_["http://other"].lines(), (Lines{"on its way", "waits"}));
  EXPECT_EQ(logged("the rest was set aside"), 1U);
  EXPECT_TRUE(delivery().everything_done());
}

TEST_F(DeliveryTest, an_answer_to_a_changed_client_still_counts) {
  lokis_["http://a"].answer = [](const std::string&) { return std::nullopt; };
  start(config("[" + client("http://a", "timeout: 5s,") + "]"));
  pass(seconds(1));
  write("on its way\n");
  pass(seconds(1));
  lokis_["http://a"].answer = [](const std::string&) { return 204; };
  ASSERT_TRUE(engine_->reload(config("[" + client("http://a", "timeout: 4s,") + "]")));
  write("behind it\n");
  pass(seconds(2));
  EXPECT_EQ(lokis_["http://a"].lines(), Lines{});  // Order: it waits for the answer before it.
  pass(seconds(3));
  EXPECT_EQ(lokis_["http://a"].lines(), (Lines{"on its way", "behind it"}));
}

TEST_F(DeliveryTest, says_once_that_a_share_is_half_full_and_once_that_it_is_full) {
  lokis_["http://a"].answer = [](const std::string&) { return 503; };
  start(config("[" + client("http://a", "name: slow,") + "]", "[]", "1MB"));
  std::uint64_t half_at = 0;
  for (int i = 0; i < 400 && logged("is full; reading stops") == 0; ++i) {
    write(noise(5000) + "\n");
    pass(milliseconds(100));
    if (half_at == 0 && logged("half full") == 1) {
      half_at = delivery().outbox().client_bytes("slow");
    }
  }
  EXPECT_GT(half_at, 350'000U);
  EXPECT_LT(half_at, 550'000U);
  EXPECT_EQ(logged("half full"), 1U);
  EXPECT_EQ(logged("is full; reading stops"), 1U);
  EXPECT_EQ(delivery().troubles(), (Lines{"client slow: its share of the outbox is full"}));
  EXPECT_LE(bytes_on_disk(), 1'000'000U);
  lokis_["http://a"].answer = [](const std::string&) { return 204; };
  pass(seconds(30));
  EXPECT_TRUE(delivery().everything_done());
  EXPECT_EQ(delivery().troubles(), Lines{});
}

TEST_F(DeliveryTest, the_outbox_stays_within_its_size_beside_a_share_that_is_full) {
  lokis_["http://dead"].answer = [](const std::string&) { return 503; };
  const std::string drop = "tailrace: {outbox: {size: 1MB, when_full: drop_oldest}},";
  const std::string small = "tailrace: {outbox: {size: 1MB}},";
  start(config("[" + client("http://dead", drop) + "," + client("http://a", small) + "]"));
  std::uint64_t most = 0;
  for (int i = 0; i < 1000; ++i) {
    write(noise(5000) + "\n");
    pass(milliseconds(100), milliseconds(50));
    most = std::max(most, bytes_on_disk());
  }
  EXPECT_LE(most, 2'000'000U);
  pass(seconds(1));
  EXPECT_EQ(lokis_["http://a"].kept.size(), 1000U);
}

// A line a minute for a tenant that is throttled all day holds segments; a busy one fills them.
TEST_F(DeliveryTest, a_day_with_a_throttled_tenant_beside_a_busy_one_stays_within_the_size) {
  bool throttled = true;
  lokis_["http://a"].answer = [&](const std::string& tenant) {
    return tenant == "quiet" && throttled ? 429 : 204;
  };
  start(config("[{url: \"http://a\", batchwait: 100ms, backoff_config: {max_period: 1m}}]",
               kByTenant, "1MB"));
  pass(seconds(2));
  std::uint64_t most = 0;
  std::size_t quiet = 0;
  std::size_t busy = 0;
  const SteadyTime end = clock_.steady_now() + hours(24);
  for (std::uint64_t i = 0; clock_.steady_now() < end; ++i) {
    if (i % 15 == 0) {
      write("quiet " + std::to_string(quiet++) + "\n");
    }
    write("busy " + noise(2000) + "\n", "b.log");
    ++busy;
    pass(seconds(4), seconds(2));
    if (i % 3 != 0) continue;
    EXPECT_TRUE(engine_->save());
    most = std::max(most, bytes_on_disk());
  }
  EXPECT_LE(most, 1'000'000U);
  EXPECT_EQ(quiet, 1440U);
  EXPECT_EQ(lokis_["http://a"].lines("busy").size(), busy);
  EXPECT_LE(delivery().outbox().memory_bytes(), 2'000'000U);
  throttled = false;
  pass(minutes(2), seconds(1));
  const Lines got = lokis_["http://a"].lines("quiet");
  ASSERT_EQ(got.size(), quiet);
  for (std::size_t i = 0; i < quiet; ++i)
    EXPECT_EQ(got[i], "quiet " + std::to_string(i));
}

}  // namespace
}  // namespace tailrace::daemon
