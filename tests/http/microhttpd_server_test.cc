// What the handler gets of a request, and what a client gets of its answer.
#include "http/microhttpd_server.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <iterator>
#include <thread>

#include <netinet/in.h>

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

  static int connect_to(std::uint16_t port) {
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return client;
  }
  // Sends a request but for three bytes of its body, and waits until the server has begun it.
  static bool begins_a_request(int client) {
    const std::string text =
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    if (write(client, text.data(), text.size()) != static_cast<ssize_t>(text.size())) return false;
    std::string got(25, '\0');
    return read(client, got.data(), got.size()) == 25 && got == "HTTP/1.1 100 Continue\r\n\r\n";
  }
  // Sends `text` and reads until the server closes, within 15 seconds.
  static bool is_closed_soon(int client, const std::string& text) {
    EXPECT_EQ(write(client, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    const timeval patience{.tv_sec = 15, .tv_usec = 0};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string buffer(4096, '\0');
    ssize_t size = 0;
    do {
      size = read(client, buffer.data(), buffer.size());
    } while (size > 0);
    close(client);
    return size == 0;
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

TEST_F(MicrohttpdServerTest, keeps_nothing_of_bodies_that_nobody_reads) {
  options_.body_bytes_max = 0;
  start();
  EXPECT_EQ(perform(post(url_of(server_->port()), {std::string(3U << 20U, 'x')})).status, 200);
  EXPECT_EQ(request().method, "POST");
  EXPECT_EQ(request().body, "");
  EXPECT_EQ(requests(), 1);
}

TEST_F(MicrohttpdServerTest, answers_before_a_body_that_it_shall_not_read) {
  options_.reads_body = [](const ServerRequest& request) {
    return request.headers.contains("x-name") && request.path == "/a" && request.method == "POST" &&
           request.peer == "127.0.0.1" && request.query.contains("q");
  };
  answer_.status = 401;
  start();
  // It waits for an answer before its body, and the body never comes.
  const int client = connect_to(server_->port());
  const std::string text = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";
  ASSERT_EQ(write(client, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  std::string got(12, '\0');
  ASSERT_EQ(read(client, got.data(), got.size()), 12);
  EXPECT_EQ(got, "HTTP/1.1 401");
  EXPECT_TRUE(is_closed_soon(client, ""));
  Request admitted = post(url_of(server_->port(), "/a?q=1"), {"body"});
  admitted.headers = {{"X-Name", "me"}};
  EXPECT_EQ(perform(admitted).status, 401);
  EXPECT_EQ(request().body, "body");
  EXPECT_EQ(requests(), 2);
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

TEST_F(MicrohttpdServerTest, listens_on_one_kind_of_address_when_it_is_told_so) {
  options_.address = "";
  options_.network = MicrohttpdServer::Network::kIpv4;
  start();
  const std::string port = std::to_string(server_->port());
  EXPECT_EQ(perform(get("http://127.0.0.1:" + port + "/")).status, 200);
  EXPECT_EQ(perform(get("http://[::1]:" + port + "/")).status, 0);
  server_.reset();
  options_.network = MicrohttpdServer::Network::kIpv6;
  auto server =
      MicrohttpdServer::create(options_, [](const ServerRequest&) { return ServerResponse{}; });
  if (!server) GTEST_SKIP() << "no IPv6 here";
  const std::string other = std::to_string((*server)->port());
  EXPECT_EQ(perform(get("http://127.0.0.1:" + other + "/")).status, 0);
}

TEST_F(MicrohttpdServerTest, closes_a_connection_that_says_nothing) {
  // Each of the times alone: silence before the header, within the request, between requests.
  options_.read_header_timeout = std::chrono::milliseconds(1);  // A second: whole ones are counted.
  options_.read_timeout = std::chrono::seconds(60);
  start();
  const int silent = connect_to(server_->port());
  EXPECT_TRUE(is_closed_soon(silent, ""));
  options_.read_header_timeout = std::chrono::seconds(60);
  options_.read_timeout = std::chrono::seconds(1);
  start();
  const int half = connect_to(server_->port());
  EXPECT_TRUE(is_closed_soon(half, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"));
  options_.read_timeout = std::chrono::seconds(60);
  options_.idle_timeout = std::chrono::seconds(1);
  start();
  const int idle = connect_to(server_->port());
  EXPECT_TRUE(is_closed_soon(idle, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(requests(), 1);
}

TEST_F(MicrohttpdServerTest, its_end_lets_answers_out_that_are_on_their_way) {
  options_.shutdown_timeout = std::chrono::seconds(60);
  answer_.body = std::string(8U << 20U, 'x');  // More than a socket takes at once.
  start();
  const int client = connect_to(server_->port());
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_EQ(write(client, request.data(), request.size()), static_cast<ssize_t>(request.size()));
  std::string got(1, '\0');
  ASSERT_EQ(read(client, got.data(), 1), 1);
  std::thread end([this] { server_.reset(); });
  std::string buffer(65536, '\0');
  std::size_t bytes = 1;
  while (bytes < answer_.body.size()) {
    const ssize_t size = read(client, buffer.data(), buffer.size());
    if (size <= 0) break;
    bytes += static_cast<std::size_t>(size);
  }
  EXPECT_GE(bytes, answer_.body.size());
  close(client);
  end.join();
}

TEST_F(MicrohttpdServerTest, its_end_does_not_wait_for_requests_beyond_its_time) {
  options_.shutdown_timeout = std::chrono::milliseconds(50);
  start();
  const int client = connect_to(server_->port());
  ASSERT_TRUE(begins_a_request(client));
  server_.reset();
  EXPECT_TRUE(is_closed_soon(client, ""));
  EXPECT_EQ(requests(), 0);
}

TEST_F(MicrohttpdServerTest, its_end_takes_no_new_request) {
  options_.shutdown_timeout = std::chrono::seconds(60);
  start();
  const int open = connect_to(server_->port());
  ASSERT_TRUE(begins_a_request(open));
  const int kept = connect_to(server_->port());
  ASSERT_TRUE(begins_a_request(kept));
  const std::uint16_t port = server_->port();
  std::thread end([this] { server_.reset(); });
  // When nobody listens any more, the end has begun; what is open is answered, and was the last.
  while (perform(get(url_of(port))).status != 0) {
  }
  EXPECT_TRUE(is_closed_soon(kept, "123"));
  EXPECT_TRUE(is_closed_soon(open, "123GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  end.join();
  const MutexLock lock(mutex_);
  EXPECT_EQ(request_.method, "POST");
}

TEST_F(MicrohttpdServerTest, open_connections_are_counted) {
  MetricValue connections;
  options_.connections = &connections;
  start();
  EXPECT_EQ(connections.value(), 0);
  EXPECT_EQ(perform(get(url_of(server_->port()))).status, 200);
  EXPECT_EQ(connections.value(), 1);  // It is kept.
  server_.reset();
  EXPECT_EQ(connections.value(), 0);
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
  options_.tls.cert = "no certificate";
  options_.tls.key = "no key";
  const std::size_t before = open_descriptors();
  const auto server = MicrohttpdServer::create(options_, {});
  ASSERT_FALSE(server);
  EXPECT_TRUE(server.error().message.starts_with("TLS of the server: ")) << server.error().message;
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
