// `kubernetes_sd_configs`.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "config/parse.h"
#include "config/url_check.h"

namespace tailrace::config {
namespace {

constexpr std::array<std::pair<std::string_view, KubernetesRole>, 6> kRoles = {{
    {"pod", KubernetesRole::kPod},
    {"node", KubernetesRole::kNode},
    {"service", KubernetesRole::kService},
    {"endpoints", KubernetesRole::kEndpoints},
    {"endpointslice", KubernetesRole::kEndpointSlice},
    {"ingress", KubernetesRole::kIngress},
}};

void read_role(Fields& fields, KubernetesRole& role) {
  std::string text;
  fields.read("role", text);
  fields.require("role");
  if (text.empty()) return;
  const auto* const found = std::find_if(kRoles.begin(), kRoles.end(),
                                         [&](const auto& known) { return known.first == text; });
  if (found != kRoles.end()) {
    role = found->second;
  } else {
    fields.error("role", fmt::format("must be pod, node, service, endpoints, endpointslice or "
                                     "ingress, not \"{}\"",
                                     text));
  }
}

// Whether objects of this kind are looked at for targets of `role`.
bool looks_at(const KubernetesSdConfig& kubernetes, KubernetesRole kind) {
  const KubernetesRole role = kubernetes.role;
  if (kind == role) return true;
  const bool by_endpoint =
      role == KubernetesRole::kEndpoints || role == KubernetesRole::kEndpointSlice;
  if (kind == KubernetesRole::kPod || kind == KubernetesRole::kService) return by_endpoint;
  return kind == KubernetesRole::kNode && kubernetes.attach_node_metadata &&
         (by_endpoint || role == KubernetesRole::kPod);
}

void parse_selectors(const YamlNode& list, const std::string& path, Report& report,
                     KubernetesSdConfig& kubernetes) {
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    Fields fields = Fields::strict(*list.items[i], fmt::format("{}[{}]", path, i), report);
    KubernetesSelector selector;
    const std::size_t errors = report.error_count();
    read_role(fields, selector.role);
    fields.read("label", selector.label);
    fields.read("field", selector.field);
    fields.finish();
    if (report.error_count() != errors) continue;
    if (!looks_at(kubernetes, selector.role)) {
      fields.error(
          "role",
          fmt::format("objects of role {} are not looked at for targets of role {}",
                      kubernetes_role_text(selector.role), kubernetes_role_text(kubernetes.role)));
    }
    const auto same = [&](const KubernetesSelector& other) { return other.role == selector.role; };
    if (std::any_of(kubernetes.selectors.begin(), kubernetes.selectors.end(), same)) {
      fields.error("role", "another selector has this role");
    }
    kubernetes.selectors.push_back(std::move(selector));
  }
}

void check_server(Fields& fields, const KubernetesSdConfig& kubernetes) {
  if (!kubernetes.api_server.empty()) {
    if (const auto fault = find_url_fault(kubernetes.api_server)) {
      fields.error("api_server", "not a valid URL: " + *fault);
    } else if (!has_http_scheme(kubernetes.api_server)) {
      fields.error("api_server", "must begin with http:// or https://");
    }
    if (!kubernetes.kubeconfig_file.empty()) {
      fields.error("kubeconfig_file", "excludes api_server");
    }
    return;
  }
  // Where to go and who we are stand together: in the kubeconfig, or in the pod.
  HttpClientConfig none;
  none.follow_redirects = kubernetes.http.follow_redirects;
  none.enable_http2 = kubernetes.http.enable_http2;
  if (kubernetes.http == none) return;
  constexpr std::array<std::string_view, 10> kClientKeys = {
      "basic_auth", "authorization", "oauth2",   "bearer_token",           "bearer_token_file",
      "tls_config", "proxy_url",     "no_proxy", "proxy_from_environment", "http_headers"};
  const auto* const first =
      std::find_if(kClientKeys.begin(), kClientKeys.end(),
                   [&](std::string_view key) { return fields.present(key) != nullptr; });
  fields.error(first == kClientKeys.end() ? "role" : *first,
               kubernetes.kubeconfig_file.empty()
                   ? "options of the HTTP client need api_server"
                   : "options of the HTTP client exclude kubeconfig_file, which has its own");
}

}  // namespace

std::string_view kubernetes_role_text(KubernetesRole role) {
  return kRoles.at(static_cast<std::size_t>(role)).first;
}

void parse_kubernetes_sd(Fields fields, KubernetesSdConfig& kubernetes) {
  read_role(fields, kubernetes.role);
  fields.read("api_server", kubernetes.api_server);
  fields.read("kubeconfig_file", kubernetes.kubeconfig_file);
  if (auto namespaces = fields.block("namespaces")) {
    namespaces->read("own_namespace", kubernetes.own_namespace);
    namespaces->read("names", kubernetes.namespaces);
    namespaces->finish();
  }
  if (auto attach = fields.block("attach_metadata")) {
    attach->read("node", kubernetes.attach_node_metadata);
    attach->finish();
  }
  if (const YamlNode* list = fields.list("selectors")) {
    parse_selectors(*list, fields.path_of("selectors"), fields.report(), kubernetes);
  }
  parse_http_client(fields, kubernetes.http);
  check_server(fields, kubernetes);
  fields.finish();
}

}  // namespace tailrace::config
