// Entries of `docker_sd_configs` and `dockerswarm_sd_configs`.
#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "config/parse.h"

namespace tailrace::config {
namespace {

constexpr std::array<std::string_view, 4> kDockerSchemes = {"unix://", "tcp://", "http://",
                                                            "https://"};

void read_docker_host(Fields& fields, std::string& host) {
  fields.read("host", host);
  fields.require("host");
  if (host.empty()) return;
  const bool known =
      std::any_of(kDockerSchemes.begin(), kDockerSchemes.end(), [&](std::string_view scheme) {
        return host.starts_with(scheme) && host.size() > scheme.size();
      });
  if (!known) {
    fields.error("host", "must begin with unix://, tcp://, http:// or https://, and name a host");
  } else if (host.starts_with("unix://") && !host.starts_with("unix:///")) {
    fields.error("host", "a unix:// host needs an absolute path");
  }
}

void read_docker_filters(Fields& fields, std::vector<DockerFilter>& filters) {
  const YamlNode* const list = fields.list("filters");
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    Fields filter = Fields::strict(
        *list->items[i], fmt::format("{}[{}]", fields.path_of("filters"), i), fields.report());
    DockerFilter& config = filters.emplace_back();
    filter.read("name", config.name);
    filter.read("values", config.values);
    filter.require("name");
    if (config.values.empty()) filter.error("values", "is required");
    filter.finish();
  }
}

}  // namespace

void parse_docker_sd(Fields fields, DockerSdConfig& docker) {
  read_docker_host(fields, docker.host);
  fields.read("port", docker.port);
  read_docker_filters(fields, docker.filters);
  fields.read("host_networking_host", docker.host_networking_host);
  fields.read("match_first_network", docker.match_first_network);
  read_interval(fields, "refresh_interval", docker.refresh_interval);
  parse_http_client(fields, docker.http);
  if (auto own = fields.block("tailrace")) {
    own->read("include_own_container", docker.include_own_container);
    own->finish();
  }
  fields.finish();
}

void parse_dockerswarm_sd(Fields fields, DockerSwarmSdConfig& swarm) {
  using Role = DockerSwarmSdConfig::Role;
  std::string role;
  read_docker_host(fields, swarm.host);
  fields.read("role", role);
  fields.require("role");
  if (role == "services") {
    swarm.role = Role::kServices;
  } else if (role == "tasks") {
    swarm.role = Role::kTasks;
  } else if (role == "nodes") {
    swarm.role = Role::kNodes;
  } else if (!role.empty()) {
    fields.error("role", fmt::format("must be services, tasks or nodes, not \"{}\"", role));
  }
  fields.read("port", swarm.port);
  read_docker_filters(fields, swarm.filters);
  read_interval(fields, "refresh_interval", swarm.refresh_interval);
  parse_http_client(fields, swarm.http);
  fields.finish();
}

}  // namespace tailrace::config
