// Answers of token endpoints.
#include "http/token_response.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::http {
namespace {

TEST(TokenResponse, reads_the_three_members) {
  const auto token = parse_token_response(
      R"( { "access_token" : "abc", "token_type":"bearer", "expires_in" : 3600 } )");
  ASSERT_TRUE(token.has_value());
  EXPECT_EQ(token->access_token, "abc");
  EXPECT_EQ(token->token_type, "bearer");
  EXPECT_EQ(token->expires_in, std::chrono::seconds(3600));
}

TEST(TokenResponse, takes_an_expiry_as_text_fraction_null_or_not_at_all) {
  using std::chrono::seconds;
  const std::vector<std::pair<std::string, seconds>> cases{
      {R"(,"expires_in":"60")", seconds(60)},
      {R"(,"expires_in":60.7)", seconds(60)},
      {R"(,"expires_in":null)", seconds(0)},
      {"", seconds(0)},
      {R"(,"expires_in":1e300)", seconds(315'360'000)}};
  for (const auto& [member, want] : cases) {
    const auto token = parse_token_response(R"({"access_token":"a")" + member + "}");
    ASSERT_TRUE(token.has_value()) << member;
    EXPECT_EQ(token->expires_in, want) << member;
  }
}

TEST(TokenResponse, skips_other_members_of_every_kind) {
  const auto token = parse_token_response(
      R"({"a":{"access_token":"no","b":[1,"]}",{}]},"c":[[],{}],"d":true,"e":-1.5,"f":"x","g":null,)"
      R"("access_token":"yes"})");
  ASSERT_TRUE(token.has_value());
  EXPECT_EQ(token->access_token, "yes");
}

TEST(TokenResponse, reads_escapes) {
  const auto token =
      parse_token_response(R"({"access_token":"\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac"})");
  ASSERT_TRUE(token.has_value());
  EXPECT_EQ(token->access_token, "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac");
}

TEST(TokenResponse, refuses_what_is_no_such_object) {
  for (const char* const text : {"",
                                 "[]",
                                 "{",
                                 "{}",
                                 R"({"access_token":""})",
                                 R"({"access_token":1})",
                                 R"({"access_token":"a")",
                                 R"({"access_token":"a",})",
                                 R"({"access_token" "a"})",
                                 R"({"access_token":"a)",
                                 R"({"access_token":"\x"})",
                                 R"({"access_token":"\u12"})",
                                 R"({"access_token":"\u12zz"})",
                                 R"({"access_token":"a\)",
                                 R"({"access_token":"a","expires_in":"soon"})",
                                 R"({"access_token":"a","expires_in":-5})",
                                 R"({"access_token":"a","expires_in":x})",
                                 R"({"access_token":"a","expires_in":"6})",
                                 R"({"access_token":"a","b":})",
                                 R"({"access_token":"a","b":])",
                                 R"({"access_token":"a","b":[)",
                                 R"({"access_token":"a","b":["x})",
                                 R"({"access_token":"a","b":,})",
                                 "access_token=a"}) {
    const auto token = parse_token_response(text);
    ASSERT_FALSE(token.has_value()) << text;
    EXPECT_EQ(token.error().code, Error::kInvalid) << text;
  }
}

}  // namespace
}  // namespace tailrace::http
