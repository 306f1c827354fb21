// When a swarm is asked for what.
#include "discovery/dockerswarm_discovery.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/fakes/scripted_transport.h"

namespace tailrace::discovery {
namespace {

using std::chrono::seconds;
using Role = config::DockerSwarmSdConfig::Role;
using Sent = testing::ScriptedTransport::Sent;
using Reply = testing::ScriptedTransport::Reply;

class DockerSwarmDiscoveryTest : public ::testing::Test {
 protected:
  DockerSwarmDiscoveryTest() {
    config_.host = "http://manager:2375";
    config_.role = Role::kNodes;
    config_.filters = {{"role", {"worker"}}};
    transport_.answer_with(
        [this](const Sent&) { return Reply{.status = status_, .body = answer_}; });
    start();
  }
  void start() {
    discovery_ = std::move(*DockerSwarmDiscovery::create(config_, "swarm[0]", world_));
  }
  bool settle(std::chrono::nanoseconds wait = {}) {
    clock_.advance(wait);
    const bool first = discovery_->poll(clock_.steady_now());
    return discovery_->poll(clock_.steady_now()) || first;
  }

  testing::FakeClock clock_;
  testing::MemoryFileSystem files_{clock_};
  testing::ScriptedTransport transport_{clock_};
  Log log_ = Log::discard(clock_);
  Metrics metrics_;
  DiscoveryWorld world_{clock_, files_, log_, metrics_, transport_, {}, "host", "/", {}};
  config::DockerSwarmSdConfig config_;
  std::unique_ptr<Discoverer> discovery_;
  int status_ = 200;
  std::string answer_ = R"([{"ID":"b","Status":{"Addr":"10.0.0.2"}},
                            {"ID":"a","Status":{"Addr":"10.0.0.1"}}])";
};

TEST_F(DockerSwarmDiscoveryTest, lists_every_interval_in_an_order_of_its_own) {
  EXPECT_FALSE(discovery_->knows());
  EXPECT_TRUE(settle());
  EXPECT_TRUE(discovery_->knows());
  ASSERT_EQ(discovery_->targets().size(), 2U);
  EXPECT_EQ(discovery_->targets()[0].found_by, "swarm[0] 10.0.0.1:80");
  EXPECT_EQ(transport_.sent()[0].url,
            "http://manager:2375/nodes?filters=%7B%22role%22%3A%5B%22worker%22%5D%7D");
  EXPECT_FALSE(settle(seconds(59)));
  EXPECT_EQ(transport_.sent().size(), 1U);
  answer_ = "[]";
  EXPECT_TRUE(settle(seconds(1)));
  EXPECT_TRUE(discovery_->targets().empty());
}

TEST_F(DockerSwarmDiscoveryTest, asks_for_all_that_a_task_is_described_by) {
  config_.role = Role::kTasks;
  answer_ = "[]";
  start();
  settle();
  EXPECT_EQ(transport_.sent().size(), 4U);
  EXPECT_TRUE(discovery_->knows());
}

TEST_F(DockerSwarmDiscoveryTest, keeps_its_targets_while_there_is_no_answer) {
  settle();
  status_ = 503;
  answer_ = R"({"message":"This node is not a swarm manager."})";
  EXPECT_FALSE(settle(seconds(60)));
  EXPECT_EQ(discovery_->targets().size(), 2U);
  EXPECT_EQ(discovery_->trouble(), "swarm[0]: This node is not a swarm manager.");
  status_ = 200;
  EXPECT_FALSE(settle(seconds(31)));
  EXPECT_NE(discovery_->trouble(), "") << "no list, either";
  answer_ = "[]";
  EXPECT_TRUE(settle(seconds(31)));
  EXPECT_EQ(discovery_->trouble(), "");
}

}  // namespace
}  // namespace tailrace::discovery
