// What a Kubernetes API server answers, read into objects.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "discovery/kubernetes_object.h"

namespace tailrace::discovery {

// A page of a list
// (https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks).
struct KubernetesPage {
  std::string resource_version;
  std::string next;  // The token of the page behind; empty: it is the last one.
};

// Gives each object to `take`, one at a time: a page is never in memory twice.
// Errors: kInvalid when it is not a list; then nothing, or not all, was given.
Result<KubernetesPage> parse_kubernetes_page(KubernetesKind kind, std::string_view text,
                                             const std::function<void(KubernetesObject)>& take);

// A line of a watch
// (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes).
struct KubernetesEvent {
  enum class Type { kPut, kDeleted, kBookmark, kError };
  Type type = Type::kError;
  std::string resource_version;
  KubernetesObject object;  // Of kDeleted: its name alone counts.
  int code = 0;             // Of kError: as an HTTP status; 410: the watch cannot go on from here.
  std::string message;
};
Result<KubernetesEvent> parse_kubernetes_event(KubernetesKind kind, std::string_view line);

// "message" of a Status object; empty when it is none.
std::string kubernetes_status_message(std::string_view text);

}  // namespace tailrace::discovery
