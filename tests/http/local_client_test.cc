// Requests over a socket in the file system, to the server that listens there.
#include "http/local_client.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/mutex.h"
#include "http/microhttpd_server.h"

namespace tailrace::http {
namespace {

class LocalClientTest : public ::testing::Test {
 protected:
  LocalClientTest() {
    std::string name = "/tmp/local-client-XXXXXX";
    folder_ = mkdtemp(name.data());
    options_.local_socket = folder_ + "/x.sock";
    client_ = LocalClient::create(options_.local_socket).value();
  }
  ~LocalClientTest() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start() {
    auto server = MicrohttpdServer::create(options_, [this](const ServerRequest& request) {
      const MutexLock lock(mutex_);
      request_ = request;
      return ServerResponse{.status = 207, .body = "answer", .headers = {}};
    });
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  ServerRequest request() {
    const MutexLock lock(mutex_);
    return request_;
  }

  std::string folder_;
  MicrohttpdServer::Options options_;
  std::unique_ptr<LocalClient> client_;
  Mutex mutex_;
  ServerRequest request_ TAILRACE_GUARDED_BY(mutex_);
  std::unique_ptr<MicrohttpdServer> server_;
};

TEST_F(LocalClientTest, a_server_that_does_not_answer_is_left_in_time) {
  // Listens, and never accepts.
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  options_.local_socket.copy(address.sun_path, sizeof address.sun_path - 1);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  client_->set_timeout(std::chrono::milliseconds(0));
  const auto got = client_->get("/a");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ETIMEDOUT);
  close(listener);
}

TEST_F(LocalClientTest, asks_and_gets_the_answer) {
  start();
  const auto got = client_->get("/a?x=" + LocalClient::escaped("{a=\"b c\"}&~"));
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 207);
  EXPECT_EQ(got->body, "answer");
  EXPECT_EQ(request().method, "GET");
  EXPECT_EQ(request().path, "/a");
  EXPECT_EQ(request().query.at("x"), "{a=\"b c\"}&~");
}

TEST_F(LocalClientTest, the_server_knows_that_it_came_by_the_socket) {
  start();
  ASSERT_TRUE(client_->get("/"));
  EXPECT_EQ(request().via, Via::kLocalSocket);
  EXPECT_EQ(request().peer, "");
  EXPECT_EQ(server_->port(), 0);
}

TEST_F(LocalClientTest, posts_json_and_then_gets_without_a_body) {
  start();
  ASSERT_TRUE(client_->post("/p", "{\"a\":1}"));
  EXPECT_EQ(request().method, "POST");
  EXPECT_EQ(request().body, "{\"a\":1}");
  EXPECT_EQ(request().headers.at("content-type"), "application/json");
  ASSERT_TRUE(client_->get("/g"));
  EXPECT_EQ(request().method, "GET");
  EXPECT_EQ(request().body, "");
  ASSERT_TRUE(client_->remove("/d"));
  EXPECT_EQ(request().method, "DELETE");
}

TEST_F(LocalClientTest, the_limit_of_a_body_is_asked_for_each_request) {
  options_.body_bytes_max = 0;
  options_.body_limit = [](const ServerRequest& request) -> std::uint64_t {
    return request.path == "/large" ? 3 : 0;
  };
  start();
  EXPECT_EQ(client_->post("/other", "12345")->status, 207);
  EXPECT_EQ(request().body, "");
  EXPECT_EQ(client_->post("/large", "123")->status, 207);
  EXPECT_EQ(request().body, "123");
  EXPECT_EQ(client_->post("/large", "1234")->status, 413);
}

TEST_F(LocalClientTest, says_when_nobody_is_there) {
  const auto none = client_->get("/");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ENOENT);
  EXPECT_EQ(none.error().message, options_.local_socket + ": No such file or directory");
}

TEST_F(LocalClientTest, finds_a_server_that_was_started_again) {
  start();
  ASSERT_TRUE(client_->get("/"));
  server_.reset();
  EXPECT_FALSE(client_->get("/"));
  start();
  EXPECT_TRUE(client_->get("/"));
}

}  // namespace
}  // namespace tailrace::http
