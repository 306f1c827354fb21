// Requests to real servers on loopback, over HTTP; the TLS half is curl_transport_tls_test.cc.
#include "http/curl_transport.h"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/mutex.h"
#include "http/microhttpd_server.h"
#include "tests/http/transport_rig.h"
#include "tests/support/deflate_text.h"
#include "tests/support/http_peer.h"

namespace tailrace::http {
namespace {

using tailrace::testing::http_answer;
using tailrace::testing::HttpPeer;

// Keeps the requests that a peer got.
class Requests {
 public:
  void add(std::string request) {
    const MutexLock lock(mutex_);
    requests_.push_back(std::move(request));
  }
  std::vector<std::string> all() const {
    const MutexLock lock(mutex_);
    return requests_;
  }
  std::string last() const {
    const std::vector<std::string> requests = all();
    return requests.empty() ? "" : requests.back();
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> requests_ TAILRACE_GUARDED_BY(mutex_);
};

// A socket that is bound; listening, it takes connections and never says a word.
class SilentSocket {
 public:
  enum class Mode { kListening, kRefusing };
  explicit SilentSocket(Mode mode) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    EXPECT_EQ(bind(descriptor_, reinterpret_cast<sockaddr*>(&address), bytes), 0);
    EXPECT_EQ(getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &bytes), 0);
    port_ = ntohs(address.sin_port);
    if (mode == Mode::kListening) {
      EXPECT_EQ(listen(descriptor_, 8), 0);
    }
  }
  ~SilentSocket() { close(descriptor_); }
  SilentSocket(const SilentSocket&) = delete;
  SilentSocket& operator=(const SilentSocket&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  const int descriptor_;
  std::uint16_t port_ = 0;
};

class CurlTransportTest : public TransportRig {
 protected:
  // A peer that keeps what it gets and always answers the same.
  std::unique_ptr<HttpPeer> peer_answering(const std::string& answer) {
    return std::make_unique<HttpPeer>([this, answer](const HttpPeer::Received& received) {
      requests_.add(received.request);
      return answer;
    });
  }

  Requests requests_;
};

TEST_F(CurlTransportTest, sends_the_parts_of_a_body_joined_and_whole) {
  std::string large;
  while (large.size() < 3'000'000)
    large += std::to_string(large.size()) + ",";
  const std::vector<std::string_view> parts = {"first", "", large, "x", std::string_view("\0\n", 2),
                                               ""};
  std::string whole;
  for (const std::string_view part : parts)
    whole += part;
  std::string got;
  std::string length;
  Mutex mutex;
  MicrohttpdServer::Options options;
  options.address = "127.0.0.1";
  options.body_bytes_max = 8U << 20U;
  auto server = MicrohttpdServer::create(options, [&](const ServerRequest& request) {
    const MutexLock lock(mutex);
    got = request.body;
    length = request.headers.at("content-length");
    return ServerResponse{.status = 204, .content_type = {}, .body = {}, .headers = {}};
  });
  ASSERT_TRUE(server);
  const Response response = perform(post(url_of((*server)->port(), "/push"), parts));
  EXPECT_EQ(response.status, 204) << response.error;
  const MutexLock lock(mutex);
  EXPECT_TRUE(got == whole);
  EXPECT_EQ(length, std::to_string(whole.size()));
}

TEST_F(CurlTransportTest, sends_the_headers_it_is_given_and_no_expectation) {
  const auto peer = peer_answering(http_answer("200 OK", ""));
  const std::string body(2'000'000, 'x');  // Large enough for curl to ask first.
  Request request = post(url_of(peer->port(), "/a/b?c=d"), {body});
  request.headers = {{"Content-Type", "application/x-protobuf"},
                     {"User-Agent", "tailrace/1"},
                     {"X-Empty", ""},
                     {"X-Scope-OrgID", "tenant 7"}};
  EXPECT_EQ(perform(request).status, 200);
  const std::string head = requests_.last().substr(0, requests_.last().find("\r\n\r\n") + 2);
  EXPECT_TRUE(head.starts_with("POST /a/b?c=d HTTP/1.1\r\n")) << head;
  EXPECT_NE(head.find("\r\nHost: 127.0.0.1:" + std::to_string(peer->port()) + "\r\n"),
            std::string::npos);
  for (const char* line : {"Content-Type: application/x-protobuf", "User-Agent: tailrace/1",
                           "X-Empty:", "X-Scope-OrgID: tenant 7", "Content-Length: 2000000"}) {
    EXPECT_NE(head.find("\r\n" + std::string(line) + "\r\n"), std::string::npos) << line << head;
  }
  EXPECT_EQ(head.find("Expect"), std::string::npos);
  EXPECT_EQ(head.find("Authorization"), std::string::npos);
}

TEST_F(CurlTransportTest, an_empty_body_is_sent_as_such) {
  const auto peer = peer_answering(http_answer("200 OK", ""));
  EXPECT_EQ(perform(post(url_of(peer->port()), {})).status, 200);
  EXPECT_NE(requests_.last().find("Content-Length: 0\r\n"), std::string::npos);
}

TEST_F(CurlTransportTest, gets_what_is_asked_for_with_get) {
  const auto peer = peer_answering(http_answer("200 OK", "here"));
  EXPECT_EQ(perform(get(url_of(peer->port(), "/x"))).body, "here");
  EXPECT_TRUE(requests_.last().starts_with("GET /x HTTP/1.1\r\n"));
}

TEST_F(CurlTransportTest, reports_status_and_words_of_an_answer) {
  const auto peer = peer_answering(http_answer("429 Too Many Requests", "slow down",
                                               "Content-Type: text/plain; charset=utf-8\r\n"
                                               "Retry-After: 17\r\n"));
  const Response response = perform(post(url_of(peer->port()), {"x"}));
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.error, "");
  EXPECT_EQ(response.body, "slow down");
  EXPECT_EQ(response.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(response.retry_after, std::chrono::seconds(17));
}

TEST_F(CurlTransportTest, gives_the_header_that_is_wanted) {
  const auto peer = peer_answering(http_answer("200 OK", "", "x-consul-index:  17 \r\n"));
  Request request = get(url_of(peer->port(), "/"));
  EXPECT_EQ(perform(request).wanted_header, "");
  request.wanted_header = "X-Consul-Index";
  EXPECT_EQ(perform(request).wanted_header, "17");
  request.wanted_header = "X-Other";
  EXPECT_EQ(perform(request).wanted_header, "");
}

TEST_F(CurlTransportTest, an_answer_leaves_nothing_behind_for_the_next) {
  const auto first = peer_answering(http_answer("500 Internal Server Error", "trouble",
                                                "Content-Type: a/b\r\nRetry-After: 17\r\n"));
  const auto second = peer_answering("HTTP/1.1 204 No Content\r\n\r\n");
  Request request = post(url_of(first->port()), {"x"});
  request.basic_auth = "a:b";
  EXPECT_EQ(perform(request).status, 500);
  const Response response = perform(post(url_of(second->port()), {"y"}));
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(response.content_type, "");
  EXPECT_EQ(response.retry_after, std::chrono::seconds(0));
  EXPECT_EQ(requests_.last().find("Authorization"), std::string::npos);
}

TEST_F(CurlTransportTest, keeps_the_first_64_kib_of_an_answer) {
  const std::string body(200'000, 'b');
  const auto peer = peer_answering(http_answer("400 Bad Request", "a" + body));
  const Response response = perform(get(url_of(peer->port())));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, ("a" + body).substr(0, 64U << 10U));
}

TEST_F(CurlTransportTest, unpacks_gzip) {
  const auto peer = peer_answering(
      http_answer("200 OK", testing::deflate_text("packed", 31), "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(perform(get(url_of(peer->port()))).body, "packed");
  EXPECT_NE(requests_.last().find("\r\nAccept-Encoding: gzip\r\n"), std::string::npos);
}

TEST_F(CurlTransportTest, a_redirect_gets_the_body_again) {
  const HttpPeer peer([this](const HttpPeer::Received& received) {
    requests_.add(received.request);
    if (received.request.starts_with("POST /old")) {
      return http_answer("307 Temporary Redirect", "", "Location: /new\r\n");
    }
    return http_answer("204 No Content", "");
  });
  const Response response = perform(post(url_of(peer.port(), "/old"), {"ab", "cd"}));
  EXPECT_EQ(response.status, 204);
  const std::vector<std::string> requests = requests_.all();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_TRUE(requests[0].ends_with("\r\n\r\nabcd"));
  EXPECT_TRUE(requests[1].starts_with("POST /new HTTP/1.1\r\n"));
  EXPECT_TRUE(requests[1].ends_with("\r\n\r\nabcd"));
}

TEST_F(CurlTransportTest, redirects_without_end_are_given_up) {
  const auto peer =
      peer_answering(http_answer("307 Temporary Redirect", "", "Location: /again\r\n"));
  const Response response = perform(post(url_of(peer->port(), "/"), {"x"}));
  EXPECT_EQ(response.status, 0);
  EXPECT_NE(response.error, "");
  EXPECT_EQ(requests_.all().size(), 11U);
}

TEST_F(CurlTransportTest, a_redirect_is_an_answer_when_it_is_not_to_be_followed) {
  const auto peer = peer_answering(http_answer("307 Temporary Redirect", "", "Location: /new\r\n"));
  EndpointOptions options;
  options.follow_redirects = false;
  EXPECT_EQ(perform(post(url_of(peer->port()), {"x"}), options).status, 307);
  EXPECT_EQ(requests_.all().size(), 1U);
}

TEST_F(CurlTransportTest, gives_up_after_the_timeout) {
  const SilentSocket silent(SilentSocket::Mode::kListening);
  Request request = post(url_of(silent.port()), {"x"});
  for (const auto timeout : {std::chrono::milliseconds(50), std::chrono::milliseconds(0)}) {
    request.timeout = timeout;
    const SteadyTime begin = clock_.steady_now();
    const Response response = perform(request);
    EXPECT_EQ(response.status, 0);
    EXPECT_NE(response.error.find("time"), std::string::npos) << response.error;
    EXPECT_GE(clock_.steady_now() - begin, timeout);
    EXPECT_LT(clock_.steady_now() - begin, std::chrono::seconds(5));
  }
}

TEST_F(CurlTransportTest, a_refused_connection_is_no_answer) {
  const SilentSocket refusing(SilentSocket::Mode::kRefusing);
  const Response response = perform(post(url_of(refusing.port()), {"x"}));
  EXPECT_EQ(response.status, 0);
  EXPECT_NE(response.error.find("127.0.0.1"), std::string::npos) << response.error;
}

TEST_F(CurlTransportTest, what_is_no_http_is_no_answer) {
  for (const char* url : {"", "file:///etc/hosts", "ftp://127.0.0.1/x", "http://127.0.0.1:x/"}) {
    const Response response = perform(get(url));
    EXPECT_EQ(response.status, 0) << url;
    EXPECT_NE(response.error, "") << url;
  }
}

TEST_F(CurlTransportTest, an_answer_that_breaks_off_is_no_answer) {
  const HttpPeer peer([](const HttpPeer::Received&) { return std::string(); });
  const Response response = perform(post(url_of(peer.port()), {"x"}));
  EXPECT_EQ(response.status, 0);
  EXPECT_NE(response.error, "");
}

TEST_F(CurlTransportTest, a_cancelled_request_never_completes) {
  const SilentSocket silent(SilentSocket::Mode::kListening);
  const auto peer = peer_answering(http_answer("200 OK", ""));
  const int endpoint = transport_->add_endpoint({});
  Request request = post(url_of(silent.port()), {"x"});
  request.timeout = std::chrono::milliseconds(50);
  transport_->submit(endpoint, 1, request);
  transport_->cancel(1);
  transport_->cancel(1);
  transport_->submit(endpoint, 2, get(url_of(peer->port())));
  std::vector<Completion> done = complete(endpoint, 1);
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].tag, 2U);
  // Beyond the timeout of the first, which would have been told by now.
  request.timeout = std::chrono::milliseconds(100);
  transport_->submit(endpoint, 3, request);
  done = complete(endpoint, 1);
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].tag, 3U);
}

TEST_F(CurlTransportTest, a_completion_not_yet_taken_can_be_cancelled) {
  const auto peer = peer_answering(http_answer("200 OK", ""));
  const int one = transport_->add_endpoint({});
  const int other = transport_->add_endpoint({});
  transport_->submit(one, 1, get(url_of(peer->port())));
  transport_->submit(one, 2, get(url_of(peer->port())));
  while (requests_.all().size() < 2) {
    EXPECT_TRUE(transport_->take_completions(other).empty());
    EXPECT_TRUE(loop_->wait(clock_, transport_->next_deadline()));
  }
  // The peer has answered; a third request is a sure sign that the first two are through.
  transport_->submit(other, 3, get(url_of(peer->port())));
  EXPECT_EQ(complete(other, 1).size(), 1U);
  transport_->cancel(1);
  const std::vector<Completion> done = complete(one, 1);
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].tag, 2U);
  EXPECT_TRUE(transport_->take_completions(one).empty());
}

TEST_F(CurlTransportTest, completions_go_to_the_endpoint_of_their_request) {
  const auto peer = peer_answering(http_answer("200 OK", ""));
  const int first = transport_->add_endpoint({});
  const int second = transport_->add_endpoint({});
  EXPECT_NE(first, second);
  for (RequestTag tag = 1; tag <= 6; ++tag)
    transport_->submit(tag % 2 == 0 ? second : first, tag, get(url_of(peer->port())));
  for (const Completion& done : complete(second, 3))
    EXPECT_EQ(done.tag % 2, 0U);
  for (const Completion& done : complete(first, 3))
    EXPECT_EQ(done.tag % 2, 1U);
  EXPECT_TRUE(transport_->take_completions(first).empty());
}

TEST_F(CurlTransportTest, a_removed_endpoint_gives_its_requests_up) {
  const SilentSocket silent(SilentSocket::Mode::kListening);
  const int endpoint = transport_->add_endpoint({});
  Request request = post(url_of(silent.port()), {"x"});
  request.timeout = std::chrono::milliseconds(20);
  transport_->submit(endpoint, 1, request);
  transport_->remove_endpoint(endpoint);
  request.timeout = std::chrono::milliseconds(60);
  EXPECT_EQ(perform(request).status, 0);
  EXPECT_TRUE(transport_->take_completions(endpoint).empty());
}

TEST_F(CurlTransportTest, a_transport_may_go_with_requests_in_flight) {
  const SilentSocket silent(SilentSocket::Mode::kListening);
  const int endpoint = transport_->add_endpoint({});
  transport_->submit(endpoint, 1, post(url_of(silent.port()), {"x"}));
  EXPECT_TRUE(transport_->take_completions(endpoint).empty());  // Connects.
  transport_.reset();
  // The loop watches nothing of it any more.
  EXPECT_TRUE(loop_->wait(clock_, clock_.steady_now()));
}

TEST_F(CurlTransportTest, sends_credentials_for_basic_authentication) {
  const auto peer = peer_answering(http_answer("200 OK", ""));
  Request request = get(url_of(peer->port()));
  request.basic_auth = "user:pass:word";
  EXPECT_EQ(perform(request).status, 200);
  EXPECT_NE(requests_.last().find("\r\nAuthorization: Basic dXNlcjpwYXNzOndvcmQ=\r\n"),
            std::string::npos);
}

TEST_F(CurlTransportTest, requests_one_after_the_other_share_a_connection) {
  std::atomic<int> connections = 0;
  const HttpPeer peer([&connections](const HttpPeer::Received& received) {
    connections = std::max<int>(connections, received.connection);
    return http_answer("204 No Content", "");
  });
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(perform(post(url_of(peer.port()), {"body"})).status, 204);
  }
  EXPECT_EQ(connections, 1);
}

TEST_F(CurlTransportTest, a_kept_connection_that_was_closed_is_replaced) {
  const HttpPeer peer([this](const HttpPeer::Received& received) {
    const std::string name = std::to_string(received.connection);
    if (received.request.ends_with("close")) {
      return http_answer("200 OK", name, "Connection: close\r\n");
    }
    // Kept open by its answer, but the second request on it gets none.
    requests_.add(name);
    const std::vector<std::string> all = requests_.all();
    const auto served = std::count(all.begin(), all.end(), name);
    return served > 1 ? std::string() : http_answer("200 OK", name);
  });
  EXPECT_EQ(perform(post(url_of(peer.port()), {"a"})).body, "1");
  EXPECT_EQ(perform(post(url_of(peer.port()), {"b"})).body, "2");
}

TEST_F(CurlTransportTest, goes_through_the_proxy) {
  const auto proxy = peer_answering(http_answer("200 OK", "by the proxy"));
  EndpointOptions options;
  options.proxy_url = "http://127.0.0.1:" + std::to_string(proxy->port());
  options.proxy_headers = {{"X-Proxy", "yes"}};
  EXPECT_EQ(perform(get("http://loki.example:3100/push"), options).body, "by the proxy");
  EXPECT_TRUE(requests_.last().starts_with("GET http://loki.example:3100/push HTTP/1.1\r\n"));
}

TEST_F(CurlTransportTest, asks_the_proxy_for_a_tunnel_with_its_headers) {
  const auto proxy = peer_answering(http_answer("403 Forbidden", ""));
  EndpointOptions options;
  options.proxy_url = "http://127.0.0.1:" + std::to_string(proxy->port());
  options.proxy_headers = {{"X-Proxy", "yes"}};
  Request request = post("https://loki.example/push", {"x"});
  request.headers = {{"X-Secret", "for the server only"}};
  EXPECT_EQ(perform(request, options).status, 0);
  EXPECT_TRUE(requests_.last().starts_with("CONNECT loki.example:443 HTTP/1.1\r\n"));
  EXPECT_NE(requests_.last().find("\r\nX-Proxy: yes\r\n"), std::string::npos);
  EXPECT_EQ(requests_.last().find("X-Secret"), std::string::npos);
}

TEST_F(CurlTransportTest, hosts_without_proxy_are_reached_directly) {
  const auto peer = peer_answering(http_answer("200 OK", "direct"));
  const SilentSocket refusing(SilentSocket::Mode::kRefusing);
  EndpointOptions options;
  options.proxy_url = "http://127.0.0.1:" + std::to_string(refusing.port());
  EXPECT_EQ(perform(get(url_of(peer->port())), options).status, 0);
  options.no_proxy = "example.org,127.0.0.1";
  EXPECT_EQ(perform(get(url_of(peer->port())), options).body, "direct");
}

TEST_F(CurlTransportTest, the_environment_names_a_proxy_only_when_asked) {
  const auto peer = peer_answering(http_answer("200 OK", "direct"));
  const auto proxy = peer_answering(http_answer("200 OK", "by the proxy"));
  ASSERT_EQ(setenv("http_proxy", ("http://127.0.0.1:" + std::to_string(proxy->port())).c_str(), 1),
            0);
  ASSERT_EQ(unsetenv("no_proxy"), 0);
  ASSERT_EQ(unsetenv("NO_PROXY"), 0);
  EndpointOptions options;
  EXPECT_EQ(perform(get(url_of(peer->port())), options).body, "direct");
  options.proxy_from_environment = true;
  EXPECT_EQ(perform(get(url_of(peer->port())), options).body, "by the proxy");
  unsetenv("http_proxy");
}

// ---- Streams and long answers. ----

TEST_F(TransportRig, a_stream_is_taken_while_it_goes_on) {
  // More than may wait at once: the connection is paused until somebody takes what came.
  const std::string body(3 * Transport::kStreamBytesMax + 7, 'x');
  HttpPeer peer([&](const HttpPeer::Received&) { return http_answer("200 OK", body); });
  const int endpoint = transport_->add_endpoint({});
  Request request = get(url_of(peer.port()));
  request.answer = Request::Answer::kStream;
  transport_->submit(endpoint, 5, request);
  std::string taken;
  std::size_t largest = 0;
  std::vector<Completion> done;
  const SteadyTime limit = clock_.steady_now() + std::chrono::seconds(20);
  while (done.empty() && clock_.steady_now() < limit) {
    const StreamPart part = transport_->take_stream(5);
    if (!part.bytes.empty()) {
      EXPECT_EQ(part.status, 200);
    }
    largest = std::max(largest, part.bytes.size());
    taken += part.bytes;
    done = transport_->take_completions(endpoint);
    if (done.empty()) {
      EXPECT_TRUE(loop_->wait(clock_, std::min(limit, transport_->next_deadline())));
    }
  }
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].response.status, 200);
  EXPECT_TRUE(taken + done[0].response.body == body);
  EXPECT_GT(largest, 0U);
  EXPECT_LT(largest, 2 * Transport::kStreamBytesMax);
}

TEST_F(TransportRig, a_paused_stream_keeps_to_its_bound) {
  const std::string body(8 * Transport::kStreamBytesMax, 'x');
  HttpPeer peer([&](const HttpPeer::Received&) { return http_answer("200 OK", body); });
  const int endpoint = transport_->add_endpoint({});
  Request request = get(url_of(peer.port()));
  request.answer = Request::Answer::kStream;
  transport_->submit(endpoint, 5, request);
  const SteadyTime limit = clock_.steady_now() + std::chrono::milliseconds(300);
  while (clock_.steady_now() < limit) {
    EXPECT_TRUE(transport_->take_completions(endpoint).empty());
    EXPECT_TRUE(loop_->wait(clock_, std::min(limit, transport_->next_deadline())));
  }
  const std::size_t waiting = transport_->take_stream(5).bytes.size();
  EXPECT_GE(waiting, Transport::kStreamBytesMax);
  EXPECT_LT(waiting, 2 * Transport::kStreamBytesMax);
  transport_->cancel(5);
  EXPECT_EQ(transport_->take_stream(5).status, 0);
}

TEST_F(TransportRig, an_answer_longer_than_asked_for_is_a_failure) {
  HttpPeer peer([](const HttpPeer::Received&) { return http_answer("200 OK", "0123456789"); });
  Request request = get(url_of(peer.port()));
  request.body_bytes_max = 10;
  EXPECT_EQ(perform(request).body, "0123456789");
  request.body_bytes_max = 9;
  const Response response = perform(request);
  EXPECT_EQ(response.status, 0);
  EXPECT_EQ(response.error, "the answer is longer than 9 bytes");
}

}  // namespace
}  // namespace tailrace::http
