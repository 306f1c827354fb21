// Fuzzes what a Kubernetes API server answers: from pages and events to targets of every role.
// libraries: tailrace_discovery
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "discovery/kubernetes_access.h"
#include "discovery/kubernetes_json.h"
#include "discovery/kubernetes_targets.h"

namespace tailrace::kubernetes_objects_fuzz {
namespace {

using tailrace::discovery::KubernetesCache;
using tailrace::discovery::KubernetesEvent;
using tailrace::discovery::KubernetesKind;

constexpr KubernetesKind kKinds[] = {KubernetesKind::kPod,           KubernetesKind::kNode,
                                     KubernetesKind::kService,       KubernetesKind::kEndpoints,
                                     KubernetesKind::kEndpointSlice, KubernetesKind::kIngress};

void check_targets(const KubernetesCache& cache) {
  std::vector<tailrace::discovery::Target> targets;
  const tailrace::discovery::KubernetesBuild build{
      .cache = cache, .attach_node = true, .found_by = "fuzz", .targets = targets};
  for (const KubernetesKind kind : kKinds) {
    for (const auto& [key, kept] : cache.all(kind))
      append_kubernetes_targets(kind, kept.object, build);
  }
  for (const auto& target : targets) {
    TAILRACE_CHECK(!target.found_by.empty());
    for (const auto& [name, value] : target.labels) {
      for (const char c : name) {
        TAILRACE_CHECK((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_');
      }
    }
  }
}

}  // namespace

// Every line is an event; the whole is also a page, and a kubeconfig.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  KubernetesCache cache;
  std::size_t kind = data[0];
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const KubernetesKind of = kKinds[kind++ % std::size(kKinds)];
    auto event = tailrace::discovery::parse_kubernetes_event(of, line);
    if (!event) continue;
    if (event->type == KubernetesEvent::Type::kPut) cache.put(of, std::move(event->object), {});
    if (event->type == KubernetesEvent::Type::kDeleted) cache.remove(of, event->object.meta);
  }
  const KubernetesKind of = kKinds[data[0] % std::size(kKinds)];
  const auto page = tailrace::discovery::parse_kubernetes_page(
      of, text, [&](tailrace::discovery::KubernetesObject object) {
        cache.put(of, std::move(object), {.watch = 1, .list = 1});
      });
  if (page) TAILRACE_CHECK(page->next.size() <= text.size());
  check_targets(cache);
  tailrace::discovery::kubernetes_status_message(text);
  const auto access = tailrace::discovery::parse_kubeconfig(text, "/f");
  if (access) TAILRACE_CHECK(!access->server.empty());
  return 0;
}

}  // namespace tailrace::kubernetes_objects_fuzz
