// Role ingress: one target for each path of each rule.
#include <algorithm>

#include "discovery/kubernetes_targets.h"

namespace tailrace::discovery {
namespace {

// Whether a host of `tls` covers the host of a rule: itself, or "*." instead of the first part.
bool covers(std::string_view pattern, std::string_view host) {
  if (pattern == host) return true;
  if (!pattern.starts_with("*.")) return false;
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && dot > 0 && pattern.substr(1) == host.substr(dot);
}

}  // namespace

void append_ingress_targets(const KubernetesObject& object, const KubernetesBuild& build) {
  const auto& ingress = std::get<KubernetesIngress>(object.body);
  LabelMap group;
  add_meta_labels(group, "ingress", object.meta);
  set_kubernetes_label(group, "namespace", object.meta.namespace_name);
  set_kubernetes_label(group, "ingress_class_name", ingress.class_name);
  const std::string found_by = kubernetes_found_by(build, "ingress", object.meta);
  for (const KubernetesIngress::Rule& rule : ingress.rules) {
    const bool tls = std::any_of(ingress.tls_hosts.begin(), ingress.tls_hosts.end(),
                                 [&](const std::string& host) { return covers(host, rule.host); });
    const auto add = [&](const std::string& path) {
      Target& target = build.targets.emplace_back();
      target.labels = group;
      set_kubernetes_label(target.labels, "ingress_scheme", tls ? "https" : "http");
      set_kubernetes_label(target.labels, "ingress_host", rule.host);
      set_kubernetes_label(target.labels, "ingress_path", path.empty() ? "/" : path);
      if (!rule.host.empty()) target.labels["__address__"] = rule.host;
      target.found_by = found_by;
    };
    for (const std::string& path : rule.paths)
      add(path);
    if (rule.paths.empty()) add("/");
  }
}

}  // namespace tailrace::discovery
