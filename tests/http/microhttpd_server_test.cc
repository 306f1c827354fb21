// What the handler gets of a request, and what a client gets of its answer.
#include "http/microhttpd_server.h"

#include <filesystem>
#include <functional>
#include <iterator>

#include "base/mutex.h"
#include "tests/http/transport_rig.h"

namespace tailrace::http {
namespace {

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator open("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(open), end(open)));
}

class MicrohttpdServerTest : public TransportRig {
 protected:
  MicrohttpdServerTest() { options_.address = "127.0.0.1"; }

  // Starts a server that keeps the request and answers `answer_`.
  void start() {
    auto server = MicrohttpdServer::create(options_, [this](const ServerRequest& request) {
      const MutexLock lock(mutex_);
      request_ = request;
      ++requests_;
      return answer_;
    });
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  ServerRequest request() const {
    const MutexLock lock(mutex_);
    return request_;
  }
  int requests() const {
    const MutexLock lock(mutex_);
    return requests_;
  }

  MicrohttpdServer::Options options_;
  ServerResponse answer_;
  mutable Mutex mutex_;
  ServerRequest request_ TAILRACE_GUARDED_BY(mutex_);
  int requests_ TAILRACE_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<MicrohttpdServer> server_;  // Last: its thread uses what stands above.
};

TEST_F(MicrohttpdServerTest, hands_over_the_whole_request) {
  start();
  Request sent = post(url_of(server_->port(), "/a/b?x=1&y=two%20words&z"), {"body ", "parts"});
  sent.headers = {{"X-Mixed-Case", "Value"}};
  EXPECT_EQ(perform(sent).status, 200);
  const ServerRequest got = request();
  EXPECT_EQ(got.method, "POST");
  EXPECT_EQ(got.path, "/a/b");
  EXPECT_EQ(got.query,
            (std::map<std::string, std::string>{{"x", "1"}, {"y", "two words"}, {"z", ""}}));
  EXPECT_EQ(got.headers.at("x-mixed-case"), "Value");
  EXPECT_EQ(got.headers.count("X-Mixed-Case"), 0U);
  EXPECT_EQ(got.body, "body parts");
  EXPECT_EQ(got.peer, "127.0.0.1");
}

TEST_F(MicrohttpdServerTest, sends_the_answer_as_it_is) {
  answer_.status = 418;
  answer_.content_type = "text/html";
  answer_.body = "<p>teapot";
  answer_.headers = {{"Retry-After", "9"}};
  start();
  const Response response = perform(get(url_of(server_->port())));
  EXPECT_EQ(response.status, 418);
  EXPECT_EQ(response.content_type, "text/html");
  EXPECT_EQ(response.body, "<p>teapot");
  EXPECT_EQ(response.retry_after, std::chrono::seconds(9));
}

TEST_F(MicrohttpdServerTest, an_answer_without_content_has_no_type) {
  answer_.status = 204;
  start();
  const Response response = perform(get(url_of(server_->port())));
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.content_type, "");
}

TEST_F(MicrohttpdServerTest, refuses_bodies_that_are_too_large) {
  options_.body_bytes_max = 100'000;
  start();
  const std::string fits(100'000, 'x');
  EXPECT_EQ(perform(post(url_of(server_->port()), {fits})).status, 200);
  EXPECT_EQ(request().body, fits);
  const Response response = perform(post(url_of(server_->port()), {fits, "x"}));
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.body, "request body too large\n");
  EXPECT_EQ(requests(), 1);
}

TEST_F(MicrohttpdServerTest, serves_many_requests_on_many_connections) {
  start();
  const int endpoint = transport_->add_endpoint({});
  for (RequestTag tag = 1; tag <= 30; ++tag)
    transport_->submit(endpoint, tag, post(url_of(server_->port()), {"x"}));
  for (const Completion& done : complete(endpoint, 30))
    EXPECT_EQ(done.response.status, 200);
  EXPECT_EQ(requests(), 30);
}

TEST_F(MicrohttpdServerTest, listens_on_all_addresses_when_it_is_given_none) {
  options_.address = "";
  start();
  EXPECT_EQ(perform(get(url_of(server_->port()))).status, 200);
}

TEST_F(MicrohttpdServerTest, takes_no_more_connections_than_allowed) {
  options_.connections_max = 1;
  start();
  EXPECT_EQ(perform(get(url_of(server_->port()))).status, 200);  // Its connection is kept.
  auto other = CurlTransport::create(*loop_, clock_);
  ASSERT_TRUE(other);
  std::swap(transport_, *other);
  Request request = get(url_of(server_->port()));
  request.timeout = std::chrono::milliseconds(200);
  EXPECT_EQ(perform(request).status, 0);
}

TEST_F(MicrohttpdServerTest, a_port_in_use_is_an_error) {
  start();
  options_.port = server_->port();
  const auto second = MicrohttpdServer::create(options_, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EADDRINUSE);
  EXPECT_EQ(second.error().message,
            "listen on 127.0.0.1:" + std::to_string(options_.port) + ": Address already in use");
}

TEST_F(MicrohttpdServerTest, an_address_that_is_none_is_an_error) {
  options_.address = "256.1.1.1.";
  const auto server = MicrohttpdServer::create(options_, {});
  ASSERT_FALSE(server);
  EXPECT_TRUE(server.error().message.starts_with("listen on 256.1.1.1.:0: "));
}

TEST_F(MicrohttpdServerTest, a_certificate_that_is_none_is_an_error_and_leaves_nothing_open) {
  options_.tls_cert = "no certificate";
  options_.tls_key = "no key";
  const std::size_t before = open_descriptors();
  EXPECT_FALSE(MicrohttpdServer::create(options_, {}));
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(MicrohttpdServerTest, its_end_frees_the_port) {
  start();
  options_.port = server_->port();
  EXPECT_EQ(perform(get(url_of(server_->port()))).status, 200);
  server_.reset();
  EXPECT_EQ(perform(get(url_of(options_.port))).status, 0);
  start();
  EXPECT_EQ(perform(get(url_of(options_.port))).status, 200);
}

}  // namespace
}  // namespace tailrace::http
