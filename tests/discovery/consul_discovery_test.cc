// consul_sd_configs against a scripted server that answers as the API documents say
// (https://developer.hashicorp.com/consul/api-docs/features/blocking and /catalog, /health).
#include "discovery/consul_discovery.h"

#include <gtest/gtest.h>

#include "tests/discovery/discovery_rig.h"

namespace tailrace::discovery {
namespace {

using namespace std::chrono_literals;
using Reply = testing::ScriptedTransport::Reply;

// A catalog of services, each with the ports of its instances.
struct ConsulRig : DiscoveryRig {
  std::map<std::string, std::vector<int>> services;
  std::uint64_t index = 10;
  int status = 200;

  ConsulRig() {
    transport.answer_with(
        [this](const testing::ScriptedTransport::Sent& sent) { return answer(sent); });
  }

  Reply answer(const testing::ScriptedTransport::Sent& sent) const {
    const std::string& url = sent.url;
    if (status != 200) return {.status = status, .body = "No cluster leader"};
    // A blocking query whose index is the newest waits.
    const bool waits = url.find("index=" + std::to_string(index) + "&") != std::string::npos;
    if (waits) return {.never = true};
    const std::string text = std::to_string(index);
    if (url.find("/agent/self") != std::string::npos) {
      return {.status = 200, .body = R"({"Config": {"Datacenter": "dc1", "NodeName": "n"}})"};
    }
    if (url.find("/catalog/services") != std::string::npos) {
      std::string body = "{";
      for (const auto& [name, ports] : services)
        body += (body.size() > 1 ? ",\"" : "\"") + name + "\": [\"tag-" + name + "\"]";
      return {.status = 200, .body = body + "}", .wanted_header = text};
    }
    const std::size_t begin = url.find("/health/service/") + 16;
    const std::string name = url.substr(begin, url.find('?') - begin);
    std::string body = "[";
    const auto found = services.find(name);
    if (found != services.end()) {
      for (const int port : found->second) {
        body +=
            (body.size() > 1 ? "," : "") +
            std::string(R"({"Node": {"Node": "n", "Address": "10.0.0.1"}, "Service": {"Port": )") +
            std::to_string(port) + R"(, "Service": ")" + name + R"("}, "Checks": []})";
      }
    }
    return {.status = 200, .body = body + "]", .wanted_header = text};
  }

  // Something changed: everything that waits is answered.
  void change() {
    ++index;
    for (const auto& sent : transport.sent()) {
      Reply reply = answer(sent);
      transport.finish(sent.tag, std::move(reply));
    }
  }
};

TEST(ConsulDiscovery, finds_every_service_of_the_catalog) {
  ConsulRig rig;
  rig.services = {{"web", {80, 81}}, {"db", {5432}}};
  ConsulDiscovery discovery({}, "consul_sd_configs[0]", rig.world);
  EXPECT_FALSE(discovery.knows());
  EXPECT_TRUE(rig.poll(discovery));
  EXPECT_TRUE(discovery.knows());
  EXPECT_EQ(addresses(discovery), "10.0.0.1:5432 10.0.0.1:80 10.0.0.1:81");
  EXPECT_EQ(values_of(discovery, "__meta_consul_dc"), "dc1 dc1 dc1");
  EXPECT_EQ(discovery.targets()[0].found_by, "consul_sd_configs[0] db on n");
  EXPECT_EQ(rig.transport.sent().at(0).url, "http://localhost:8500/v1/agent/self");
  EXPECT_EQ(rig.transport.sent().at(1).url, "http://localhost:8500/v1/catalog/services?stale=");
  EXPECT_EQ(rig.transport.sent().at(1).wanted_header, "X-Consul-Index");
}

TEST(ConsulDiscovery, blocks_until_something_changes) {
  ConsulRig rig;
  rig.services = {{"web", {80}}};
  ConsulDiscovery discovery({}, "x", rig.world);
  rig.poll(discovery);
  rig.advance(discovery, 1s);
  EXPECT_EQ(rig.transport.in_flight(), 2U);  // The catalog and one service.
  EXPECT_EQ(rig.transport.sent().back().url,
            "http://localhost:8500/v1/health/service/web?stale=&index=10&wait=120000ms");
  EXPECT_GT(rig.transport.sent().back().timeout, 2min);
  const std::size_t asked = rig.transport.sent().size();
  rig.advance(discovery, 1min);
  EXPECT_EQ(rig.transport.sent().size(), asked);

  rig.services = {{"web", {80, 90}}, {"new", {1}}};
  rig.change();
  EXPECT_TRUE(rig.poll(discovery));
  EXPECT_EQ(addresses(discovery), "10.0.0.1:1 10.0.0.1:80 10.0.0.1:90");
  rig.services = {{"new", {1}}};
  rig.advance(discovery, 1s);
  rig.change();
  EXPECT_TRUE(rig.poll(discovery));
  EXPECT_EQ(addresses(discovery), "10.0.0.1:1");
}

TEST(ConsulDiscovery, an_index_that_goes_back_begins_anew) {
  ConsulRig rig;
  rig.services = {{"web", {80}}};
  config::ConsulSdConfig config;
  config.services = {"web"};
  config.datacenter = "dc1";
  ConsulDiscovery discovery(config, "x", rig.world);
  rig.poll(discovery);
  rig.advance(discovery, 1s);
  rig.index = 2;
  rig.services = {{"web", {90}}};
  testing::ScriptedTransport::Sent question;
  question.url = "/health/service/web?";
  rig.transport.finish(rig.transport.sent().back().tag, rig.answer(question));
  rig.poll(discovery);
  EXPECT_EQ(addresses(discovery), "10.0.0.1:90");
  rig.advance(discovery, 1s);
  EXPECT_EQ(rig.transport.sent().back().url,
            "http://localhost:8500/v1/health/service/web?dc=dc1&stale=");
  rig.advance(discovery, 1s);
  EXPECT_EQ(rig.transport.sent().back().url,
            "http://localhost:8500/v1/health/service/web?dc=dc1&stale=&index=2&wait=120000ms");
}

TEST(ConsulDiscovery, named_services_need_no_catalog) {
  ConsulRig rig;
  rig.services = {{"web", {80}}, {"db", {1}}};
  config::ConsulSdConfig config;
  config.services = {"web", "missing"};
  config.datacenter = "dc9";
  config.allow_stale = false;
  ConsulDiscovery discovery(config, "x", rig.world);
  rig.poll(discovery);
  EXPECT_TRUE(discovery.knows());
  EXPECT_EQ(addresses(discovery), "10.0.0.1:80");
  EXPECT_EQ(values_of(discovery, "__meta_consul_dc"), "dc9");
  for (const auto& sent : rig.transport.sent())
    EXPECT_EQ(sent.url.find("catalog"), std::string::npos) << sent.url;
}

TEST(ConsulDiscovery, options_are_in_the_questions) {
  ConsulRig rig;
  rig.services = {{"web", {80}}, {"db", {1}}};
  config::ConsulSdConfig config;
  config.server = "consul:1";
  config.scheme = "https";
  config.path_prefix = "/prefix/";
  config.token = "secret";
  config.datacenter = "d c";
  config.namespace_name = "ns";
  config.partition = "part";
  config.tags = {"tag-web"};
  config.node_meta = {{"rack", "r1"}};
  config.filter = R"(ServiceName == "web")";
  ConsulDiscovery discovery(config, "x", rig.world);
  rig.poll(discovery);
  EXPECT_EQ(rig.transport.sent().at(0).url,
            "https://consul:1/prefix/v1/catalog/services?filter=ServiceName%20%3D%3D%20%22web%22&"
            "dc=d%20c&ns=ns&partition=part&node-meta=rack%3Ar1&stale=");
  EXPECT_EQ(rig.transport.sent().at(1).url,
            "https://consul:1/prefix/v1/health/service/web?tag=tag-web&dc=d%20c&ns=ns&"
            "partition=part&node-meta=rack%3Ar1&stale=");
  EXPECT_EQ(rig.transport.sent().at(0).header("X-Consul-Token"), "secret");
  EXPECT_EQ(addresses(discovery), "10.0.0.1:80");  // db has not the tag.
}

TEST(ConsulDiscovery, a_unix_socket_is_a_server) {
  ConsulRig rig;
  config::ConsulSdConfig config;
  config.server = "unix:///run/consul.sock";
  ConsulDiscovery discovery(config, "x", rig.world);
  rig.poll(discovery);
  EXPECT_EQ(rig.transport.endpoints().at(0).unix_socket, "/run/consul.sock");
  EXPECT_EQ(rig.transport.sent().at(0).url, "http://localhost/v1/agent/self");
}

TEST(ConsulDiscovery, a_server_in_trouble_leaves_the_targets) {
  ConsulRig rig;
  rig.services = {{"web", {80}}};
  ConsulDiscovery discovery({}, "x", rig.world);
  rig.poll(discovery);
  rig.advance(discovery, 1s);
  rig.status = 500;
  rig.transport.reset();
  for (int i = 0; i < 10; ++i) {
    rig.advance(discovery, 1min);
    EXPECT_EQ(addresses(discovery), "10.0.0.1:80");
    EXPECT_NE(discovery.trouble(), "");
    EXPECT_LE(discovery.next_deadline(), rig.clock.steady_now() + 60s);
  }
  rig.status = 200;
  rig.services = {{"web", {81}}};
  ++rig.index;
  rig.advance(discovery, 1min);
  EXPECT_EQ(addresses(discovery), "10.0.0.1:81");
  EXPECT_EQ(discovery.trouble(), "");
}

TEST(ConsulDiscovery, garbage_leaves_the_targets) {
  ConsulRig rig;
  rig.services = {{"web", {80}}};
  ConsulDiscovery discovery({}, "x", rig.world);
  rig.poll(discovery);
  rig.advance(discovery, 1s);
  for (const auto& sent : std::vector(rig.transport.sent()))
    rig.transport.finish(sent.tag, {.status = 200, .body = "<html>", .wanted_header = "99"});
  rig.poll(discovery);
  EXPECT_EQ(addresses(discovery), "10.0.0.1:80");
  EXPECT_NE(discovery.trouble().find("not JSON"), std::string::npos) << discovery.trouble();
  rig.advance(discovery, 1min);
  EXPECT_EQ(discovery.trouble(), "");
}

TEST(ConsulDiscovery, many_services_do_not_hold_a_connection_each) {
  ConsulRig rig;
  for (std::size_t i = 0; i < ConsulDiscovery::kBlockingMax + 50; ++i)
    rig.services["s" + std::to_string(1000 + i)] = {80};
  ConsulDiscovery discovery({}, "x", rig.world);
  rig.poll(discovery);
  rig.advance(discovery, 1s);
  EXPECT_TRUE(discovery.knows());
  EXPECT_EQ(discovery.targets().size(), ConsulDiscovery::kBlockingMax + 50);
  EXPECT_EQ(rig.transport.in_flight(), ConsulDiscovery::kBlockingMax + 1);
}

}  // namespace
}  // namespace tailrace::discovery
