// Collects the options that name something that is written.
#include "daemon/protection/writable_places.h"

#include <variant>

#include "daemon/control_socket.h"
#include "daemon/outbox_room.h"

namespace tailrace::daemon {
namespace {

constexpr std::string_view kLocalScheme = "unix://";

std::string absolute(const std::string& path, const std::string& working_directory) {
  return path.starts_with('/') ? path : working_directory + "/" + path;
}

std::string folder_around(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

// The path where syslog or gelf listen in the file system; empty: they do not.
std::string local_listener(const config::InputConfig& input) {
  const config::ListenConfig* listen = nullptr;
  if (const auto* const syslog = std::get_if<config::SyslogConfig>(&input))
    listen = &syslog->listen;
  if (const auto* const gelf = std::get_if<config::GelfConfig>(&input)) listen = &gelf->listen;
  if (listen == nullptr) return {};
  const bool local = listen->protocol == config::ListenConfig::Protocol::kUnixStream ||
                     listen->protocol == config::ListenConfig::Protocol::kUnixDatagram;
  return local ? listen->address : std::string();
}

}  // namespace

WritablePlaces writable_places(const config::Config& config, const std::string& working_directory) {
  WritablePlaces places;
  const auto whole = [&working_directory](const std::string& path) {
    return absolute(path, working_directory);
  };
  places.files.push_back({folder_around(whole(config.positions.filename)), "positions.filename"});
  places.files.push_back({whole(outbox_directory(config)), "the outbox"});
  if (const std::string control = control_socket_path(config); !control.empty()) {
    places.sockets.push_back({folder_around(whole(control)), "tailrace.control_socket"});
  }
  for (const config::ScrapeConfig& job : config.scrape_configs) {
    for (const config::InputConfig& input : job.inputs) {
      const std::string path = local_listener(input);
      if (!path.empty()) {
        places.sockets.push_back(
            {folder_around(whole(path)), "the listener of job " + job.job_name});
      }
    }
  }
  return places;
}

std::vector<std::string> sockets_to_connect_to(const config::Config& config) {
  std::vector<std::string> paths;
  const auto add = [&paths](const std::string& host) {
    if (host.starts_with(kLocalScheme)) paths.push_back(host.substr(kLocalScheme.size()));
  };
  for (const config::ScrapeConfig& job : config.scrape_configs) {
    for (const config::DiscoveryConfig& discovery : job.discoveries) {
      if (const auto* const docker = std::get_if<config::DockerSdConfig>(&discovery))
        add(docker->host);
      if (const auto* const swarm = std::get_if<config::DockerSwarmSdConfig>(&discovery))
        add(swarm->host);
    }
  }
  return paths;
}

std::string settled_path(FileSystem& file_system, const std::string& path) {
  std::string known = path;
  std::string rest;
  while (known.size() > 1) {
    if (const auto real = file_system.real_path(known)) return *real == "/" ? rest : *real + rest;
    const std::size_t slash = known.rfind('/');
    if (slash == std::string::npos) break;
    rest = known.substr(slash) + rest;
    known.resize(slash);
  }
  return rest.empty() ? "/" : rest;
}

bool lies_below(const std::string& path, const std::string& folder) {
  if (folder == "/" || path == folder) return true;
  return path.starts_with(folder) && path[folder.size()] == '/';
}

}  // namespace tailrace::daemon
