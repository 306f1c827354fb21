// Keeps up with the objects of one kind.
#include "discovery/kubernetes_watch.h"

#include <algorithm>

#include <fmt/format.h>

#include "http/response_text.h"

namespace tailrace::discovery {
namespace {

using std::chrono::seconds;

// Pages of a big cluster may take their time.
constexpr seconds kListTimeout{60};
constexpr seconds kConnectTimeout{15};
// How long a watch goes on is asked for at random, so that watches do not all end together. In
// that range as the clients of Kubernetes do.
constexpr seconds kWatchMin{300};
constexpr std::uint64_t kWatchSpreadSeconds = 300;
constexpr seconds kSilenceGrace{30};
// A watch that ends sooner without an event is not quite right.
constexpr seconds kWatchShort{5};
// How much of a watch is taken in one turn.
constexpr int kPartsPerTurn = 16;
// How much of a refusal's words is kept.
constexpr std::size_t kRefusalBytesMax = 4096;

std::string_view plural(KubernetesKind kind) {
  switch (kind) {
    case KubernetesKind::kPod:
      return "pods";
    case KubernetesKind::kNode:
      return "nodes";
    case KubernetesKind::kService:
      return "services";
    case KubernetesKind::kEndpoints:
      return "endpoints";
    case KubernetesKind::kEndpointSlice:
      return "endpointslices";
    case KubernetesKind::kIngress:
      break;
  }
  return "ingresses";
}

std::string_view group(KubernetesKind kind) {
  if (kind == KubernetesKind::kEndpointSlice) return "/apis/discovery.k8s.io/v1";
  if (kind == KubernetesKind::kIngress) return "/apis/networking.k8s.io/v1";
  return "/api/v1";
}

// What cannot get better by asking for the same once more.
bool wants_new_list(int status) {
  return status >= 400 && status < 500 && status != 401 && status != 403 && status != 429;
}

}  // namespace

KubernetesWatch::KubernetesWatch(Options options, const DiscoveryWorld& world, HttpAsker& asker,
                                 Random& random, KubernetesCache& cache)
    : options_(std::move(options)),
      asker_(asker),
      random_(random),
      cache_(cache),
      retry_(fmt::format("{} {}", options_.name, plural(options_.kind)), world, random) {}

std::string KubernetesWatch::url(Next what) {
  std::string path(group(options_.kind));
  if (!options_.namespace_name.empty() && options_.kind != KubernetesKind::kNode) {
    path += "/namespaces/" + query_escaped(options_.namespace_name);
  }
  path += '/';
  path += plural(options_.kind);
  std::vector<std::pair<std::string_view, std::string>> query;
  if (!options_.label_selector.empty())
    query.emplace_back("labelSelector", options_.label_selector);
  if (!options_.field_selector.empty())
    query.emplace_back("fieldSelector", options_.field_selector);
  if (what == Next::kList) {
    query.emplace_back("limit", std::to_string(kPageObjects));
    if (!page_.empty()) query.emplace_back("continue", page_);
  } else {
    const seconds length = kWatchMin + seconds(random_.below(kWatchSpreadSeconds));
    silent_until_ = asked_at_ + length + kSilenceGrace;
    query.emplace_back("watch", "true");
    query.emplace_back("allowWatchBookmarks", "true");
    query.emplace_back("resourceVersion", resource_version_);
    query.emplace_back("timeoutSeconds", std::to_string(length.count()));
  }
  return options_.server + path + query_of(query);
}

void KubernetesWatch::ask(SteadyTime now) {
  asked_at_ = now;
  settles_at_ = now + kWatchShort;
  http::Request request = get_request(url(next_));
  if (next_ == Next::kWatch) {
    request.answer = http::Request::Answer::kStream;
    request.timeout = kConnectTimeout;
  } else {
    request.timeout = kListTimeout;
    request.body_bytes_max = kPageBytesMax;
  }
  const auto tag = asker_.ask(std::move(request));
  if (!tag) {
    due_ = retry_.failed(tag.error().message, now);
  } else if (*tag) {
    asked_ = **tag;
    line_.clear();
    events_came_ = false;
  } else {
    due_ = now + std::chrono::milliseconds(100);  // A token is on its way.
  }
}

void KubernetesWatch::list_anew() {
  next_ = Next::kList;
  page_.clear();
  ++list_;
}

void KubernetesWatch::give_up_watch() {
  if (asked_) asker_.cancel(*asked_);
  asked_.reset();
  line_.clear();
}

std::string KubernetesWatch::refusal(const http::Response& response) const {
  const std::string message = kubernetes_status_message(response.body);
  if (response.status == 0 || message.empty()) return http::describe(response);
  return fmt::format("the API server answers {}: {}", response.status, message);
}

bool KubernetesWatch::take(const http::Completion& completion, SteadyTime now) {
  if (completion.tag != asked_) return false;
  asked_.reset();
  due_ = now;
  if (next_ == Next::kList) {
    take_page(completion.response, now);
  } else {
    take_watch_end(completion.response, now);
  }
  return true;
}

void KubernetesWatch::take_page(const http::Response& response, SteadyTime now) {
  if (response.status != 200) {
    // The token of the page was too old, or is none.
    if (wants_new_list(response.status)) list_anew();
    due_ = retry_.failed(refusal(response), now, response.retry_after);
    return;
  }
  const KubernetesCache::Round round{options_.number, list_};
  auto page = parse_kubernetes_page(options_.kind, response.body, [&](KubernetesObject object) {
    cache_.put(options_.kind, std::move(object), round);
  });
  if (!page) {
    list_anew();
    due_ = retry_.failed("the list is " + page.error().message, now);
    return;
  }
  page_ = std::move(page->next);
  if (!page_.empty()) {
    retry_.worked();
    return;
  }
  if (page->resource_version.empty()) {
    list_anew();
    due_ = retry_.failed("the list has no resourceVersion", now);
    return;
  }
  cache_.sweep(options_.kind, round);
  resource_version_ = std::move(page->resource_version);
  next_ = Next::kWatch;
  // Not the end of every trouble: lists may work where watches do not.
  if (!knows_ || retry_.trouble().empty()) retry_.worked();
  knows_ = true;
}

void KubernetesWatch::take_watch_end(const http::Response& response, SteadyTime now) {
  if (response.status == 200) {
    // What waited; behind it, an object that was cut off is sent again by the next watch.
    if (!feed(response.body, now)) return;
    if (events_came_ || now - asked_at_ >= kWatchShort) {
      retry_.worked();
    } else {
      due_ = retry_.failed("the watch ended at once", now);
    }
    return;
  }
  if (response.status == 0 && events_came_) {
    due_ = now + std::chrono::milliseconds(100);  // A dropped connection goes on.
    return;
  }
  if (response.status == 410) {
    // No trouble, unless it comes again at once.
    list_anew();
    if (now - asked_at_ >= kWatchShort) return;
  } else if (wants_new_list(response.status)) {
    list_anew();
  }
  http::Response refused = response;
  refused.body.insert(0, line_);
  due_ = retry_.failed(refusal(refused), now, response.retry_after);
}

bool KubernetesWatch::feed(std::string_view bytes, SteadyTime now) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    line_ += bytes.substr(0, end);
    if (line_.size() > kEventBytesMax) {
      give_up_watch();
      list_anew();
      due_ = retry_.failed("an event of the watch is too long", now);
      return false;
    }
    if (end == std::string_view::npos) return true;
    bytes.remove_prefix(end + 1);
    const bool goes_on = line_.empty() || line_ == "\r" || take_line(line_, now);
    if (!goes_on) return false;
    line_.clear();
  }
  return true;
}

bool KubernetesWatch::take_line(std::string_view line, SteadyTime now) {
  auto event = parse_kubernetes_event(options_.kind, line);
  if (!event) {
    // It may have been a change: only a list tells.
    give_up_watch();
    list_anew();
    due_ = retry_.failed("an event of the watch is " + event.error().message, now);
    return false;
  }
  const KubernetesCache::Round round{options_.number, list_};
  switch (event->type) {
    case KubernetesEvent::Type::kPut:
      cache_.put(options_.kind, std::move(event->object), round);
      break;
    case KubernetesEvent::Type::kDeleted:
      cache_.remove(options_.kind, event->object.meta);
      break;
    case KubernetesEvent::Type::kBookmark:
      break;
    case KubernetesEvent::Type::kError:
      give_up_watch();
      due_ = now;
      if (event->code == 410) {
        list_anew();
        if (events_came_ || now - asked_at_ >= kWatchShort) return false;
      }
      due_ = retry_.failed(fmt::format("the watch ended with {}: {}", event->code, event->message),
                           now);
      return false;
  }
  if (!event->resource_version.empty()) resource_version_ = std::move(event->resource_version);
  events_came_ = true;
  retry_.worked();
  return true;
}

void KubernetesWatch::take_events(SteadyTime now) {
  more_waits_ = false;
  if (now >= settles_at_) settles_at_ = SteadyTime::max();
  for (int i = 0; i < kPartsPerTurn; ++i) {
    const http::StreamPart part = asker_.take_stream(*asked_);
    if (part.status == 200 && now - asked_at_ >= kWatchShort) retry_.worked();
    if (part.bytes.empty()) return;
    if (part.status != 200) {
      // The words of a refusal are no events; its status comes with the end.
      line_ += part.bytes.substr(0, kRefusalBytesMax - std::min(kRefusalBytesMax, line_.size()));
    } else if (!feed(part.bytes, now)) {
      return;
    }
  }
  more_waits_ = true;
}

void KubernetesWatch::poll(SteadyTime now) {
  if (asked_ && next_ == Next::kWatch) {
    take_events(now);
    if (asked_ && now >= silent_until_) {
      give_up_watch();
      due_ = now;
    }
  }
  if (!asked_ && due_ <= now) ask(now);
}

SteadyTime KubernetesWatch::next_deadline() const {
  if (!asked_) return due_;
  if (next_ == Next::kList) return SteadyTime::max();
  if (more_waits_) return SteadyTime{};
  // A watch that stands for a while ends the trouble.
  return trouble().empty() ? silent_until_ : std::min(silent_until_, settles_at_);
}

}  // namespace tailrace::discovery
