// A Kubernetes API server that is scripted, and misbehaves when told.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/discovery/discovery_rig.h"

namespace tailrace::discovery {

// Its answers follow https://kubernetes.io/docs/reference/using-api/api-concepts/: lists in pages
// ("Retrieving large results sets in chunks"), watches as lines of JSON ("Efficient detection of
// changes"), 410 Gone ("410 Gone responses"), and, for 429 with Retry-After,
// https://kubernetes.io/docs/concepts/cluster-administration/flow-control/.
struct ApiServer : DiscoveryRig {
  using Sent = testing::ScriptedTransport::Sent;
  using Reply = testing::ScriptedTransport::Reply;

  // Objects by the path of their collection ("/api/v1/pods"), in the order of the server.
  std::map<std::string, std::vector<std::string>> objects;
  std::uint64_t version = 100;
  std::vector<Reply> instead;  // What the next requests get, whatever they ask.
  std::chrono::nanoseconds delay{0};
  std::size_t largest_page_bytes = 0;

  ApiServer() {
    transport.answer_with([this](const Sent& sent) { return answer(sent); });
  }

  static std::string pod(const std::string& name, const std::string& version = "1",
                         const std::string& phase = "Running") {
    return R"({"metadata": {"name": ")" + name + R"(", "namespace": "shop", "resourceVersion": ")" +
           version + R"("}, "spec": {"containers": [{"name": "app"}]}, "status": {"phase": ")" +
           phase + R"(", "podIP": ")" + name + R"("}})";
  }

  static std::string parameter(const std::string& url, const std::string& name) {
    const std::size_t found = url.find(name + "=");
    if (found == std::string::npos) return "";
    const std::size_t begin = found + name.size() + 1;
    return url.substr(begin, url.find('&', begin) - begin);
  }
  static bool is_watch(const Sent& sent) {
    return sent.url.find("watch=true") != std::string::npos;
  }

  Reply answer(const Sent& sent) {
    if (!instead.empty()) {
      Reply reply = std::move(instead.front());
      instead.erase(instead.begin());
      return reply;
    }
    if (is_watch(sent)) return {.status = 200, .never = true};
    const std::size_t path = sent.url.find('/', 8);
    const auto& all = objects[sent.url.substr(path, sent.url.find('?') - path)];
    const std::string next = parameter(sent.url, "continue");
    const std::size_t begin = next.empty() ? 0 : std::stoul(next);
    const std::size_t end = std::min(all.size(), begin + std::stoul(parameter(sent.url, "limit")));
    std::string items;
    for (std::size_t i = begin; i < end; ++i)
      items += (items.empty() ? "" : ",") + all[i];
    const std::string rest = end < all.size() ? std::to_string(end) : "";
    std::string body = R"({"kind": "List", "metadata": {"resourceVersion": ")" +
                       std::to_string(version) + R"(", "continue": ")" + rest +
                       R"("}, "items": [)" + items + "]}";
    largest_page_bytes = std::max(largest_page_bytes, body.size());
    return {.status = 200, .body = std::move(body), .delay = delay};
  }

  // The last watch that was asked for, of objects whose URL has `part`.
  const Sent& last_watch(std::string_view part = "") const {
    const auto& sent = transport.sent();
    const auto found = std::find_if(sent.rbegin(), sent.rend(), [&](const Sent& one) {
      return is_watch(one) && one.url.find(part) != std::string::npos;
    });
    return found == sent.rend() ? sent.at(0) : *found;
  }
  static std::string event(const std::string& type, const std::string& object) {
    return R"({"type": ")" + type + R"(", "object": )" + object + "}\n";
  }
  // Sends on the last watch.
  void send(const std::string& bytes) { transport.stream(last_watch().tag, bytes); }
  void end_watch(const std::string& bytes = "") {
    transport.stream(last_watch().tag, bytes, testing::ScriptedTransport::StreamGoes::kToItsEnd);
  }
  std::size_t lists() const {
    return static_cast<std::size_t>(
        std::count_if(transport.sent().begin(), transport.sent().end(),
                      [](const Sent& sent) { return !is_watch(sent); }));
  }
  std::size_t watches() const { return transport.sent().size() - lists(); }
};

inline constexpr const char* kPods = "/api/v1/pods";

// All pods, from a server without credentials.
inline config::KubernetesSdConfig all_pods() {
  config::KubernetesSdConfig config;
  config.role = config::KubernetesRole::kPod;
  config.api_server = "http://k";
  return config;
}

}  // namespace tailrace::discovery
