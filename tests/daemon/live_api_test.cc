// Routes below /tailrace/ and the guards before them.
#include "daemon/live_api.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::daemon {
namespace {

class LiveApiTest : public ::testing::Test {
 protected:
  LiveApiTest() {
    for (const char* method : {"GET", "POST"}) {
      api_.add({method, "/tailrace/api/v1/x", LiveShows::kLines,
                [method](const http::ServerRequest& request) {
                  return json_response(std::string(method) + request.body);
                }});
    }
    api_.add({"GET", "/tailrace/state", LiveShows::kState,
              [](const http::ServerRequest&) { return json_response("state"); }});
  }

  static http::ServerRequest request(const std::string& path, const std::string& method = "GET") {
    http::ServerRequest request;
    request.method = method;
    request.path = path;
    request.headers = {{"host", "localhost"}, {"content-type", "application/json"}};
    request.peer = "127.0.0.1";
    return request;
  }
  // Status and body; 0 when the path is somebody else's.
  std::string answer(const http::ServerRequest& request) const {
    const auto response = api_.handle(request);
    if (!response) return "0";
    EXPECT_EQ(response->headers.at("Cache-Control"), "no-store");
    return std::to_string(response->status) + " " + response->body;
  }

  LiveApi api_{{.path_prefix = "/p", .guard = {.hosts = {}, .remote = true}}};
};

TEST_F(LiveApiTest, finds_the_route_of_path_and_method) {
  EXPECT_EQ(answer(request("/p/tailrace/api/v1/x")), "200 GET");
  EXPECT_EQ(answer(request("/p/tailrace/api/v1/x", "HEAD")), "200 GET");
  EXPECT_EQ(answer(request("/p/tailrace/api/v1/x", "POST")), "200 POST");
  EXPECT_EQ(answer(request("/p/tailrace/state")), "200 state");
}

TEST_F(LiveApiTest, says_what_is_not_there) {
  EXPECT_EQ(answer(request("/p/tailrace/y")), "404 {\"error\":\"there is no such path\"}\n");
  EXPECT_EQ(answer(request("/p/tailrace/state", "POST")),
            "405 {\"error\":\"this path does not know the method POST\"}\n");
  for (const char* path : {"/tailrace/state", "/p/targets", "/p/tailrace", "/p", "/", ""})
    EXPECT_EQ(answer(request(path)), "0") << path;
}

TEST_F(LiveApiTest, the_local_socket_needs_no_prefix) {
  http::ServerRequest local = request("/tailrace/state");
  local.via = http::Via::kLocalSocket;
  EXPECT_EQ(answer(local), "200 state");
  local.path = "/p/tailrace/state";
  EXPECT_EQ(answer(local), "200 state");
  local.path = "/targets";
  EXPECT_EQ(answer(local), "0");
}

TEST_F(LiveApiTest, guards_every_path) {
  http::ServerRequest other = request("/p/tailrace/api/v1/x");
  other.headers["host"] = "evil.example";
  EXPECT_TRUE(answer(other).starts_with("403 {\"error\":\"the host name "));
  other.path = "/p/tailrace/y";
  EXPECT_TRUE(answer(other).starts_with("403 "));
  http::ServerRequest remote = request("/p/tailrace/api/v1/x");
  remote.peer = "10.0.0.2";
  EXPECT_TRUE(answer(remote).starts_with("403 {\"error\":\"lines are for this machine only"));
  remote.path = "/p/tailrace/state";
  EXPECT_EQ(answer(remote), "200 state");
}

TEST_F(LiveApiTest, reads_bodies_of_posts_that_get_an_answer) {
  EXPECT_EQ(api_.body_bytes_max(request("/p/tailrace/api/v1/x", "POST")), LiveApi::kBodyBytesMax);
  EXPECT_EQ(api_.body_bytes_max(request("/p/tailrace/api/v1/x")), 0U);
  EXPECT_EQ(api_.body_bytes_max(request("/p/tailrace/state", "POST")), 0U);
  EXPECT_EQ(api_.body_bytes_max(request("/p/reload", "POST")), 0U);
  http::ServerRequest other = request("/p/tailrace/api/v1/x", "POST");
  other.headers["origin"] = "http://evil.example";
  EXPECT_EQ(api_.body_bytes_max(other), 0U);
}

TEST(JsonError, replaces_what_is_no_utf8) {
  const http::ServerResponse response = json_error(400, "a\"\xff");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, "{\"error\":\"a\\\"\xEF\xBF\xBD\"}\n");
  EXPECT_EQ(response.content_type, "application/json; charset=utf-8");
}

}  // namespace
}  // namespace tailrace::daemon
