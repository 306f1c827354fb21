// What is read of /proc.
#include "daemon/resource_metrics.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::daemon {
namespace {

std::map<std::string, double> values(const std::string& folder, double boot) {
  std::vector<MetricFamily> families;
  append_resource_metrics(folder, boot, families);
  std::map<std::string, double> result;
  for (const MetricFamily& family : families)
    result[family.name] = family.samples.at(0).value;
  return result;
}

class ResourceMetrics : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "/proc." + std::to_string(getpid());
    std::filesystem::create_directories(folder_ + "/net");
    std::filesystem::create_directories(folder_ + "/fd");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
  }

  std::string folder_;
};

TEST_F(ResourceMetrics, fields_are_found_behind_a_name_with_brackets_and_blanks) {
  write("stat",
        "7 (a) b) (c) S 1 2 3 4 5 6 7 8 9 10 250 150 13 14 15 16 17 18 4000 8192000 77 99\n");
  write("limits",
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max open files            1024                 4096                 files     \n"
        "Max address space         unlimited            unlimited            bytes     \n");
  write(
      "net/netstat",
      "TcpExt: InOctets X\nTcpExt: 1 2\nIpExt: InNoRoutes InOctets OutOctets\nIpExt: 0 500 600\n");
  for (const char* name : {"fd/0", "fd/1", "fd/2"})
    write(name, "");
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const std::map<std::string, double> expected = {
      {"process_cpu_seconds_total", 400 / ticks},
      {"process_open_fds", 3},
      {"process_max_fds", 1024},
      {"process_virtual_memory_bytes", 8192000},
      {"process_virtual_memory_max_bytes", 18446744073709551615.0},
      {"process_resident_memory_bytes", 77 * static_cast<double>(sysconf(_SC_PAGESIZE))},
      {"process_start_time_seconds", 1000 + 4000 / ticks},
      {"process_network_receive_bytes_total", 500},
      {"process_network_transmit_bytes_total", 600},
  };
  EXPECT_EQ(values(folder_, 1000), expected);
}

TEST_F(ResourceMetrics, what_cannot_be_read_is_left_out) {
  std::filesystem::remove_all(folder_ + "/fd");
  EXPECT_TRUE(values(folder_, 0).empty());
  write("stat", "7 (a) S 1 2");
  write("limits", "Max open files");
  write("net/netstat", "IpExt: InOctets\n");
  EXPECT_TRUE(values(folder_, 1000).empty());
}

TEST_F(ResourceMetrics, the_kernel_says_when_it_started) {
  write("kernel", "cpu 1 2\nbtime 1234\n");
  EXPECT_EQ(boot_time(folder_ + "/kernel"), 1234);
  EXPECT_EQ(boot_time(folder_ + "/none"), 0);
}

TEST_F(ResourceMetrics, this_process_has_them_all) {
  const auto all = values("/proc/self", boot_time("/proc/stat"));
  EXPECT_EQ(all.size(), 9U);
  EXPECT_GT(all.at("process_resident_memory_bytes"), 1e6);
  EXPECT_GE(all.at("process_open_fds"), 3);
}

}  // namespace
}  // namespace tailrace::daemon
