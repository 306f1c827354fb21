// Role node: one target for each node, at its kubelet.
#include <algorithm>
#include <array>

#include "discovery/kubernetes_targets.h"
#include "discovery/label_name.h"

namespace tailrace::discovery {
namespace {

// Which kind of address is the target's, the first that the node has.
constexpr std::array<std::string_view, 6> kAddressTypes = {
    "InternalIP", "InternalDNS", "ExternalIP", "ExternalDNS", "LegacyHostIP", "Hostname"};

std::string address_of(const KubernetesNode& node) {
  for (const std::string_view type : kAddressTypes) {
    const auto found = std::find_if(node.addresses.begin(), node.addresses.end(),
                                    [&](const auto& known) { return known.first == type; });
    if (found != node.addresses.end()) return found->second;
  }
  return {};
}

}  // namespace

void append_node_targets(const KubernetesObject& object, const KubernetesBuild& build) {
  const auto& node = std::get<KubernetesNode>(object.body);
  const std::string address = address_of(node);
  if (address.empty()) return;
  Target target;
  add_meta_labels(target.labels, "node", object.meta);
  set_kubernetes_label(target.labels, "node_provider_id", node.provider_id);
  // Of several addresses of a type the first counts.
  for (auto known = node.addresses.rbegin(); known != node.addresses.rend(); ++known)
    set_kubernetes_label(target.labels, "node_address_" + known->first, known->second);
  target.labels["__address__"] =
      host_and_port(address, node.kubelet_port.empty() ? "0" : node.kubelet_port);
  target.labels["instance"] = object.meta.name;
  target.found_by = kubernetes_found_by(build, "node", object.meta);
  build.targets.push_back(std::move(target));
}

}  // namespace tailrace::discovery
