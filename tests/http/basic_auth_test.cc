// Who is let in, and what the others get.
#include "http/basic_auth.h"

#include <filesystem>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace tailrace::http {
namespace {

using tailrace::testing::FakeClock;
using tailrace::testing::TempFolder;

class BasicAuthTest : public ::testing::Test {
 protected:
  RequestHandler guarded(BasicAuthOptions options) {
    options.log = &log_;
    auto made = with_basic_auth(std::move(options), [](const ServerRequest&) {
      return ServerResponse{.body = "inside", .headers = {}};
    });
    EXPECT_TRUE(made) << made.error().message;
    admits_ = made->admits;
    return made->handler;
  }
  static ServerRequest with(const std::string& header) {
    ServerRequest request;
    request.headers["authorization"] = header;
    return request;
  }

  RequestTest admits_;  // Of the last one made.
  FakeClock clock_;
  std::string logged_;
  Log log_{clock_, {}, [this](std::string_view line) { logged_ += line; }};
};

TEST_F(BasicAuthTest, the_right_password_comes_in) {
  const RequestHandler handler =
      guarded({.username = "me", .password = "a:b", .password_file = {}});
  for (const char* header : {"Basic bWU6YTpi", "basic bWU6YTpi", "BASIC  bWU6YTpi "}) {
    const ServerResponse response = handler(with(header));
    EXPECT_EQ(response.status, 200) << header;
    EXPECT_EQ(response.body, "inside");
    EXPECT_TRUE(admits_(with(header)));
  }
}

TEST_F(BasicAuthTest, everything_else_gets_401) {
  const RequestHandler handler =
      guarded({.username = "me", .password = "a:b", .password_file = {}});
  const ServerResponse without = handler({});
  EXPECT_EQ(without.status, 401);
  EXPECT_EQ(without.body, "401 unauthorized\n");
  EXPECT_EQ(without.headers.at("WWW-Authenticate"), "Basic realm=\"tailrace\", charset=\"UTF-8\"");
  for (const char* header : {"", "Basic", "Basic ", "Bearer bWU6YTpi", "bWU6YTpi", "Basic bWU6YTp",
                             "Basic bWU6YTpibWU6YTpi", "Basic bWU6YTpj", "Basic cWU6YTpi",
                             "Basic bWU6", "Basicb bWU6YTpi", "Basic bWU6YTpi x"}) {
    EXPECT_EQ(handler(with(header)).status, 401) << header;
    EXPECT_FALSE(admits_(with(header))) << header;
  }
}

TEST_F(BasicAuthTest, a_refused_login_is_logged_with_the_peer) {
  const RequestHandler handler =
      guarded({.username = "me", .password = "a:b", .password_file = {}});
  ServerRequest request = with("Basic bWU6YTpi");
  request.peer = "192.0.2.7";
  handler(request);
  request.headers.clear();
  handler(request);
  EXPECT_EQ(logged_, "");
  request = with("Basic c2VjcmV0OmE=");
  request.peer = "192.0.2.7";
  for (int i = 0; i < 3; ++i)
    handler(request);
  const std::string message = "msg=\"a login to the status pages was refused\" peer=192.0.2.7";
  const std::size_t first = logged_.find(message);
  ASSERT_NE(first, std::string::npos) << logged_;
  // Folded: of three the first two are shown.
  const std::size_t second = logged_.find(message, first + 1);
  ASSERT_NE(second, std::string::npos) << logged_;
  EXPECT_EQ(logged_.find(message, second + 1), std::string::npos) << logged_;
  EXPECT_EQ(logged_.find("c2VjcmV0"), std::string::npos);
}

TEST_F(BasicAuthTest, a_password_file_is_read_again_when_it_changes) {
  const TempFolder folder;
  folder.append("password", " one\n");
  const RequestHandler handler =
      guarded({.username = "me", .password = {}, .password_file = folder.path("password")});
  EXPECT_EQ(handler(with("Basic bWU6b25l")).status, 200);
  std::filesystem::remove(folder.path("password"));
  EXPECT_EQ(handler(with("Basic bWU6b25l")).status, 200);
  EXPECT_NE(logged_.find("the server goes on with its former password"), std::string::npos);
  folder.append("password", "\n");
  EXPECT_EQ(handler(with("Basic bWU6")).status, 401);
  EXPECT_EQ(handler(with("Basic bWU6b25l")).status, 200);
  EXPECT_NE(logged_.find("holds no password"), std::string::npos);
  folder.append("password", "two\n");
  EXPECT_EQ(handler(with("Basic bWU6b25l")).status, 401);
  EXPECT_EQ(handler(with("Basic bWU6dHdv")).status, 200);
  EXPECT_EQ(logged_.find("two"), std::string::npos);
}

TEST_F(BasicAuthTest, a_file_without_a_password_is_an_error) {
  const TempFolder folder;
  const auto missing =
      with_basic_auth({.username = "me", .password = {}, .password_file = folder.path("a")}, {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "read " + folder.path("a") + ": No such file or directory");
  folder.append("a", " \n");
  const auto empty =
      with_basic_auth({.username = "me", .password = {}, .password_file = folder.path("a")}, {});
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().message, folder.path("a") + " holds no password");
}

}  // namespace
}  // namespace tailrace::http
