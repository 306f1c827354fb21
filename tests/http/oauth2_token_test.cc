// Tokens by client credentials.
#include "http/oauth2_token.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/fakes/scripted_transport.h"

namespace tailrace::http {
namespace {

using std::chrono::seconds;
using testing::FakeClock;
using testing::MemoryFileSystem;
using testing::ScriptedTransport;

class OAuth2TokenTest : public ::testing::Test {
 protected:
  static config::OAuth2Config config() {
    return {.client_id = "me &",
            .client_secret = "s:ecret",
            .client_secret_file = {},
            .token_url = "http://id/token",
            .scopes = {},
            .endpoint_params = {},
            .tls = {},
            .proxy = {}};
  }

  // What authorization() says: the value, "-" while it is on its way, "!" and the error.
  static std::string ask(OAuth2Token& token) {
    const auto result = token.authorization();
    if (!result) return "!" + result.error().message;
    return result->value_or("-");
  }

  FakeClock clock_;
  MemoryFileSystem files_{clock_};
  ScriptedTransport transport_{clock_};
};

TEST_F(OAuth2TokenTest, is_fetched_when_it_is_first_needed_and_kept) {
  transport_.reply({.status = 200, .body = R"({"access_token":"abc","expires_in":60})"});
  OAuth2Token token(config(), files_, transport_, clock_);
  EXPECT_TRUE(transport_.sent().empty());
  EXPECT_EQ(ask(token), "-");
  EXPECT_TRUE(token.pending());
  EXPECT_EQ(ask(token), "-");
  token.take_completions();
  EXPECT_FALSE(token.pending());
  EXPECT_EQ(ask(token), "Bearer abc");
  EXPECT_EQ(ask(token), "Bearer abc");
  ASSERT_EQ(transport_.sent().size(), 1U);
  const auto& sent = transport_.sent()[0];
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.url, "http://id/token");
  EXPECT_EQ(sent.header("Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(sent.body, "grant_type=client_credentials");
  EXPECT_EQ(sent.basic_auth, "me+%26:s%3Aecret");
  EXPECT_FALSE(transport_.views_changed());
}

TEST_F(OAuth2TokenTest, is_fetched_again_ten_seconds_before_it_expires) {
  transport_.answer_with([](const auto&) {
    return ScriptedTransport::Reply{.status = 200,
                                    .body = R"({"access_token":"abc","expires_in":60})"};
  });
  OAuth2Token token(config(), files_, transport_, clock_);
  ask(token);
  token.take_completions();
  clock_.advance(seconds(50) - std::chrono::nanoseconds(1));
  EXPECT_EQ(ask(token), "Bearer abc");
  clock_.advance(std::chrono::nanoseconds(1));
  EXPECT_EQ(ask(token), "-");
  EXPECT_EQ(transport_.sent().size(), 2U);
}

TEST_F(OAuth2TokenTest, without_an_expiry_is_kept_until_it_is_refused) {
  transport_.reply({.status = 200, .body = R"({"access_token":"a"})"});
  transport_.reply({.status = 200, .body = R"({"access_token":"b"})"});
  OAuth2Token token(config(), files_, transport_, clock_);
  ask(token);
  token.take_completions();
  clock_.advance(std::chrono::hours(10'000));
  EXPECT_EQ(ask(token), "Bearer a");
  token.forget();
  EXPECT_EQ(ask(token), "-");
  token.take_completions();
  EXPECT_EQ(ask(token), "Bearer b");
}

TEST_F(OAuth2TokenTest, sends_scopes_and_parameters) {
  config::OAuth2Config with = config();
  with.scopes = {"read", "write"};
  with.endpoint_params = {{"audience", "http://x/?a=1"}, {"u", "\xc3\xbc~._-"}};
  OAuth2Token token(with, files_, transport_, clock_);
  ask(token);
  EXPECT_EQ(transport_.sent().at(0).body,
            "grant_type=client_credentials&scope=read+write&audience=http%3A%2F%2Fx%2F%3Fa%3D1"
            "&u=%C3%BC~._-");
}

TEST_F(OAuth2TokenTest, puts_credentials_into_the_form_when_the_header_is_refused) {
  transport_.reply({.status = 401, .body = "no"});
  transport_.reply({.status = 200, .body = R"({"access_token":"a"})"});
  transport_.reply({.status = 200, .body = R"({"access_token":"b"})"});
  OAuth2Token token(config(), files_, transport_, clock_);
  ask(token);
  token.take_completions();
  EXPECT_TRUE(token.pending());
  token.take_completions();
  EXPECT_EQ(ask(token), "Bearer a");
  ASSERT_EQ(transport_.sent().size(), 2U);
  EXPECT_EQ(transport_.sent()[1].basic_auth, "");
  EXPECT_EQ(transport_.sent()[1].body,
            "grant_type=client_credentials&client_id=me+%26&client_secret=s%3Aecret");
  token.forget();
  ask(token);
  EXPECT_EQ(transport_.sent().at(2).basic_auth, "");  // What worked is remembered.
}

// Whoever asks for it does so a moment after the answer has come.
TEST_F(OAuth2TokenTest, a_failure_is_told_to_who_asks_a_moment_later) {
  transport_.answer_with(
      [](const auto&) { return ScriptedTransport::Reply{.status = 500, .body = "no"}; });
  OAuth2Token token(config(), files_, transport_, clock_);
  ask(token);
  token.take_completions();
  token.take_completions();
  const std::size_t asked = transport_.sent().size();
  for (int i = 0; i < 3; ++i) {
    clock_.advance(std::chrono::nanoseconds(1) + i * std::chrono::milliseconds(100));
    EXPECT_TRUE(ask(token).starts_with("!oauth2: cannot fetch token: ")) << i;
  }
  EXPECT_EQ(transport_.sent().size(), asked);
}

TEST_F(OAuth2TokenTest, says_why_it_could_not_be_fetched_and_tries_again_later) {
  transport_.reply({.status = 0, .error = "no route"});
  transport_.reply({.status = 200, .body = "{}"});
  OAuth2Token token(config(), files_, transport_, clock_);
  ask(token);
  token.take_completions();
  EXPECT_EQ(ask(token), "!oauth2: cannot fetch token: no route");
  EXPECT_EQ(ask(token), "!oauth2: cannot fetch token: no route");
  EXPECT_EQ(transport_.sent().size(), 1U);
  clock_.advance(seconds(1));
  EXPECT_EQ(ask(token), "-");
  token.take_completions();
  EXPECT_EQ(ask(token), "!oauth2: cannot fetch token: token response without access_token");
}

TEST_F(OAuth2TokenTest, says_what_the_server_answered_to_both_ways) {
  transport_.reply({.status = 400, .body = "first"});
  transport_.reply({.status = 400, .body = "second"});
  OAuth2Token token(config(), files_, transport_, clock_);
  ask(token);
  token.take_completions();
  token.take_completions();
  EXPECT_EQ(ask(token),
            "!oauth2: cannot fetch token: server returned HTTP status 400 Bad Request (400): "
            "second");
}

TEST_F(OAuth2TokenTest, reads_the_secret_from_a_file_each_time) {
  config::OAuth2Config with = config();
  with.client_secret.clear();
  with.client_secret_file = "/secret";
  OAuth2Token token(with, files_, transport_, clock_);
  const std::string error = ask(token);
  EXPECT_EQ(error.substr(0, 1), "!");
  EXPECT_NE(error.find("/secret"), std::string::npos);
  files_.append("/secret", "one\n");
  ask(token);
  EXPECT_EQ(transport_.sent().at(0).basic_auth, "me+%26:one");
}

TEST_F(OAuth2TokenTest, writes_the_scheme_as_servers_want_it) {
  for (const auto& [type, want] : {std::pair("BEARER", "Bearer t"), std::pair("mac", "MAC t"),
                                   std::pair("Basic", "Basic t"), std::pair("Own", "Own t")}) {
    transport_.reply({.status = 200,
                      .body = std::string(R"({"access_token":"t","token_type":")") + type + "\"}"});
    OAuth2Token token(config(), files_, transport_, clock_);
    ask(token);
    token.take_completions();
    EXPECT_EQ(ask(token), want);
  }
}

TEST_F(OAuth2TokenTest, gives_its_request_and_its_endpoint_up) {
  transport_.reply({.never = true});
  {
    config::OAuth2Config with = config();
    with.tls.server_name = "id";
    with.proxy.url = "http://proxy";
    OAuth2Token token(with, files_, transport_, clock_);
    ask(token);
    EXPECT_EQ(transport_.in_flight(), 1U);
    EXPECT_EQ(transport_.endpoints().at(0).tls.server_name, "id");
    EXPECT_EQ(transport_.endpoints().at(0).proxy_url, "http://proxy");
  }
  EXPECT_EQ(transport_.in_flight(), 0U);
  EXPECT_EQ(transport_.endpoints_removed(), 1U);
}

}  // namespace
}  // namespace tailrace::http
