// dns_sd_configs with scripted look-ups.
#include "discovery/dns_discovery.h"

#include <gtest/gtest.h>

#include "tests/discovery/discovery_rig.h"
#include "tests/discovery/dns_message.h"

namespace tailrace::discovery {
namespace {

using namespace std::chrono_literals;
using Type = config::DnsSdConfig::Type;

struct DnsRig : DiscoveryRig {
  std::map<std::string, Result<DnsAnswer>> answers;
  std::vector<std::pair<std::string, DnsType>> asked;

  std::unique_ptr<DnsDiscovery> discovery_of(std::vector<std::string> names, Type type,
                                             std::uint16_t port) {
    config::DnsSdConfig config;
    config.names = std::move(names);
    config.type = type;
    config.port = port;
    return std::make_unique<DnsDiscovery>(config, "dns_sd_configs[0]", world,
                                          [this](const std::string& name, DnsType wanted) {
                                            asked.emplace_back(name, wanted);
                                            return answers.at(name);
                                          });
  }
  bool look_up(DnsDiscovery& discovery) {
    poll(discovery);
    run_aside();
    return poll(discovery);
  }
};

TEST(DnsDiscovery, every_type_has_its_address_and_labels) {
  struct Case {
    Type type;
    DnsType wire;
    DnsRecord record;
    LabelMap labels;
  };
  for (const Case& c : std::vector<Case>{
           {Type::kSrv,
            DnsType::kSrv,
            {DnsType::kSrv, "web.example.", 8080},
            {{"__address__", "web.example:8080"},
             {"__meta_dns_srv_record_target", "web.example."},
             {"__meta_dns_srv_record_port", "8080"}}},
           {Type::kA, DnsType::kA, {DnsType::kA, "10.0.0.1"}, {{"__address__", "10.0.0.1:9"}}},
           {Type::kAaaa,
            DnsType::kAaaa,
            {DnsType::kAaaa, "fd00::1"},
            {{"__address__", "[fd00::1]:9"}}},
           {Type::kMx,
            DnsType::kMx,
            {DnsType::kMx, "mx.example."},
            {{"__address__", "mx.example:9"}, {"__meta_dns_mx_record_target", "mx.example."}}},
           {Type::kNs,
            DnsType::kNs,
            {DnsType::kNs, "ns.example."},
            {{"__address__", "ns.example:9"}, {"__meta_dns_ns_record_target", "ns.example."}}}}) {
    DnsRig rig;
    // Records of other types that come along are none of ours.
    rig.answers["a."] = DnsAnswer{.records = {c.record, {DnsType(99), "x"}}};
    const auto discovery = rig.discovery_of({"a."}, c.type, 9);
    EXPECT_TRUE(rig.look_up(*discovery));
    EXPECT_EQ(rig.asked.at(0), std::pair(std::string("a."), c.wire));
    LabelMap labels = c.labels;
    labels["__meta_dns_name"] = "a.";
    ASSERT_EQ(discovery->targets().size(), 1U);
    EXPECT_EQ(discovery->targets()[0],
              (Target{.labels = labels, .found_by = "dns_sd_configs[0] a."}));
  }
}

TEST(DnsDiscovery, knows_when_every_name_was_answered) {
  DnsRig rig;
  rig.answers["a"] = DnsAnswer{.records = {{DnsType::kA, "10.0.0.1"}}};
  rig.answers["b"] = fail(Error::kOther, "timed out");
  const auto discovery = rig.discovery_of({"a", "b"}, Type::kA, 1);
  rig.look_up(*discovery);
  EXPECT_FALSE(discovery->knows());
  EXPECT_EQ(discovery->trouble(), "timed out");
  rig.answers["b"] = DnsAnswer{.code = 3, .records = {}};
  rig.clock.advance(3s);
  rig.look_up(*discovery);
  EXPECT_TRUE(discovery->knows());
  EXPECT_EQ(discovery->trouble(), "");
  EXPECT_EQ(addresses(*discovery), "10.0.0.1:1");
}

TEST(DnsDiscovery, a_server_that_fails_leaves_the_targets_and_a_name_that_is_gone_does_not) {
  DnsRig rig;
  rig.answers["a"] = DnsAnswer{.records = {{DnsType::kA, "10.0.0.1"}}};
  const auto discovery = rig.discovery_of({"a"}, Type::kA, 1);
  rig.look_up(*discovery);
  for (const Result<DnsAnswer>& failure :
       {Result<DnsAnswer>(fail(Error::kOther, "no server")),
        Result<DnsAnswer>(DnsAnswer{.code = 2, .records = {}})}) {
    rig.answers["a"] = failure;
    rig.clock.advance(2min);
    EXPECT_FALSE(rig.look_up(*discovery));
    EXPECT_EQ(addresses(*discovery), "10.0.0.1:1");
    EXPECT_NE(discovery->trouble(), "");
  }
  rig.answers["a"] = DnsAnswer{};
  rig.clock.advance(2min);
  EXPECT_TRUE(rig.look_up(*discovery));
  EXPECT_TRUE(discovery->targets().empty());
}

TEST(DnsDiscovery, another_order_is_no_news) {
  DnsRig rig;
  rig.answers["a"] = DnsAnswer{.records = {{DnsType::kA, "10.0.0.2"}, {DnsType::kA, "10.0.0.1"}}};
  const auto discovery = rig.discovery_of({"a"}, Type::kA, 1);
  EXPECT_TRUE(rig.look_up(*discovery));
  EXPECT_EQ(discovery->next_deadline(), rig.clock.steady_now() + 30s);
  rig.answers["a"] = DnsAnswer{.records = {{DnsType::kA, "10.0.0.1"}, {DnsType::kA, "10.0.0.2"}}};
  rig.clock.advance(30s);
  EXPECT_FALSE(rig.look_up(*discovery));
  EXPECT_EQ(rig.asked.size(), 2U);
}

TEST(DnsDiscovery, may_be_gone_before_its_answer) {
  DnsRig rig;
  rig.answers["a"] = DnsAnswer{};
  auto discovery = rig.discovery_of({"a"}, Type::kA, 1);
  rig.poll(*discovery);
  discovery.reset();
  rig.run_aside();
  EXPECT_EQ(rig.asked.size(), 1U);
}

}  // namespace
}  // namespace tailrace::discovery
