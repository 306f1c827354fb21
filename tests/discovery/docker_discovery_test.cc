// Which containers are targets, and when a daemon is asked.
#include "discovery/docker_discovery.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/fakes/scripted_transport.h"

namespace tailrace::discovery {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Goes = testing::ScriptedTransport::StreamGoes;
using Sent = testing::ScriptedTransport::Sent;
using Reply = testing::ScriptedTransport::Reply;
using Shown = std::vector<std::string>;

class DockerDiscoveryTest : public ::testing::Test {
 protected:
  DockerDiscoveryTest() {
    config_.host = "unix:///run/docker.sock";
    transport_.answer_with([this](const Sent& sent) {
      if (away_) return Reply{.status = 0, .error = "refused"};
      if (sent.url.find("/events") != std::string::npos) {
        events_ = sent.tag;
        return Reply{.status = 200, .never = true};
      }
      if (sent.url.find("/networks") != std::string::npos)
        return Reply{.status = 200, .body = "[]"};
      ++lists_;
      last_list_ = sent.url;
      return Reply{.status = 200, .body = list()};
    });
  }

  std::string list() const {
    std::string json;
    for (const auto& [id, state] : containers_) {
      json += (json.empty() ? "" : ",") + std::string(R"({"Id":")") + id + R"(","Names":["/)" + id +
              R"("],"State":")" + state + R"("})";
    }
    return "[" + json + "]";
  }

  void start() { discovery_ = std::move(*DockerDiscovery::create(config_, "docker[0]", world_)); }

  // Whether the targets changed.
  bool settle(std::chrono::nanoseconds wait = {}) {
    clock_.advance(wait);
    bool changed = false;
    for (int i = 0; i < 5; ++i)
      changed = discovery_->poll(clock_.steady_now()) || changed;
    return changed;
  }

  void event(std::string_view action, std::string_view id) {
    transport_.stream(events_, R"({"Type":"container","Action":")" + std::string(action) +
                                   R"(","Actor":{"ID":")" + std::string(id) + "\"}}\n");
  }

  // "id run".
  Shown shown() const {
    Shown all;
    for (const Target& target : discovery_->targets()) {
      all.push_back(target.labels.at("__meta_docker_container_id") + " " +
                    target.labels.at(std::string(kDockerRunLabel)));
    }
    return all;
  }

  testing::FakeClock clock_;
  testing::MemoryFileSystem files_{clock_};
  testing::ScriptedTransport transport_{clock_};
  Log log_ = Log::discard(clock_);
  Metrics metrics_;
  DiscoveryWorld world_{clock_, files_, log_, metrics_, transport_, {}, "host", "/", {}};
  config::DockerSdConfig config_;
  std::unique_ptr<Discoverer> discovery_;

  bool away_ = false;
  std::map<std::string, std::string> containers_ = {{"a", "running"}, {"b", "exited"}};
  http::RequestTag events_ = 0;
  int lists_ = 0;
  std::string last_list_;
};

TEST_F(DockerDiscoveryTest, finds_containers_and_says_which_stand_still) {
  start();
  EXPECT_FALSE(discovery_->knows());
  EXPECT_TRUE(settle());
  EXPECT_TRUE(discovery_->knows());
  EXPECT_EQ(shown(), (Shown{"a 1", "b still"}));
  EXPECT_EQ(discovery_->targets()[0].found_by, "docker[0] /a");
  EXPECT_EQ(discovery_->targets()[0].labels.at(std::string(kDockerEntryLabel)), "docker[0]");
  EXPECT_EQ(last_list_, "http://docker/containers/json?all=1&filters=%7B%7D");
}

TEST_F(DockerDiscoveryTest, asks_again_after_the_interval_without_an_event) {
  start();
  settle();
  EXPECT_FALSE(settle(seconds(59)));
  EXPECT_EQ(lists_, 1);
  containers_["c"] = "running";
  EXPECT_TRUE(settle(seconds(2)));
  EXPECT_EQ(shown(), (Shown{"a 1", "b still", "c 1"}));
}

TEST_F(DockerDiscoveryTest, asks_at_once_after_an_event_and_not_for_each_of_many) {
  start();
  settle(seconds(1));
  event("die", "a");
  settle(seconds(1));
  EXPECT_EQ(lists_, 2);
  containers_["c"] = "exited";
  for (int i = 0; i < 20; ++i)
    event("start", "c");
  EXPECT_FALSE(settle(milliseconds(10)));
  EXPECT_TRUE(settle(milliseconds(500)));
  EXPECT_EQ(lists_, 3);
  // It ran and ended meanwhile: its log is to be read.
  EXPECT_EQ(shown(), (Shown{"a 1", "b still", "c 1"}));
}

TEST_F(DockerDiscoveryTest, numbers_the_runs_of_a_container) {
  start();
  settle(seconds(1));
  event("start", "x");
  settle(seconds(1));
  containers_["a"] = "exited";
  EXPECT_FALSE(settle(minutes(1)));
  containers_["a"] = "running";
  containers_["b"] = "running";
  EXPECT_TRUE(settle(minutes(1)));
  EXPECT_EQ(shown(), (Shown{"a 2", "b 1"}));
  event("start", "a");  // Between two lists it ended, too.
  EXPECT_TRUE(settle(seconds(1)));
  EXPECT_EQ(shown(), (Shown{"a 3", "b 1"}));
}

TEST_F(DockerDiscoveryTest, waits_for_the_first_start_of_a_container) {
  containers_ = {{"a", "created"}};
  start();
  settle(seconds(1));
  EXPECT_EQ(shown(), (Shown{}));
  containers_["a"] = "running";
  event("start", "a");
  EXPECT_TRUE(settle(seconds(1)));
  EXPECT_EQ(shown(), (Shown{"a 1"}));
}

TEST_F(DockerDiscoveryTest, keeps_for_a_while_what_is_gone) {
  start();
  settle();
  containers_.erase("a");
  EXPECT_FALSE(settle(minutes(1)));
  EXPECT_EQ(shown(), (Shown{"a 1", "b still"}));
  EXPECT_FALSE(settle(minutes(9)));
  EXPECT_TRUE(settle(minutes(2)));
  EXPECT_EQ(shown(), (Shown{"b still"}));
}

TEST_F(DockerDiscoveryTest, a_filter_of_states_says_that_still_ones_are_wanted) {
  config_.filters = {{"status", {"exited"}}};
  start();
  settle();
  EXPECT_EQ(shown(), (Shown{"a 1", "b 1"}));
}

TEST_F(DockerDiscoveryTest, leaves_its_own_container_out) {
  world_.host_name = "0123456789ab";
  containers_ = {{"0123456789ab" + std::string(52, 'c'), "running"}, {"b", "running"}};
  start();
  settle();
  EXPECT_EQ(shown(), (Shown{"b 1"}));
  config_.include_own_container = true;
  start();
  settle();
  EXPECT_EQ(shown().size(), 2U);
}

TEST_F(DockerDiscoveryTest, keeps_its_targets_while_the_daemon_is_away) {
  start();
  settle();
  away_ = true;
  transport_.reset();
  settle(minutes(1));
  EXPECT_EQ(discovery_->trouble(), "docker[0]: refused");
  EXPECT_EQ(shown(), (Shown{"a 1", "b still"}));
  for (int i = 0; i < 20; ++i)
    settle(seconds(31));
  EXPECT_GT(discovery_->next_deadline(), clock_.steady_now());
  away_ = false;
  settle(seconds(31));
  EXPECT_EQ(discovery_->trouble(), "");
  const int lists = lists_;
  event("rename", "a");
  settle(seconds(1));
  EXPECT_GT(lists_, lists) << "events come again";
}

TEST_F(DockerDiscoveryTest, an_answer_that_is_no_list_is_trouble) {
  containers_ = {{"\\", "running"}};
  start();
  settle();
  EXPECT_FALSE(discovery_->knows());
  EXPECT_NE(discovery_->trouble(), "");
}

TEST_F(DockerDiscoveryTest, refuses_a_host_that_it_does_not_understand) {
  config_.host = "npipe://x";
  EXPECT_FALSE(DockerDiscovery::create(config_, "docker[0]", world_));
}

}  // namespace
}  // namespace tailrace::discovery
