// What a configuration writes, and whether one folder lies in another.
#include "daemon/protection/writable_places.h"

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config/load.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::daemon {
namespace {

config::Config parsed(const std::string& text) {
  auto loaded = config::load_text(text + "\nclients: [{url: http://loki/push}]\n", "test.yaml", {});
  EXPECT_TRUE(loaded.config.has_value()) << text;
  return loaded.config.value_or(config::Config());
}

std::vector<std::string> folders(const std::vector<WritablePlace>& places) {
  std::vector<std::string> names;
  for (const WritablePlace& place : places)
    names.push_back(place.folder);
  return names;
}

using Names = std::vector<std::string>;

TEST(WritablePlaces, the_positions_and_what_lies_beside_them) {
  const auto places = writable_places(parsed("positions: {filename: /var/lib/t/p.yaml}"), "/");
  EXPECT_EQ(folders(places.files), (Names{"/var/lib/t", "/var/lib/t/p.yaml.outbox"}));
  EXPECT_EQ(folders(places.sockets), Names{"/var/lib/t/p.yaml.outbox"});
}

TEST(WritablePlaces, every_option_that_names_something_that_is_written) {
  const auto places = writable_places(parsed(R"(
positions: {filename: p.yaml}
tailrace: {outbox: {dir: /data/box}, control_socket: /run/t/c.sock}
scrape_configs:
- job_name: local
  syslog: {listen_address: /run/log.sock, listen_protocol: unix, labels: {a: b}}
- job_name: remote
  syslog: {listen_address: "127.0.0.1:1514", labels: {a: b}}
)"),
                                      "/work");
  EXPECT_EQ(folders(places.files), (Names{"/work", "/data/box"}));
  EXPECT_EQ(places.sockets, (std::vector<WritablePlace>{{"/run/t", "tailrace.control_socket"},
                                                        {"/run", "the listener of job local"}}));
}

TEST(WritablePlaces, without_a_control_socket_there_is_no_place_for_it) {
  EXPECT_TRUE(writable_places(parsed("tailrace: {live: {disable: true}}"), "/").sockets.empty());
}

TEST(WritablePlaces, the_sockets_of_docker_are_connected_to) {
  EXPECT_EQ(sockets_to_connect_to(parsed(R"(
scrape_configs:
- job_name: a
  docker_sd_configs: [{host: "unix:///var/run/docker.sock"}, {host: "tcp://127.0.0.1:2375"}]
)")),
            Names{"/var/run/docker.sock"});
}

TEST(WritablePlaces, links_are_followed_as_far_as_the_path_exists) {
  testing::FakeClock clock;
  testing::MemoryFileSystem disk(clock);
  ASSERT_TRUE(disk.make_directories("/real/a"));
  EXPECT_EQ(settled_path(disk, "/real/a"), "/real/a");
  EXPECT_EQ(settled_path(disk, "/real/a/not/there"), "/real/a/not/there");
  EXPECT_EQ(settled_path(disk, "/none/b"), "/none/b");
  EXPECT_EQ(settled_path(disk, "/"), "/");
}

TEST(WritablePlaces, below_is_a_matter_of_whole_names) {
  EXPECT_TRUE(lies_below("/a/b", "/a"));
  EXPECT_TRUE(lies_below("/a", "/a"));
  EXPECT_TRUE(lies_below("/a", "/"));
  EXPECT_FALSE(lies_below("/ab", "/a"));
  EXPECT_FALSE(lies_below("/", "/a"));
}

}  // namespace
}  // namespace tailrace::daemon
