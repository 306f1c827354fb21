// static_configs as targets.
#include "discovery/static_discovery.h"

#include <gtest/gtest.h>

namespace tailrace::discovery {
namespace {

TEST(StaticDiscovery, makes_a_target_of_each_address) {
  config::ScrapeConfig config;
  config.static_configs = {
      {.targets = {"localhost", "other"}, .labels = {{"__path__", "/a"}, {"__address__", "label"}}},
      {.targets = {"third"}, .labels = {}}};
  EXPECT_EQ(static_targets(config),
            (std::vector<Target>{
                {{{"__address__", "localhost"}, {"__path__", "/a"}}, "static_configs[0]"},
                {{{"__address__", "other"}, {"__path__", "/a"}}, "static_configs[0]"},
                {{{"__address__", "third"}}, "static_configs[1]"}}));
}

TEST(StaticDiscovery, makes_one_target_of_a_group_without_addresses) {
  config::ScrapeConfig config;
  config.static_configs = {{.targets = {}, .labels = {{"__path__", "/a"}}}};
  EXPECT_EQ(static_targets(config),
            (std::vector<Target>{
                {{{"__address__", "localhost"}, {"__path__", "/a"}}, "static_configs[0]"}}));
}

TEST(StaticDiscovery, finds_nothing_without_groups) {
  EXPECT_TRUE(static_targets({}).empty());
}

}  // namespace
}  // namespace tailrace::discovery
