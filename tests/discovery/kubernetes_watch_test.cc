// List and watch against an API server that misbehaves.
#include "discovery/kubernetes_watch.h"

#include <gtest/gtest.h>

#include "discovery/kubernetes_discovery.h"
#include "tests/discovery/api_server.h"

namespace tailrace::discovery {
namespace {

using namespace std::chrono_literals;

// A server with the pods a and b, and a discovery that has listed and watches them.
struct WatchRig : ApiServer {
  KubernetesDiscovery discovery{all_pods(), "k8s", world};

  WatchRig() {
    objects[kPods] = {pod("a"), pod("b")};
    poll(discovery);
  }
  bool polled() { return poll(discovery); }
  bool after(std::chrono::nanoseconds time) { return advance(discovery, time); }
  std::string found() const { return addresses(discovery); }
};

TEST(KubernetesWatch, lists_and_then_watches_from_there) {
  WatchRig rig;
  EXPECT_TRUE(rig.discovery.knows());
  EXPECT_EQ(rig.found(), "a b");
  ASSERT_EQ(rig.transport.sent().size(), 2U);
  EXPECT_EQ(rig.transport.sent()[0].url,
            "http://k/api/v1/pods?fieldSelector=spec.nodeName%3Dthis-node&limit=500");
  const auto& watch = rig.last_watch();
  EXPECT_EQ(watch.url.substr(0, watch.url.find("&timeoutSeconds=")),
            "http://k/api/v1/pods?fieldSelector=spec.nodeName%3Dthis-node&watch=true&"
            "allowWatchBookmarks=true&resourceVersion=100");
  const int seconds = std::stoi(ApiServer::parameter(watch.url, "timeoutSeconds"));
  EXPECT_GE(seconds, 300);
  EXPECT_LT(seconds, 600);
  EXPECT_EQ(watch.answer, http::Request::Answer::kStream);
  EXPECT_EQ(rig.transport.sent()[0].body_bytes_max, KubernetesWatch::kPageBytesMax);
}

TEST(KubernetesWatch, follows_what_is_added_modified_and_deleted) {
  WatchRig rig;
  rig.send(ApiServer::event("ADDED", ApiServer::pod("c", "101")));
  EXPECT_TRUE(rig.after(1s));
  EXPECT_EQ(rig.found(), "a b c");
  rig.send(ApiServer::event("MODIFIED", ApiServer::pod("a", "102", "Failed")) +
           ApiServer::event("DELETED", ApiServer::pod("b", "103")));
  EXPECT_TRUE(rig.after(1s));
  EXPECT_EQ(rig.found(), "a c");
  EXPECT_EQ(values_of(rig.discovery, "__meta_kubernetes_pod_phase"), "Failed Running");
  rig.send(ApiServer::event("MODIFIED", ApiServer::pod("a", "104", "Failed")));
  EXPECT_FALSE(rig.after(1s));  // Nothing that a target has.
}

TEST(KubernetesWatch, an_event_may_come_in_pieces) {
  WatchRig rig;
  const std::string event = ApiServer::event("ADDED", ApiServer::pod("c", "101"));
  for (const char c : event) {
    EXPECT_EQ(rig.found(), "a b");
    rig.send(std::string(1, c));
    rig.after(1s);
  }
  EXPECT_EQ(rig.found(), "a b c");
  EXPECT_EQ(rig.watches(), 1U);
}

TEST(KubernetesWatch, a_watch_that_ends_goes_on_where_it_was) {
  WatchRig rig;
  rig.send(ApiServer::event("ADDED", ApiServer::pod("c", "101")) +
           ApiServer::event("BOOKMARK", R"({"metadata": {"resourceVersion": "150"}})"));
  rig.after(10s);
  rig.end_watch();
  rig.polled();
  EXPECT_EQ(rig.lists(), 1U);
  EXPECT_EQ(rig.watches(), 2U);
  EXPECT_EQ(ApiServer::parameter(rig.last_watch().url, "resourceVersion"), "150");
  EXPECT_EQ(rig.discovery.trouble(), "");
  rig.send(ApiServer::event("DELETED", ApiServer::pod("a", "151")));
  rig.after(1s);
  EXPECT_EQ(rig.found(), "b c");
}

TEST(KubernetesWatch, a_watch_dropped_in_the_middle_of_an_object_asks_for_it_again) {
  WatchRig rig;
  const std::string event = ApiServer::event("ADDED", ApiServer::pod("c", "101"));
  rig.send(ApiServer::event("DELETED", ApiServer::pod("b", "99")) + event.substr(0, 40));
  rig.after(1s);
  rig.transport.reset();
  rig.polled();
  rig.after(1s);
  EXPECT_EQ(rig.found(), "a");
  EXPECT_EQ(rig.watches(), 2U);
  EXPECT_EQ(ApiServer::parameter(rig.last_watch().url, "resourceVersion"), "99");
  // The second half of the old object is none of the new watch.
  rig.send(event);
  rig.after(1s);
  EXPECT_EQ(rig.found(), "a c");
  EXPECT_EQ(rig.lists(), 1U);
  // The same with a proper end in the middle.
  rig.end_watch(ApiServer::event("ADDED", ApiServer::pod("d", "102")).substr(0, 30));
  rig.after(2s);
  rig.send(ApiServer::event("ADDED", ApiServer::pod("d", "102")));
  rig.after(1s);
  EXPECT_EQ(rig.found(), "a c d");
}

TEST(KubernetesWatch, what_waited_at_the_end_is_taken) {
  WatchRig rig;
  rig.end_watch(ApiServer::event("ADDED", ApiServer::pod("c", "101")));
  rig.after(1s);
  EXPECT_EQ(rig.found(), "a b c");
  EXPECT_EQ(ApiServer::parameter(rig.last_watch().url, "resourceVersion"), "101");
}

TEST(KubernetesWatch, gone_lists_anew_and_keeps_everything_until_then) {
  WatchRig rig;
  rig.after(1min);
  rig.objects[kPods] = {ApiServer::pod("b"), ApiServer::pod("x")};
  rig.version = 900;
  rig.delay = 20s;
  rig.send(ApiServer::event(
      "ERROR", R"({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"})"));
  rig.polled();
  EXPECT_EQ(rig.lists(), 2U);
  EXPECT_EQ(rig.found(), "a b");
  rig.after(20s);
  EXPECT_EQ(rig.found(), "b x");
  EXPECT_EQ(ApiServer::parameter(rig.last_watch().url, "resourceVersion"), "900");
}

TEST(KubernetesWatch, gone_as_a_status_lists_anew) {
  WatchRig rig;
  rig.after(1min);
  rig.instead = {{.status = 410, .body = R"({"kind": "Status", "message": "too old"})"}};
  rig.end_watch();
  rig.polled();   // The watch is asked for again and refused.
  rig.after(2s);  // At once after a list it would be a circle, so it waits.
  EXPECT_EQ(rig.lists(), 2U);
  EXPECT_EQ(rig.found(), "a b");
  EXPECT_EQ(rig.transport.in_flight(), 1U);
}

TEST(KubernetesWatch, gone_again_and_again_does_not_hammer_the_server) {
  WatchRig rig;
  const std::string gone = ApiServer::event("ERROR", R"({"code": 410, "message": "too old"})");
  const std::size_t before = rig.transport.sent().size();
  for (int i = 0; i < 600; ++i) {
    if (rig.transport.in_flight() > 0) rig.send(gone);
    rig.after(1s);
  }
  EXPECT_LT(rig.transport.sent().size() - before, 80U);
  EXPECT_EQ(rig.found(), "a b");
}

TEST(KubernetesWatch, too_many_requests_wait_as_long_as_told) {
  WatchRig rig;
  rig.after(1min);
  rig.instead = {{.status = 429, .retry_after = 30s}, {.status = 503, .retry_after = 70s}};
  rig.end_watch();
  rig.polled();
  EXPECT_NE(rig.discovery.trouble().find("429"), std::string::npos) << rig.discovery.trouble();
  const std::size_t sent = rig.transport.sent().size();
  rig.after(29s);
  EXPECT_EQ(rig.transport.sent().size(), sent);
  rig.after(1s);
  EXPECT_EQ(rig.transport.sent().size(), sent + 1);
  rig.after(69s);
  EXPECT_EQ(rig.transport.sent().size(), sent + 1);
  rig.after(1s);
  EXPECT_EQ(rig.transport.sent().size(), sent + 2);
  EXPECT_EQ(rig.lists(), 1U);  // It goes on where it was.
  EXPECT_EQ(rig.found(), "a b");
  rig.send("");  // The server answers 200.
  rig.after(6s);
  EXPECT_EQ(rig.discovery.trouble(), "");
}

TEST(KubernetesWatch, garbage_lists_anew) {
  for (const std::string garbage : {"<html>\n", "{}\n", "{\"type\":\"ADDED\"}\n"}) {
    WatchRig rig;
    rig.objects[kPods] = {ApiServer::pod("c")};
    rig.send(garbage);
    rig.polled();
    EXPECT_NE(rig.discovery.trouble(), "");
    EXPECT_EQ(rig.found(), "a b");
    rig.after(3s);
    EXPECT_EQ(rig.found(), "c");
    EXPECT_EQ(rig.lists(), 2U);
  }
}

TEST(KubernetesWatch, an_event_without_an_end_is_given_up) {
  WatchRig rig;
  const std::string piece(1U << 20U, 'x');
  for (std::size_t i = 0; i <= KubernetesWatch::kEventBytesMax >> 20U; ++i) {
    rig.send(piece);
    rig.polled();
  }
  EXPECT_NE(rig.discovery.trouble().find("too long"), std::string::npos);
  rig.after(3s);
  EXPECT_EQ(rig.lists(), 2U);
}

TEST(KubernetesWatch, a_silent_watch_is_given_up_after_its_time) {
  WatchRig rig;
  rig.after(11min);
  EXPECT_EQ(rig.watches(), 2U);
  EXPECT_EQ(rig.transport.in_flight(), 1U);
  EXPECT_EQ(rig.lists(), 1U);
}

TEST(KubernetesWatch, ten_thousand_pods_come_in_pages) {
  ApiServer server;
  for (int i = 0; i < 10'000; ++i)
    server.objects[kPods].push_back(ApiServer::pod("pod-" + std::to_string(100'000 + i)));
  server.delay = 5s;  // Each page.
  KubernetesDiscovery discovery(all_pods(), "k8s", server.world);
  server.poll(discovery);
  for (int page = 0; page < 19; ++page) {
    EXPECT_FALSE(server.advance(discovery, 5s));
    EXPECT_FALSE(discovery.knows());
  }
  // In the middle the server has no time, then the same page is asked for again.
  server.delay = 0s;
  server.instead = {{.status = 429, .retry_after = 10s}};
  EXPECT_TRUE(server.advance(discovery, 5s));
  EXPECT_TRUE(discovery.knows());
  EXPECT_EQ(discovery.targets().size(), 10'000U);
  EXPECT_EQ(server.lists(), 20U);
  EXPECT_LT(server.largest_page_bytes, 200U << 10U);
}

TEST(KubernetesWatch, a_page_that_is_refused_is_asked_for_again) {
  ApiServer server;
  for (int i = 0; i < 1'200; ++i)
    server.objects[kPods].push_back(ApiServer::pod("pod-" + std::to_string(10'000 + i)));
  server.delay = 1s;
  KubernetesDiscovery discovery(all_pods(), "k8s", server.world);
  server.poll(discovery);
  server.instead = {{.status = 429, .retry_after = 10s}};
  server.advance(discovery, 1s);
  server.advance(discovery, 9s);
  EXPECT_EQ(server.lists(), 2U);
  server.advance(discovery, 1s);
  EXPECT_EQ(ApiServer::parameter(server.transport.sent().back().url, "continue"), "500");
  server.advance(discovery, 1s);
  server.advance(discovery, 1s);
  EXPECT_EQ(discovery.targets().size(), 1'200U);
}

TEST(KubernetesWatch, an_expired_page_token_begins_the_list_anew) {
  ApiServer server;
  for (int i = 0; i < 600; ++i)
    server.objects[kPods].push_back(ApiServer::pod("old-" + std::to_string(i)));
  server.delay = 1s;
  KubernetesDiscovery discovery(all_pods(), "k8s", server.world);
  server.poll(discovery);
  // https://kubernetes.io/docs/reference/using-api/api-concepts/: a token expires after a while.
  server.instead = {{.status = 410, .body = R"({"kind": "Status", "message": "expired"})"}};
  server.advance(discovery, 1s);
  server.objects[kPods] = {ApiServer::pod("new")};
  server.delay = 0s;
  server.advance(discovery, 3s);
  EXPECT_EQ(addresses(discovery), "new");
}

TEST(KubernetesWatch, a_refusal_is_told_in_the_servers_words) {
  ApiServer server;
  server.instead = {
      {.status = 403, .body = R"({"kind": "Status", "message": "pods is forbidden: no RBAC"})"}};
  KubernetesDiscovery discovery(all_pods(), "k8s", server.world);
  server.poll(discovery);
  EXPECT_EQ(discovery.trouble(), "the API server answers 403: pods is forbidden: no RBAC");
  EXPECT_FALSE(discovery.knows());
  server.objects[kPods] = {ApiServer::pod("a")};
  server.advance(discovery, 3s);
  EXPECT_EQ(addresses(discovery), "a");
  EXPECT_EQ(discovery.trouble(), "");
}

}  // namespace
}  // namespace tailrace::discovery
