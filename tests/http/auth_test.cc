// Credentials and configured headers.
#include "http/auth.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/fakes/scripted_transport.h"

namespace tailrace::http {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;
using testing::FakeClock;
using testing::MemoryFileSystem;
using testing::ScriptedTransport;

class AuthTest : public ::testing::Test {
 protected:
  FakeClock clock_;
  MemoryFileSystem files_{clock_};
  ScriptedTransport transport_{clock_};
  config::HttpClientConfig config_;
  Request request_;

  Result<Auth::Readiness> apply() {
    Auth auth(config_, files_, transport_, clock_);
    return auth.apply(request_);
  }
};

TEST_F(AuthTest, adds_nothing_by_default) {
  EXPECT_EQ(apply().value(), Auth::Readiness::kReady);
  EXPECT_TRUE(request_.headers.empty());
  EXPECT_EQ(request_.basic_auth, "");
}

TEST_F(AuthTest, takes_user_and_password_from_text) {
  config_.basic_auth = {
      .username = "u", .username_file = {}, .password = "p:w", .password_file = {}};
  ASSERT_TRUE(apply().has_value());
  EXPECT_EQ(request_.basic_auth, "u:p:w");
}

TEST_F(AuthTest, takes_user_and_password_from_files_as_they_are_now) {
  files_.append("/u", "user\n");
  files_.append("/p", "one\n");
  config_.basic_auth = {
      .username = {}, .username_file = "/u", .password = {}, .password_file = "/p"};
  Auth auth(config_, files_, transport_, clock_);
  ASSERT_TRUE(auth.apply(request_).has_value());
  EXPECT_EQ(request_.basic_auth, "user:one");
  clock_.advance(std::chrono::seconds(1));
  files_.overwrite("/p", "two\n");
  ASSERT_TRUE(auth.apply(request_).has_value());
  EXPECT_EQ(request_.basic_auth, "user:two");
  ASSERT_TRUE(files_.remove("/p").has_value());
  EXPECT_EQ(auth.apply(request_).error().code, ENOENT);
  ASSERT_TRUE(files_.remove("/u").has_value());
  EXPECT_EQ(auth.apply(request_).error().code, ENOENT);
}

TEST_F(AuthTest, writes_scheme_and_credentials) {
  config_.authorization = {.type = "Token", .credentials = "abc", .credentials_file = {}};
  ASSERT_TRUE(apply().has_value());
  EXPECT_EQ(request_.headers, (Headers{{"Authorization", "Token abc"}}));
}

TEST_F(AuthTest, takes_credentials_from_a_file) {
  config_.authorization = {.type = "Bearer", .credentials = {}, .credentials_file = "/c"};
  EXPECT_EQ(apply().error().code, ENOENT);
  files_.append("/c", "abc\n");
  ASSERT_TRUE(apply().has_value());
  EXPECT_EQ(request_.headers, (Headers{{"Authorization", "Bearer abc"}}));
}

TEST_F(AuthTest, keeps_an_authorization_that_is_there) {
  config_.basic_auth = {.username = "u", .username_file = {}, .password = {}, .password_file = {}};
  request_.headers = {{"authorization", "mine"}};
  ASSERT_TRUE(apply().has_value());
  EXPECT_EQ(request_.basic_auth, "");
  EXPECT_EQ(request_.headers.size(), 1U);
}

TEST_F(AuthTest, adds_headers_from_text_secrets_and_files) {
  files_.append("/h", "from file\n");
  config_.http_headers = {{.name = "A", .values = {"1", "2"}, .secrets = {"3"}, .files = {"/h"}},
                          {.name = "B", .values = {}, .secrets = {}, .files = {"/h"}}};
  ASSERT_TRUE(apply().has_value());
  EXPECT_EQ(request_.headers,
            (Headers{{"A", "1"}, {"A", "2"}, {"A", "3"}, {"A", "from file"}, {"B", "from file"}}));
  ASSERT_TRUE(files_.remove("/h").has_value());
  EXPECT_EQ(apply().error().code, ENOENT);
}

TEST_F(AuthTest, waits_for_a_token) {
  config_.oauth2.emplace();
  transport_.reply({.status = 200, .body = R"({"access_token":"t"})"});
  transport_.reply({.status = 0, .error = "down"});
  Auth auth(config_, files_, transport_, clock_);
  EXPECT_FALSE(auth.pending());
  EXPECT_EQ(auth.apply(request_).value(), Auth::Readiness::kTokenOnItsWay);
  EXPECT_TRUE(auth.pending());
  auth.take_completions();
  EXPECT_EQ(auth.apply(request_).value(), Auth::Readiness::kReady);
  EXPECT_EQ(request_.headers, (Headers{{"Authorization", "Bearer t"}}));
  auth.on_unauthorized();
  request_.headers.clear();
  EXPECT_EQ(auth.apply(request_).value(), Auth::Readiness::kTokenOnItsWay);
  auth.take_completions();
  EXPECT_FALSE(auth.apply(request_).has_value());
}

TEST_F(AuthTest, without_a_token_has_no_completions) {
  Auth auth(config_, files_, transport_, clock_);
  auth.take_completions();
  auth.on_unauthorized();
  EXPECT_FALSE(auth.pending());
}

TEST(HasHeader, compares_without_case) {
  const Headers headers{{"Content-Type", "x"}};
  EXPECT_TRUE(has_header(headers, "content-TYPE"));
  EXPECT_FALSE(has_header(headers, "Content-Typ"));
  EXPECT_FALSE(has_header(headers, "Content-Typo"));
}

TEST(EndpointOptions, are_the_configurations) {
  config::HttpClientConfig config;
  config.tls = {.ca = "1",
                .ca_file = "2",
                .cert = "3",
                .cert_file = "4",
                .key = "5",
                .key_file = "6",
                .server_name = "7",
                .insecure_skip_verify = true,
                .min_version = "8",
                .max_version = "9"};
  config.proxy = {
      .url = "p", .no_proxy = "n", .from_environment = true, .connect_headers = {{"a", "b"}}};
  config.follow_redirects = false;
  const EndpointOptions options = endpoint_options(config);
  const EndpointOptions want{.tls = {.ca = "1",
                                     .ca_file = "2",
                                     .cert = "3",
                                     .cert_file = "4",
                                     .key = "5",
                                     .key_file = "6",
                                     .server_name = "7",
                                     .insecure_skip_verify = true,
                                     .min_version = "8",
                                     .max_version = "9"},
                             .proxy_url = "p",
                             .no_proxy = "n",
                             .proxy_from_environment = true,
                             .proxy_headers = {{"a", "b"}},
                             .follow_redirects = false,
                             .unix_socket = {}};
  EXPECT_EQ(options, want);
}

}  // namespace
}  // namespace tailrace::http
