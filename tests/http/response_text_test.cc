// What people read of an answer.
#include "http/response_text.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace tailrace::http {
namespace {

std::string described(int status, std::string body) {
  return describe(
      {.status = status, .error = "no route", .body = std::move(body), .content_type = {}});
}

TEST(ResponseText, describes_an_answer_as_promtail_does) {
  EXPECT_EQ(described(400, "entry too old\nsecond line"),
            "server returned HTTP status 400 Bad Request (400): entry too old");
  EXPECT_EQ(described(429, "slow\r\n"),
            "server returned HTTP status 429 Too Many Requests (429): slow");
  EXPECT_EQ(described(503, ""), "server returned HTTP status 503 Service Unavailable (503): ");
  EXPECT_EQ(described(599, "x"), "server returned HTTP status 599 (599): x");
}

TEST(ResponseText, shows_at_most_1024_bytes_of_an_answer) {
  EXPECT_EQ(
      described(500, std::string(2000, 'x')),
      "server returned HTTP status 500 Internal Server Error (500): " + std::string(1024, 'x'));
}

TEST(ResponseText, shows_the_transports_words_when_there_is_no_answer) {
  EXPECT_EQ(described(0, ""), "no route");
}

}  // namespace
}  // namespace tailrace::http
