// Requests of the server that are answered later, by another thread.
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <thread>

#include <netinet/in.h>

#include "base/mutex.h"
#include "http/microhttpd_server.h"
#include "tests/fakes/fake_clock.h"
#include "tests/http/transport_rig.h"

namespace tailrace::http {
namespace {

struct Taken {
  ServerRequest request;
  Responder responder;
};

class AsyncServerTest : public TransportRig {
 protected:
  AsyncServerTest() { options_.address = "127.0.0.1"; }

  void start() {
    auto server = MicrohttpdServer::create_async(
        options_, [this](ServerRequest&& request, Responder responder) {
          const MutexLock lock(mutex_);
          taken_.push_back({std::move(request), std::move(responder)});
          loop_->wake();
        });
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  // Turns the loop until `count` requests wait for an answer.
  void wait_for(std::size_t count) {
    const SteadyTime limit = clock_.steady_now() + std::chrono::seconds(20);
    while (clock_.steady_now() < limit) {
      {
        const MutexLock lock(mutex_);
        if (taken_.size() >= count) return;
      }
      EXPECT_TRUE(loop_->wait(clock_, std::min(limit, transport_->next_deadline())));
      transport_->take_completions(-1);
    }
    FAIL() << "waited in vain for requests";
  }
  Taken take() {
    const MutexLock lock(mutex_);
    Taken result = std::move(taken_.front());
    taken_.pop_front();
    return result;
  }
  int submit(const Request& request) {
    const int endpoint = transport_->add_endpoint({});
    transport_->submit(endpoint, ++last_tag_, request);
    return endpoint;
  }
  Response answer_of(int endpoint) { return complete(endpoint, 1)[0].response; }

  int connect_and_send(const std::string& text) {
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(write(client, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    return client;
  }
  static std::string read_all(int client) {
    std::string out;
    char buffer[4096];
    for (ssize_t got = 0; (got = read(client, buffer, sizeof buffer)) > 0;)
      out.append(buffer, static_cast<std::size_t>(got));
    close(client);
    return out;
  }

  MicrohttpdServer::Options options_;
  testing::FakeClock fake_clock_;
  mutable Mutex mutex_;
  std::deque<Taken> taken_ TAILRACE_GUARDED_BY(mutex_);
  std::unique_ptr<MicrohttpdServer> server_;  // Last: its thread uses what stands above.
};

TEST_F(AsyncServerTest, answers_in_any_order) {
  start();
  const std::string one = url_of(server_->port(), "/one");
  const std::string two = url_of(server_->port(), "/two");
  const int first = submit(post(one, {"a", "b"}));
  wait_for(1);
  const int second = submit(post(two, {"c"}));
  wait_for(2);
  Taken taken_first = take();
  Taken taken_second = take();
  EXPECT_EQ(taken_first.request.body, "ab");
  EXPECT_EQ(taken_second.request.path, "/two");
  taken_second.responder.answer({.status = 202, .body = "second", .headers = {}});
  EXPECT_EQ(answer_of(second).status, 202);
  taken_first.responder.answer({.status = 201, .body = "first", .headers = {}});
  const Response response = answer_of(first);
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "first");
}

TEST_F(AsyncServerTest, answers_from_within_the_handler) {
  auto server = MicrohttpdServer::create_async(options_, [](ServerRequest&&, Responder responder) {
    responder.answer({.status = 204, .body = {}, .headers = {}});
  });
  ASSERT_TRUE(server);
  server_ = std::move(*server);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(perform(post(url_of(server_->port()), {"x"})).status, 204);
}

TEST_F(AsyncServerTest, tells_whether_the_answer_arrived) {
  start();
  std::atomic<int> sent = 0;
  std::atomic<int> lost = 0;
  const auto done = [&](Responder::Outcome outcome) {
    ++(outcome == Responder::Outcome::kSent ? sent : lost);
    loop_->wake();
  };
  const int endpoint = submit(post(url_of(server_->port()), {"a"}));
  wait_for(1);
  Taken taken = take();
  EXPECT_FALSE(taken.responder.peer_gone());
  taken.responder.answer({.status = 204, .body = {}, .headers = {}}, done);
  EXPECT_EQ(answer_of(endpoint).status, 204);

  const int client = connect_and_send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
  wait_for(1);
  taken = take();
  close(client);
  // The kernel tells the other end at once on this machine.
  EXPECT_TRUE(taken.responder.peer_gone());
  taken.responder.answer({.status = 204, .body = {}, .headers = {}}, done);
  const SteadyTime limit = clock_.steady_now() + std::chrono::seconds(20);
  while (sent + lost < 2 && clock_.steady_now() < limit)
    EXPECT_TRUE(loop_->wait(clock_, limit));
  EXPECT_EQ(sent, 1);
  EXPECT_EQ(lost, 1);
}

TEST_F(AsyncServerTest, gives_up_what_waits_when_it_stops) {
  options_.shutdown_timeout = std::chrono::seconds(20);
  start();
  const int endpoint = submit(post(url_of(server_->port()), {"a"}));
  wait_for(1);
  Taken taken = take();
  std::thread stopper([this] { server_.reset(); });
  EXPECT_EQ(answer_of(endpoint).status, 503);
  stopper.join();
  EXPECT_TRUE(taken.responder.peer_gone());
  taken.responder.answer({.status = 204, .body = {}, .headers = {}});  // Nobody is there.
}

TEST_F(AsyncServerTest, says_no_before_it_reads_the_body) {
  options_.answers_early = [](const ServerRequest& request) -> std::optional<ServerResponse> {
    if (request.path == "/full") return unavailable("no room");
    return std::nullopt;
  };
  start();
  // Not a byte of the body was sent.
  const std::string text = read_all(
      connect_and_send("POST /full HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"));
  EXPECT_TRUE(text.starts_with("HTTP/1.1 503")) << text;
  EXPECT_NE(text.find("Retry-After: 1\r\n"), std::string::npos) << text;
  const MutexLock lock(mutex_);
  EXPECT_TRUE(taken_.empty());
}

TEST_F(AsyncServerTest, refuses_what_is_announced_too_large_at_once) {
  options_.body_bytes_max = 1000;
  start();
  const std::string text =
      read_all(connect_and_send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n"));
  EXPECT_TRUE(text.starts_with("HTTP/1.1 413")) << text;
}

TEST_F(AsyncServerTest, has_room_for_so_many_bodies_at_a_time) {
  options_.body_bytes_max = 1000;
  options_.bodies_bytes_max = 1500;
  start();
  const std::string body(1000, 'x');
  const int first = submit(post(url_of(server_->port()), {body}));
  wait_for(1);
  EXPECT_EQ(perform(post(url_of(server_->port()), {body})).status, 503);
  Taken taken = take();
  taken.responder.answer({.status = 204, .body = {}, .headers = {}});
  EXPECT_EQ(answer_of(first).status, 204);
  const int second = submit(post(url_of(server_->port()), {body}));
  wait_for(1);
  take().responder.answer({.status = 204, .body = {}, .headers = {}});
  EXPECT_EQ(answer_of(second).status, 204);
}

TEST_F(AsyncServerTest, a_body_that_does_not_come_takes_no_room) {
  options_.body_bytes_max = 1000;
  options_.bodies_bytes_max = 1500;
  start();
  const int slow = connect_and_send(
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n");
  std::string got(25, '\0');
  EXPECT_EQ(read(slow, got.data(), got.size()), 25);  // It has begun.
  const std::string body(1000, 'x');
  const int other = submit(post(url_of(server_->port()), {body}));
  wait_for(1);
  Taken taken = take();
  EXPECT_EQ(taken.request.body, body);
  taken.responder.answer({.status = 204, .body = {}, .headers = {}});
  EXPECT_EQ(answer_of(other).status, 204);
  EXPECT_EQ(write(slow, body.data(), body.size()), 1000);
  wait_for(1);
  taken = take();
  EXPECT_EQ(taken.request.body, body);
  taken.responder.answer({.status = 204, .body = {}, .headers = {}});
  EXPECT_EQ(read(slow, got.data(), 12), 12);
  EXPECT_EQ(got.substr(0, 12), "HTTP/1.1 204");
  close(slow);
}

TEST_F(AsyncServerTest, has_the_same_room_for_bodies_of_unknown_length) {
  options_.body_bytes_max = 1000;
  options_.bodies_bytes_max = 1500;
  start();
  const std::string body(1000, 'x');
  const int first = submit(post(url_of(server_->port()), {body}));
  wait_for(1);
  const std::string text = read_all(connect_and_send(
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
      "258\r\n" +
      std::string(600, 'x') + "\r\n0\r\n\r\n"));
  EXPECT_TRUE(text.starts_with("HTTP/1.1 503")) << text;
  take().responder.answer({.status = 204, .body = {}, .headers = {}});
  EXPECT_EQ(answer_of(first).status, 204);
}

TEST_F(AsyncServerTest, ends_a_body_that_trickles) {
  options_.clock = &fake_clock_;
  options_.read_timeout = std::chrono::seconds(30);
  start();
  const int client = connect_and_send(
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  std::string got(25, '\0');
  EXPECT_EQ(read(client, got.data(), got.size()), 25);  // It has begun.
  fake_clock_.advance(std::chrono::seconds(31));
  EXPECT_EQ(write(client, "x", 1), 1);
  EXPECT_EQ(read_all(client), "");  // Closed.
}

TEST_F(AsyncServerTest, works_on_a_socket_that_listens_already) {
  const Result<int> socket_fd = listen_on(Network::kIpv4, "127.0.0.1", 0);
  ASSERT_TRUE(socket_fd);
  options_.listen_descriptor = *socket_fd;
  start();
  EXPECT_EQ(server_->port(), port_of_socket(*socket_fd));
  // Another one takes over; nobody is refused in between.
  server_->stop_listening();
  const int endpoint = submit(post(url_of(port_of_socket(*socket_fd)), {"a"}));
  std::unique_ptr<MicrohttpdServer> old = std::move(server_);
  start();
  wait_for(1);
  take().responder.answer({.status = 204, .body = {}, .headers = {}});
  EXPECT_EQ(answer_of(endpoint).status, 204);
  old.reset();
  const int next = submit(post(url_of(server_->port()), {"b"}));
  wait_for(1);
  take().responder.answer({.status = 204, .body = {}, .headers = {}});
  EXPECT_EQ(answer_of(next).status, 204);
  close(*socket_fd);
}

}  // namespace
}  // namespace tailrace::http
