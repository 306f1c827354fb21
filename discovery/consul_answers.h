// What Consul's HTTP API answers (https://developer.hashicorp.com/consul/api-docs).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "discovery/target.h"

namespace tailrace::discovery {

// One instance of a service, on its node.
struct ConsulInstance {
  std::string node, node_address, namespace_name, partition;
  LabelMap node_meta, tagged_addresses;
  std::string id, service, service_address, port;
  LabelMap service_meta;
  std::vector<std::string> tags;
  std::string health;  // passing, warning, critical or maintenance: the worst of its checks.
  friend bool operator==(const ConsulInstance&, const ConsulInstance&) = default;
};

// GET /v1/catalog/services: names of services with all tags of their instances.
using ConsulServices = std::map<std::string, std::vector<std::string>>;
Result<ConsulServices> parse_consul_services(std::string_view text);

// GET /v1/health/service/:service
Result<std::vector<ConsulInstance>> parse_consul_health(std::string_view text);

// GET /v1/agent/self: the agent's own node.
struct ConsulAgent {
  std::string datacenter, node, address;
  LabelMap meta;
};
Result<ConsulAgent> parse_consul_self(std::string_view text);

// GET /v1/agent/services: the agent's own services, with their tags.
Result<ConsulServices> parse_consul_agent_services(std::string_view text);

// GET /v1/agent/health/service/name/:service; the node is the agent's.
Result<std::vector<ConsulInstance>> parse_consul_agent_health(std::string_view text,
                                                              const ConsulAgent& agent);

// The labels of an instance. `prefix`: "__meta_consul_".
struct ConsulLabels {
  std::string_view prefix;
  std::string datacenter;
  std::string tag_separator;
};
LabelMap consul_labels(const ConsulInstance& instance, const ConsulLabels& how);

// Whether all of `wanted` are among `tags`.
bool has_all_tags(const std::vector<std::string>& tags, const std::vector<std::string>& wanted);

}  // namespace tailrace::discovery
