// Targets that an HTTP server lists.
#include "discovery/http_discovery.h"

#include "config/secrets.h"
#include "discovery/target_list.h"
#include "http/response_text.h"

namespace tailrace::discovery {

HttpDiscovery::HttpDiscovery(const config::HttpSdConfig& config, std::string name,
                             const DiscoveryWorld& world)
    : config_(config),
      name_(std::move(name)),
      random_(random_seed(name_, world)),
      retry_(name_, world, random_),
      asker_(config.http, world) {}

bool HttpDiscovery::poll(SteadyTime now) {
  bool changed = false;
  for (const http::Completion& completion : asker_.take_completions()) {
    if (completion.tag != asked_) continue;
    asked_.reset();
    changed = take(completion.response, now) || changed;
  }
  if (!asked_ && due_ <= now) ask(now);
  return changed;
}

void HttpDiscovery::ask(SteadyTime now) {
  http::Request request = get_request(config_.url);
  request.headers.emplace_back(
      "X-Prometheus-Refresh-Interval-Seconds",
      std::to_string(
          std::chrono::duration_cast<std::chrono::seconds>(config_.refresh_interval).count()));
  request.timeout = std::min<std::chrono::nanoseconds>(
      std::max<std::chrono::nanoseconds>(config_.refresh_interval, std::chrono::seconds(10)),
      std::chrono::minutes(1));
  request.body_bytes_max = kListBytesMax;
  const auto tag = asker_.ask(std::move(request));
  if (!tag) {
    due_ = retry_.failed(tag.error().message, now);
  } else if (*tag) {
    asked_ = **tag;
    due_ = now + config_.refresh_interval;
  } else {
    due_ = now + std::chrono::milliseconds(100);  // A token is on its way.
  }
}

bool HttpDiscovery::take(const http::Response& response, SteadyTime now) {
  if (response.status != 200) {
    due_ = retry_.failed(http::describe(response), now, response.retry_after);
    return false;
  }
  const auto groups = parse_target_list_json(response.body);
  if (!groups) {
    due_ = retry_.failed("the list is " + groups.error().message, now);
    return false;
  }
  retry_.worked();
  const bool first = !knows_;
  knows_ = true;
  std::vector<Target> targets;
  append_targets(*groups, name_ + " " + config::shown_url(config_.url),
                 {{"__meta_url", config_.url}}, targets);
  if (targets == targets_) return first;
  targets_ = std::move(targets);
  return true;
}

}  // namespace tailrace::discovery
