// Traces of the container that the program runs in.
#include "discovery/own_container.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::discovery {
namespace {

const std::string kId(64, 'a');
const std::string kOther(64, 'b');

std::string find(const std::string& mounts, const std::string& cgroup, std::string_view host) {
  testing::FakeClock clock;
  testing::MemoryFileSystem files(clock);
  EXPECT_TRUE(files.make_directories("/proc/self"));
  files.overwrite("/proc/self/mountinfo", mounts);
  files.overwrite("/proc/self/cgroup", cgroup);
  return find_own_container(files, host);
}

TEST(OwnContainer, is_found_by_what_docker_mounts) {
  EXPECT_EQ(find("1 2 0:1 / / rw\n620 600 8:1 /var/lib/docker/containers/" + kId +
                     "/hostname /etc/hostname rw - ext4 /dev/a rw\n",
                 "0::/\n", "name"),
            kId);
}

TEST(OwnContainer, is_not_one_whose_mounts_a_host_sees) {
  EXPECT_EQ(find("620 600 0:5 / /var/lib/docker/containers/" + kOther + "/mounts/shm rw - tmpfs\n",
                 "0::/init.scope\n", "server"),
            "");
}

TEST(OwnContainer, is_found_by_its_control_group) {
  EXPECT_EQ(find("", "12:memory:/docker/" + kId + "\n", "name"), kId);
  EXPECT_EQ(find("", "1:cpu:/\n0::/system.slice/docker-" + kId + ".scope\n", "name"), kId);
}

TEST(OwnContainer, is_found_by_its_host_name) {
  EXPECT_EQ(find("", "0::/\n", "0123456789ab"), "0123456789ab");
  EXPECT_EQ(find("", "0::/\n", "0123456789xy"), "");
}

}  // namespace
}  // namespace tailrace::discovery
