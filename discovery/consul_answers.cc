// What Consul's HTTP API answers.
#include "discovery/consul_answers.h"

#include <algorithm>

#include "discovery/json_reading.h"
#include "discovery/label_name.h"

namespace tailrace::discovery {
namespace {

std::vector<std::string> text_list(std::optional<Json> value) {
  std::vector<std::string> texts;
  json_each(value, [&](Json item) { texts.emplace_back(json_view(item)); });
  return texts;
}

// As Consul's own client sums checks up: maintenance, then the worst status.
std::string aggregated_status(std::optional<Json> checks) {
  bool maintenance = false;
  bool critical = false;
  bool warning = false;
  json_each(checks, [&](Json check) {
    const std::string_view id = json_view(json_find(check, "CheckID"));
    const std::string_view status = json_view(json_find(check, "Status"));
    maintenance = maintenance || id == "_node_maintenance" ||
                  id.starts_with("_service_maintenance:") || status == "maintenance";
    critical = critical || status == "critical";
    warning = warning || status == "warning";
  });
  return maintenance ? "maintenance" : critical ? "critical" : warning ? "warning" : "passing";
}

// The parts that an instance has in every answer.
void read_service(Json service, ConsulInstance& instance) {
  instance.id = json_text(service, "ID");
  instance.service = json_text(service, "Service");
  instance.service_address = json_text(service, "Address");
  instance.port = json_number_text(service, "Port");
  instance.namespace_name = json_text(service, "Namespace");
  instance.partition = json_text(service, "Partition");
  instance.tags = text_list(json_find(service, "Tags"));
  instance.service_meta = json_map(json_find(service, "Meta"));
}

ConsulInstance read_node(Json node) {
  ConsulInstance instance;
  instance.node = json_text(node, "Node");
  instance.node_address = json_text(node, "Address");
  instance.node_meta = json_map(json_find(node, "Meta"));
  instance.tagged_addresses = json_map(json_find(node, "TaggedAddresses"));
  return instance;
}

// Of a service: {"lan": {"Address": "10.0.0.1", "Port": 80}}.
LabelMap service_addresses(Json service) {
  LabelMap addresses;
  const auto found = json_find(service, "TaggedAddresses");
  simdjson::dom::object object;
  if (!found || found->get(object) != simdjson::SUCCESS) return addresses;
  for (const auto& [key, value] : object) {
    addresses.insert_or_assign(std::string(key), host_and_port(json_text(value, "Address"),
                                                               json_number_text(value, "Port")));
  }
  return addresses;
}

// Members that are objects, or lists; anything else is no answer of Consul.
Result<simdjson::dom::object> object_of(simdjson::dom::parser& parser, std::string_view text) {
  const auto root = parse_json(parser, text);
  if (!root) return fail(root.error());
  simdjson::dom::object object;
  if (root->get(object) != simdjson::SUCCESS) return fail(Error::kInvalid, "not an object");
  return object;
}

Result<simdjson::dom::array> list_of(simdjson::dom::parser& parser, std::string_view text) {
  const auto root = parse_json(parser, text);
  if (!root) return fail(root.error());
  simdjson::dom::array list;
  if (root->get(list) != simdjson::SUCCESS) return fail(Error::kInvalid, "not a list");
  return list;
}

}  // namespace

Result<ConsulServices> parse_consul_services(std::string_view text) {
  simdjson::dom::parser parser;
  const auto object = object_of(parser, text);
  if (!object) return fail(object.error());
  ConsulServices services;
  for (const auto& [name, tags] : *object)
    services.insert_or_assign(std::string(name), text_list(tags));
  return services;
}

Result<std::vector<ConsulInstance>> parse_consul_health(std::string_view text) {
  simdjson::dom::parser parser;
  const auto list = list_of(parser, text);
  if (!list) return fail(list.error());
  std::vector<ConsulInstance> instances;
  for (const Json item : *list) {
    const auto node = json_find(item, "Node");
    const auto service = json_find(item, "Service");
    if (!node || !service) continue;
    ConsulInstance& instance = instances.emplace_back(read_node(*node));
    read_service(*service, instance);
    instance.health = aggregated_status(json_find(item, "Checks"));
  }
  return instances;
}

Result<ConsulAgent> parse_consul_self(std::string_view text) {
  simdjson::dom::parser parser;
  const auto root = parse_json(parser, text);
  if (!root) return fail(root.error());
  ConsulAgent agent;
  agent.datacenter = json_text(*root, "Config", "Datacenter");
  agent.node = json_text(*root, "Config", "NodeName");
  agent.address = json_text(*root, "Member", "Addr");
  agent.meta = json_map(json_find(*root, "Meta"));
  if (agent.datacenter.empty()) return fail(Error::kInvalid, "no datacenter in it");
  return agent;
}

Result<ConsulServices> parse_consul_agent_services(std::string_view text) {
  simdjson::dom::parser parser;
  const auto object = object_of(parser, text);
  if (!object) return fail(object.error());
  ConsulServices services;
  for (const auto& [id, service] : *object) {
    std::vector<std::string>& tags = services[json_text(service, "Service")];
    for (std::string& tag : text_list(json_find(service, "Tags")))
      tags.push_back(std::move(tag));
  }
  services.erase("");
  return services;
}

Result<std::vector<ConsulInstance>> parse_consul_agent_health(std::string_view text,
                                                              const ConsulAgent& agent) {
  simdjson::dom::parser parser;
  const auto list = list_of(parser, text);
  if (!list) return fail(list.error());
  std::vector<ConsulInstance> instances;
  for (const Json item : *list) {
    const auto service = json_find(item, "Service");
    if (!service) continue;
    ConsulInstance& instance = instances.emplace_back();
    instance.node = agent.node;
    instance.node_address = agent.address;
    instance.node_meta = agent.meta;
    read_service(*service, instance);
    instance.tagged_addresses = service_addresses(*service);
    instance.health = json_text(item, "AggregatedStatus");
    if (instance.health.empty()) instance.health = aggregated_status(json_find(item, "Checks"));
  }
  return instances;
}

LabelMap consul_labels(const ConsulInstance& instance, const ConsulLabels& how) {
  LabelMap labels;
  const auto set = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) labels.insert_or_assign(label_name(how.prefix, name), value);
  };
  const auto set_all = [&](std::string_view name, const LabelMap& values) {
    for (const auto& [key, value] : values)
      labels.insert_or_assign(label_name(std::string(how.prefix) + std::string(name), key), value);
  };
  // A service may be registered by another node than the one it runs on.
  labels["__address__"] = host_and_port(
      instance.service_address.empty() ? instance.node_address : instance.service_address,
      instance.port);
  std::string tags = how.tag_separator;
  for (const std::string& tag : instance.tags)
    tags += tag + how.tag_separator;
  if (instance.tags.empty()) tags += how.tag_separator;
  set("tags", tags);
  set("dc", how.datacenter);
  set("node", instance.node);
  set("address", instance.node_address);
  set("namespace", instance.namespace_name);
  set("partition", instance.partition);
  set("health", instance.health);
  set("service", instance.service);
  set("service_id", instance.id);
  set("service_address", instance.service_address);
  set("service_port", instance.port);
  set_all("metadata_", instance.node_meta);
  set_all("service_metadata_", instance.service_meta);
  set_all("tagged_address_", instance.tagged_addresses);
  return labels;
}

bool has_all_tags(const std::vector<std::string>& tags, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& tag) {
    return std::find(tags.begin(), tags.end(), tag) != tags.end();
  });
}

}  // namespace tailrace::discovery
