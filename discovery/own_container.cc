// Traces that Docker leaves in a container.
#include "discovery/own_container.h"

#include <array>

namespace tailrace::discovery {
namespace {

constexpr std::size_t kContainerIdBytes = 64;
constexpr std::size_t kShortContainerIdBytes = 12;
constexpr std::size_t kProcFileBytesMax = 1U << 20U;

bool is_container_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string read_proc_file(FileSystem& file_system, const std::string& path) {
  std::string text;
  const auto file = file_system.open(path, OpenMode::kRead);
  if (!file) return text;
  std::array<char, 4096> buffer{};
  while (text.size() < kProcFileBytesMax) {
    const auto got = (*file)->read_at(text.size(), buffer);
    if (!got || *got == 0) break;
    text.append(buffer.data(), *got);
  }
  return text;
}

// The first path segment of 64 hexadecimal digits, which "docker-" and ".scope" may surround.
std::string id_in_path(std::string_view path) {
  for (std::size_t at = 0; at + kContainerIdBytes <= path.size(); ++at) {
    const bool begins = at == 0 || path[at - 1] == '/' || path[at - 1] == '-';
    const std::string_view id = path.substr(at, kContainerIdBytes);
    const std::string_view rest = path.substr(at + kContainerIdBytes);
    if (begins && is_container_hex(id) &&
        (rest.empty() || rest.front() == '/' || rest.front() == '.')) {
      return std::string(id);
    }
  }
  return {};
}

// "620 600 8:1 /var/lib/docker/containers/<id>/hostname /etc/hostname rw ...": root and mount point
// are the fourth and fifth field. Mounts of other containers, which a host sees, have other mount
// points.
std::string id_in_mount(std::string_view line) {
  std::array<std::string_view, 5> fields;
  for (std::string_view& field : fields) {
    const std::size_t blank = line.find(' ');
    field = line.substr(0, blank);
    line.remove_prefix(blank == std::string_view::npos ? line.size() : blank + 1);
  }
  const bool by_docker =
      fields[4] == "/etc/hostname" || fields[4] == "/etc/hosts" || fields[4] == "/etc/resolv.conf";
  return by_docker && fields[3].find("/containers/") != std::string_view::npos
             ? id_in_path(fields[3])
             : std::string();
}

// The last field of "0::/docker/<id>" and "12:memory:/system.slice/docker-<id>.scope".
std::string id_in_cgroup(std::string_view line) {
  const std::size_t colon = line.rfind(':');
  return colon == std::string_view::npos ? std::string() : id_in_path(line.substr(colon + 1));
}

std::string first_of_lines(std::string_view text, std::string (*find)(std::string_view)) {
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    std::string id = find(text.substr(0, newline));
    if (!id.empty()) return id;
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
  }
  return {};
}

}  // namespace

std::string find_own_container(FileSystem& file_system, std::string_view host_name) {
  std::string id = first_of_lines(read_proc_file(file_system, "/proc/self/mountinfo"), id_in_mount);
  if (id.empty()) {
    id = first_of_lines(read_proc_file(file_system, "/proc/self/cgroup"), id_in_cgroup);
  }
  if (id.empty() && host_name.size() == kShortContainerIdBytes && is_container_hex(host_name))
    id = host_name;
  return id;
}

}  // namespace tailrace::discovery
