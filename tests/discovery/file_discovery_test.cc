// file_sd_configs on a file system in memory.
#include "discovery/file_discovery.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "tests/discovery/discovery_rig.h"

namespace tailrace::discovery {
namespace {

using namespace std::chrono_literals;

FileDiscovery discovery_of(DiscoveryRig& rig, std::vector<std::string> files) {
  config::FileSdConfig config;
  config.files = std::move(files);
  return {config, "file_sd_configs[0]", rig.world};
}

TEST(FileDiscovery, gives_what_json_and_yaml_files_list) {
  DiscoveryRig rig;
  rig.files.overwrite("/sd/a.json", R"([{"targets": ["a:1"], "labels": {"k": "v"}}])");
  rig.files.overwrite("/sd/b.yml", "- targets: ['b:1', 'b:2']\n");
  FileDiscovery discovery = discovery_of(rig, {"/sd/a.json", "/sd/b.yml"});
  EXPECT_FALSE(discovery.knows());
  EXPECT_TRUE(rig.poll(discovery));
  EXPECT_TRUE(discovery.knows());
  EXPECT_EQ(addresses(discovery), "a:1 b:1 b:2");
  EXPECT_EQ(
      discovery.targets().at(0),
      (Target{.labels = {{"__address__", "a:1"}, {"__meta_filepath", "/sd/a.json"}, {"k", "v"}},
              .found_by = "file_sd_configs[0] /sd/a.json:0"}));
  EXPECT_FALSE(rig.advance(discovery, 1s));
}

TEST(FileDiscovery, a_star_stands_for_part_of_a_name) {
  DiscoveryRig rig;
  for (const char* name : {"a1.json", "a2.json", "b1.json", "a3.yml", "a.json.bak"})
    rig.files.overwrite(std::string("/sd/") + name,
                        R"([{"targets": [")" + std::string(name) + R"("]}])");
  ASSERT_TRUE(rig.files.make_directories("/sd/a9.json"));
  FileDiscovery discovery = discovery_of(rig, {"/sd/a*.json"});
  rig.poll(discovery);
  EXPECT_EQ(addresses(discovery), "a1.json a2.json");
  rig.files.overwrite("/sd/a.json", R"([{"targets": ["new"]}])");
  EXPECT_TRUE(rig.advance(discovery, 1s));
  EXPECT_EQ(addresses(discovery), "new a1.json a2.json");
}

TEST(FileDiscovery, relative_paths_start_at_the_working_directory) {
  DiscoveryRig rig;
  rig.files.overwrite("/work-dir/sd/a.json", R"([{"targets": ["a:1"]}])");
  rig.files.overwrite("/work-dir/b.json", R"([{"targets": ["b:1"]}])");
  FileDiscovery discovery = discovery_of(rig, {"sd/a.json", "*.json"});
  rig.poll(discovery);
  EXPECT_EQ(values_of(discovery, "__meta_filepath"), "b.json sd/a.json");
}

TEST(FileDiscovery, sees_a_change_within_a_second) {
  DiscoveryRig rig;
  rig.files.overwrite("/a.json", R"([{"targets": ["a:1"]}])");
  FileDiscovery discovery = discovery_of(rig, {"/a.json"});
  rig.poll(discovery);
  rig.clock.advance(100ms);
  rig.files.overwrite("/a.json", R"([{"targets": ["a:2"]}])");
  EXPECT_TRUE(rig.advance(discovery, 900ms));
  EXPECT_EQ(addresses(discovery), "a:2");
}

TEST(FileDiscovery, a_broken_file_keeps_its_last_good_targets) {
  DiscoveryRig rig;
  rig.files.overwrite("/a.json", R"([{"targets": ["a:1"]}])");
  rig.files.overwrite("/b.yaml", "- targets: ['b:1']\n");
  FileDiscovery discovery = discovery_of(rig, {"/a.json", "/b.yaml"});
  rig.poll(discovery);
  rig.clock.advance(1ms);
  rig.files.overwrite("/a.json", R"([{"targets": ["a:2")");
  rig.files.overwrite("/b.yaml", "- targets: ['b:2']\n");
  EXPECT_TRUE(rig.advance(discovery, 1s));
  EXPECT_EQ(addresses(discovery), "a:1 b:2");
  EXPECT_NE(discovery.trouble().find("/a.json: not JSON"), std::string::npos)
      << discovery.trouble();
  ASSERT_EQ(rig.logged.size(), 1U);
  EXPECT_FALSE(rig.advance(discovery, 1s));
  EXPECT_EQ(rig.logged.size(), 1U);  // Not said again.
  rig.files.overwrite("/a.json", "[]");
  EXPECT_TRUE(rig.advance(discovery, 1s));
  EXPECT_EQ(addresses(discovery), "b:2");
  EXPECT_EQ(discovery.trouble(), "");
}

TEST(FileDiscovery, a_file_that_is_being_replaced_keeps_its_targets) {
  DiscoveryRig rig;
  rig.files.overwrite("/a.yml", "- targets: ['a:1']\n");
  FileDiscovery discovery = discovery_of(rig, {"/a.yml"});
  rig.poll(discovery);
  rig.files.overwrite("/a.yml", "");
  EXPECT_FALSE(rig.advance(discovery, 1s));
  EXPECT_EQ(addresses(discovery), "a:1");
  rig.files.overwrite("/a.yml", "- targets: ['a:2']\n");
  EXPECT_TRUE(rig.advance(discovery, 1s));
  ASSERT_TRUE(rig.files.remove("/a.yml"));
  EXPECT_FALSE(rig.advance(discovery, 1s));
  EXPECT_EQ(addresses(discovery), "a:2");
  rig.files.overwrite("/a.yml", "- targets: ['a:2']\n");
  EXPECT_FALSE(rig.advance(discovery, 1s));
  EXPECT_EQ(addresses(discovery), "a:2");
}

TEST(FileDiscovery, a_file_that_stays_empty_or_away_has_no_targets) {
  DiscoveryRig rig;
  rig.files.overwrite("/a.yml", "- targets: ['a:1']\n");
  rig.files.overwrite("/b.yml", "- targets: ['b:1']\n");
  FileDiscovery discovery = discovery_of(rig, {"/a.yml", "/b.yml"});
  rig.poll(discovery);
  rig.files.overwrite("/a.yml", "");
  ASSERT_TRUE(rig.files.remove("/b.yml"));
  EXPECT_FALSE(rig.advance(discovery, 1s));
  EXPECT_TRUE(rig.advance(discovery, 1s));
  EXPECT_TRUE(discovery.targets().empty());
  EXPECT_EQ(discovery.trouble(), "");
}

TEST(FileDiscovery, an_unreadable_file_or_folder_keeps_its_targets) {
  DiscoveryRig rig;
  rig.files.overwrite("/sd/a.yml", "- targets: ['a:1']\n");
  FileDiscovery discovery = discovery_of(rig, {"/sd/*.yml"});
  rig.poll(discovery);
  rig.files.fail_on(testing::Operation::kList, "", EACCES);
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(rig.advance(discovery, 1s));
  EXPECT_EQ(addresses(discovery), "a:1");
  EXPECT_NE(discovery.trouble(), "");
  rig.files.clear_failures();
  rig.files.fail_on(testing::Operation::kRead, "/sd/a.yml", EIO);
  EXPECT_FALSE(rig.advance(discovery, 5min));
  EXPECT_EQ(addresses(discovery), "a:1");
  EXPECT_NE(discovery.trouble(), "");
  rig.files.clear_failures();
  rig.advance(discovery, 1s);
  EXPECT_EQ(discovery.trouble(), "");
}

TEST(FileDiscovery, refresh_interval_reads_what_does_not_seem_to_have_changed) {
  DiscoveryRig rig;
  rig.files.overwrite("/a.yml", "- targets: ['a:1']\n");
  FileDiscovery discovery = discovery_of(rig, {"/a.yml"});
  rig.poll(discovery);
  // As long and as old as before.
  rig.files.overwrite("/a.yml", "- targets: ['a:2']\n");
  EXPECT_FALSE(rig.advance(discovery, 1s));
  EXPECT_TRUE(rig.advance(discovery, 5min));
  EXPECT_EQ(addresses(discovery), "a:2");
}

TEST(FileDiscovery, a_list_that_is_too_long_is_refused) {
  DiscoveryRig rig;
  rig.files.overwrite("/a.json", std::string(FileDiscovery::kListBytesMax + 1, ' '));
  FileDiscovery discovery = discovery_of(rig, {"/a.json"});
  rig.poll(discovery);
  EXPECT_NE(discovery.trouble().find("is longer than"), std::string::npos);
}

}  // namespace
}  // namespace tailrace::discovery
