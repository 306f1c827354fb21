// What a Kubernetes API server answers, read into objects.
#include "discovery/kubernetes_json.h"

#include <algorithm>

#include "config/names.h"
#include "discovery/json_reading.h"

namespace tailrace::discovery {
namespace {

KubernetesMeta read_meta(Json object) {
  KubernetesMeta meta;
  const auto found = json_find(object, "metadata");
  if (!found) return meta;
  meta.namespace_name = json_text(*found, "namespace");
  meta.name = json_text(*found, "name");
  meta.uid = json_text(*found, "uid");
  meta.labels = json_map(json_find(*found, "labels"));
  meta.annotations = json_map(json_find(*found, "annotations"));
  json_each(json_find(*found, "ownerReferences"), [&](Json owner) {
    if (!json_bool(owner, "controller").value_or(false)) return;
    meta.controller_kind = json_text(owner, "kind");
    meta.controller_name = json_text(owner, "name");
  });
  return meta;
}

// `number_key`: containerPort of a container, else port.
KubernetesPort read_port(Json port, std::string_view number_key) {
  return {.name = json_text(port, "name"),
          .protocol = json_text(port, "protocol"),
          .number = json_number_text(port, number_key),
          .app_protocol = json_text(port, "appProtocol")};
}

std::vector<KubernetesPort> read_ports(std::optional<Json> list, std::string_view number_key) {
  std::vector<KubernetesPort> ports;
  json_each(list, [&](Json port) { ports.push_back(read_port(port, number_key)); });
  return ports;
}

// Containers of `spec.<key>`, whose ids stand in `status.<status_key>`.
void read_containers(Json object, std::string_view key, std::string_view status_key,
                     std::vector<KubernetesContainer>& containers) {
  const auto statuses = json_find(object, "status", status_key);
  json_each(json_find(object, "spec", key), [&](Json item) {
    KubernetesContainer& container = containers.emplace_back();
    container.name = json_text(item, "name");
    container.image = json_text(item, "image");
    container.init = key == "initContainers";
    container.ports = read_ports(json_find(item, "ports"), "containerPort");
    json_each(statuses, [&](Json status) {
      if (json_view(json_find(status, "name")) == container.name) {
        container.id = json_text(status, "containerID");
      }
    });
  });
}

KubernetesPod read_pod(Json object) {
  KubernetesPod pod;
  pod.ip = json_text(object, "status", "podIP");
  pod.host_ip = json_text(object, "status", "hostIP");
  pod.phase = json_text(object, "status", "phase");
  pod.node_name = json_text(object, "spec", "nodeName");
  json_each(json_find(object, "status", "conditions"), [&](Json condition) {
    if (json_view(json_find(condition, "type")) == "Ready") {
      pod.ready = config::to_lower_ascii(json_view(json_find(condition, "status")));
    }
  });
  read_containers(object, "containers", "containerStatuses", pod.containers);
  read_containers(object, "initContainers", "initContainerStatuses", pod.containers);
  return pod;
}

KubernetesNode read_node_object(Json object) {
  KubernetesNode node;
  node.provider_id = json_text(object, "spec", "providerID");
  if (const auto endpoints = json_find(object, "status", "daemonEndpoints")) {
    if (const auto kubelet = json_find(*endpoints, "kubeletEndpoint")) {
      node.kubelet_port = json_number_text(*kubelet, "Port");
    }
  }
  json_each(json_find(object, "status", "addresses"), [&](Json address) {
    node.addresses.emplace_back(json_text(address, "type"), json_text(address, "address"));
  });
  return node;
}

KubernetesService read_service_object(Json object) {
  KubernetesService service;
  const auto spec = json_find(object, "spec");
  if (!spec) return service;
  service.type = json_text(*spec, "type");
  service.cluster_ip = json_text(*spec, "clusterIP");
  service.external_name = json_text(*spec, "externalName");
  service.load_balancer_ip = json_text(*spec, "loadBalancerIP");
  service.ports = read_ports(json_find(*spec, "ports"), "port");
  return service;
}

std::optional<KubernetesReference> read_reference(Json endpoint) {
  const auto target = json_find(endpoint, "targetRef");
  if (!target) return std::nullopt;
  return KubernetesReference{.kind = json_text(*target, "kind"),
                             .namespace_name = json_text(*target, "namespace"),
                             .name = json_text(*target, "name")};
}

void read_subset_addresses(Json subset, std::string_view key, bool ready, KubernetesSubset& into) {
  json_each(json_find(subset, key), [&](Json address) {
    KubernetesEndpoint& endpoint = into.endpoints.emplace_back();
    endpoint.addresses = {json_text(address, "ip")};
    endpoint.hostname = json_text(address, "hostname");
    endpoint.node_name = json_text(address, "nodeName");
    endpoint.ready = ready;
    endpoint.target = read_reference(address);
  });
}

KubernetesEndpoints read_endpoints(Json object) {
  KubernetesEndpoints endpoints;
  json_each(json_find(object, "subsets"), [&](Json item) {
    KubernetesSubset& subset = endpoints.subsets.emplace_back();
    subset.ports = read_ports(json_find(item, "ports"), "port");
    read_subset_addresses(item, "addresses", true, subset);
    read_subset_addresses(item, "notReadyAddresses", false, subset);
  });
  return endpoints;
}

KubernetesEndpointSlice read_endpoint_slice(Json object) {
  KubernetesEndpointSlice slice;
  slice.address_type = json_text(object, "addressType");
  slice.subset.ports = read_ports(json_find(object, "ports"), "port");
  json_each(json_find(object, "endpoints"), [&](Json item) {
    KubernetesEndpoint& endpoint = slice.subset.endpoints.emplace_back();
    json_each(json_find(item, "addresses"),
              [&](Json address) { endpoint.addresses.emplace_back(json_view(address)); });
    endpoint.hostname = json_text(item, "hostname");
    endpoint.node_name = json_text(item, "nodeName");
    endpoint.zone = json_text(item, "zone");
    if (const auto conditions = json_find(item, "conditions")) {
      endpoint.ready = json_bool(*conditions, "ready");
      endpoint.serving = json_bool(*conditions, "serving");
      endpoint.terminating = json_bool(*conditions, "terminating");
    }
    endpoint.target = read_reference(item);
    endpoint.topology = json_map(json_find(item, "deprecatedTopology"));
  });
  return slice;
}

KubernetesIngress read_ingress(Json object) {
  KubernetesIngress ingress;
  ingress.class_name = json_text(object, "spec", "ingressClassName");
  json_each(json_find(object, "spec", "tls"), [&](Json tls) {
    json_each(json_find(tls, "hosts"),
              [&](Json host) { ingress.tls_hosts.emplace_back(json_view(host)); });
  });
  json_each(json_find(object, "spec", "rules"), [&](Json item) {
    KubernetesIngress::Rule& rule = ingress.rules.emplace_back();
    rule.host = json_text(item, "host");
    json_each(json_find(item, "http", "paths"),
              [&](Json path) { rule.paths.push_back(json_text(path, "path")); });
  });
  return ingress;
}

KubernetesObject read_object(KubernetesKind kind, Json object) {
  KubernetesObject read;
  read.meta = read_meta(object);
  switch (kind) {
    case KubernetesKind::kPod:
      read.body = read_pod(object);
      break;
    case KubernetesKind::kNode:
      read.body = read_node_object(object);
      break;
    case KubernetesKind::kService:
      read.body = read_service_object(object);
      break;
    case KubernetesKind::kEndpoints:
      read.body = read_endpoints(object);
      break;
    case KubernetesKind::kEndpointSlice:
      read.body = read_endpoint_slice(object);
      break;
    case KubernetesKind::kIngress:
      read.body = read_ingress(object);
      break;
  }
  return read;
}

std::optional<KubernetesEvent::Type> event_type(std::string_view text) {
  if (text == "ADDED" || text == "MODIFIED") return KubernetesEvent::Type::kPut;
  if (text == "DELETED") return KubernetesEvent::Type::kDeleted;
  if (text == "BOOKMARK") return KubernetesEvent::Type::kBookmark;
  if (text == "ERROR") return KubernetesEvent::Type::kError;
  return std::nullopt;
}

}  // namespace

Result<KubernetesPage> parse_kubernetes_page(KubernetesKind kind, std::string_view text,
                                             const std::function<void(KubernetesObject)>& take) {
  simdjson::dom::parser parser;
  const auto root = parse_json(parser, text);
  if (!root) return fail(root.error());
  simdjson::dom::array items;
  const auto member = json_find(*root, "items");
  const auto metadata = json_find(*root, "metadata");
  // A list without anything may have "items": null.
  if (!json_view(json_find(*root, "kind")).ends_with("List") || !metadata ||
      (member && member->get(items) != simdjson::SUCCESS)) {
    return fail(Error::kInvalid, "not a list of objects");
  }
  json_each(member, [&](Json item) {
    KubernetesObject object = read_object(kind, item);
    if (!object.meta.name.empty()) take(std::move(object));
  });
  return KubernetesPage{.resource_version = json_text(*metadata, "resourceVersion"),
                        .next = json_text(*metadata, "continue")};
}

Result<KubernetesEvent> parse_kubernetes_event(KubernetesKind kind, std::string_view line) {
  simdjson::dom::parser parser;
  const auto root = parse_json(parser, line);
  if (!root) return fail(root.error());
  const auto type = event_type(json_view(json_find(*root, "type")));
  const auto object = json_find(*root, "object");
  if (!type || !object) return fail(Error::kInvalid, "not an event of a watch");
  KubernetesEvent event;
  event.type = *type;
  if (*type == KubernetesEvent::Type::kError) {
    std::int64_t code = 0;
    const auto found = json_find(*object, "code");
    if (found && found->get(code) == simdjson::SUCCESS) {
      event.code = static_cast<int>(std::clamp<std::int64_t>(code, 0, 999));
    }
    event.message = json_text(*object, "message");
    return event;
  }
  event.resource_version = json_text(*object, "metadata", "resourceVersion");
  if (*type == KubernetesEvent::Type::kBookmark) return event;
  event.object = read_object(kind, *object);
  if (event.object.meta.name.empty()) return fail(Error::kInvalid, "an event without a name");
  return event;
}

std::string kubernetes_status_message(std::string_view text) {
  simdjson::dom::parser parser;
  const auto root = parse_json(parser, text);
  return root ? json_text(*root, "message") : std::string();
}

}  // namespace tailrace::discovery
