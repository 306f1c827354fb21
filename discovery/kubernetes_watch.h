// Keeps up with the objects of one kind: lists them, then watches what changes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "discovery/discoverer.h"
#include "discovery/http_asker.h"
#include "discovery/kubernetes_cache.h"
#include "discovery/kubernetes_json.h"
#include "discovery/retry.h"

namespace tailrace::discovery {

// A list in pages, then a watch from the list's resourceVersion on. A watch that ends goes on where
// it was; when the server does not know that point any more (410 Gone), or what came was no event,
// everything is listed anew: the cache never has less than before until that list is complete.
// (https://kubernetes.io/docs/reference/using-api/api-concepts/)
//
// Ownership: borrows asker, random and cache.
// Threading: confined to the main thread.
// Errors: tried again with Backoff, later when the server asks for it (Retry-After).
// Memory: one page of kPageObjects objects, at most kPageBytesMax; one event, kEventBytesMax.
class KubernetesWatch {
 public:
  static constexpr int kPageObjects = 500;
  static constexpr std::size_t kPageBytesMax = std::size_t{64} << 20U;
  static constexpr std::size_t kEventBytesMax = std::size_t{8} << 20U;

  struct Options {
    std::string name;  // For messages.
    KubernetesKind kind = KubernetesKind::kPod;
    std::string server;          // "https://10.0.0.1:443"
    std::string namespace_name;  // Empty: all.
    std::string label_selector;
    std::string field_selector;
    int number = 0;  // Its own among the watches of the cache.
  };

  KubernetesWatch(Options options, const DiscoveryWorld& world, HttpAsker& asker, Random& random,
                  KubernetesCache& cache);

  // True: the completion was of a request of this watch.
  bool take(const http::Completion& completion, SteadyTime now);
  // Takes what came and asks what is due.
  void poll(SteadyTime now);
  SteadyTime next_deadline() const;
  KubernetesKind kind() const { return options_.kind; }
  // A whole list came.
  bool knows() const { return knows_; }
  const std::string& trouble() const { return retry_.trouble(); }

 private:
  enum class Next { kList, kWatch };

  std::string url(Next what);
  void ask(SteadyTime now);
  void take_page(const http::Response& response, SteadyTime now);
  void take_watch_end(const http::Response& response, SteadyTime now);
  void take_events(SteadyTime now);
  // False: the watch was given up.
  bool feed(std::string_view bytes, SteadyTime now);
  bool take_line(std::string_view line, SteadyTime now);
  void list_anew();
  void give_up_watch();
  std::string refusal(const http::Response& response) const;

  const Options options_;
  HttpAsker& asker_;
  Random& random_;
  KubernetesCache& cache_;
  Retry retry_;
  Next next_ = Next::kList;
  std::optional<http::RequestTag> asked_;
  SteadyTime due_{};
  SteadyTime asked_at_{};
  SteadyTime settles_at_{};
  SteadyTime silent_until_ = SteadyTime::max();  // A watch that is longer silent is dead.
  std::uint64_t list_ = 1;                       // The number of the list.
  std::string page_;                             // The token of the page that is next.
  std::string resource_version_;
  std::string line_;  // An event whose end has not come.
  bool events_came_ = false;
  bool more_waits_ = false;
  bool knows_ = false;
};

}  // namespace tailrace::discovery
