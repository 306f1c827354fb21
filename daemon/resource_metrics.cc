// Reads /proc/self; proc(5) has the meanings.
#include "daemon/resource_metrics.h"

#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <system_error>

namespace tailrace::daemon {
namespace {

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void append(std::vector<MetricFamily>& out, const char* name, const char* help, MetricType type,
            double value) {
  out.push_back({name, help, type, {{.labels = {}, .value = value, .buckets = {}}}});
}

// Field `number` of stat, from 1 as in proc(5). The second is the name in brackets, with anything
// in it, so counting begins behind it.
std::optional<double> stat_field(const std::string& stat, int number) {
  const std::size_t bracket = stat.rfind(')');
  if (bracket == std::string::npos) return std::nullopt;
  std::istringstream fields(stat.substr(bracket + 1));
  std::string field;
  for (int i = 2; i < number; ++i) {
    if (!(fields >> field)) return std::nullopt;
  }
  double value = 0;
  return std::istringstream(field) >> value ? std::optional(value) : std::nullopt;
}

// The soft limit of a row of limits.
std::optional<double> limit(const std::string& limits, const std::string& row) {
  const std::size_t begin = limits.find(row);
  if (begin == std::string::npos) return std::nullopt;
  std::string text;
  std::istringstream(limits.substr(begin + row.size())) >> text;
  // As Go's library: without a limit it is the largest number.
  if (text == "unlimited") {
    return static_cast<double>(std::numeric_limits<std::uint64_t>::max());
  }
  double value = 0;
  return std::istringstream(text) >> value ? std::optional(value) : std::nullopt;
}

// A column of the IpExt table of net/netstat: a line of names, a line of numbers.
std::optional<double> ip_total(const std::string& netstat, const std::string& column) {
  std::istringstream lines(netstat);
  for (std::string names; std::getline(lines, names);) {
    std::string numbers;
    if (!names.starts_with("IpExt:") || !std::getline(lines, numbers)) continue;
    std::istringstream name_fields(names);
    std::istringstream number_fields(numbers);
    std::string name;
    std::string number;
    while (name_fields >> name && number_fields >> number) {
      double value = 0;
      if (name == column && std::istringstream(number) >> value) return value;
    }
  }
  return std::nullopt;
}

std::optional<double> open_descriptors(const std::string& folder) {
  std::error_code error;
  double count = 0;
  for (auto entry = std::filesystem::directory_iterator(folder + "/fd", error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    ++count;
  }
  return error ? std::nullopt : std::optional(count);
}

}  // namespace

double boot_time(const std::string& stat_file) {
  std::ifstream file(stat_file);
  for (std::string line; std::getline(file, line);) {
    double seconds = 0;
    if (line.starts_with("btime ") && std::istringstream(line.substr(6)) >> seconds) return seconds;
  }
  return 0;
}

void append_resource_metrics(const std::string& folder, double boot,
                             std::vector<MetricFamily>& out) {
  const std::string stat = read_text(folder + "/stat");
  const std::string limits = read_text(folder + "/limits");
  const std::string netstat = read_text(folder + "/net/netstat");
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
  const auto show = [&out](const char* name, const char* help, MetricType type,
                           std::optional<double> value) {
    if (value) append(out, name, help, type, *value);
  };
  const auto user = stat_field(stat, 14);
  const auto system = stat_field(stat, 15);
  if (user && system) {
    append(out, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
           MetricType::kCounter, (*user + *system) / ticks);
  }
  show("process_open_fds", "Number of open file descriptors.", MetricType::kGauge,
       open_descriptors(folder));
  show("process_max_fds", "Maximum number of open file descriptors.", MetricType::kGauge,
       limit(limits, "Max open files"));
  show("process_virtual_memory_bytes", "Virtual memory size in bytes.", MetricType::kGauge,
       stat_field(stat, 23));
  show("process_virtual_memory_max_bytes", "Maximum amount of virtual memory available in bytes.",
       MetricType::kGauge, limit(limits, "Max address space"));
  if (const auto pages = stat_field(stat, 24)) {
    append(out, "process_resident_memory_bytes", "Resident memory size in bytes.",
           MetricType::kGauge, *pages * page_bytes);
  }
  if (const auto start = stat_field(stat, 22); start && boot > 0) {
    append(out, "process_start_time_seconds",
           "Start time of the process since unix epoch in seconds.", MetricType::kGauge,
           boot + *start / ticks);
  }
  show("process_network_receive_bytes_total", "Bytes received by the process's network namespace.",
       MetricType::kCounter, ip_total(netstat, "InOctets"));
  show("process_network_transmit_bytes_total", "Bytes sent by the process's network namespace.",
       MetricType::kCounter, ip_total(netstat, "OutOctets"));
}

}  // namespace tailrace::daemon
