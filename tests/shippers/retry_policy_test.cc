// What each answer means, as a table.
#include "shippers/retry_policy.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::shippers {
namespace {

struct RetryCase {
  int status;
  const char* content_type;
  const char* body;
  Verdict want;
};

TEST(RetryPolicy, judges_every_status) {
  const std::vector<RetryCase> cases{
      {0, "", "", Verdict::kUnavailable},
      {200, "", "", Verdict::kAccepted},
      {204, "", "", Verdict::kAccepted},
      {299, "", "", Verdict::kAccepted},
      {200, "text/html", "<html>", Verdict::kAccepted},
      {260, "", "", Verdict::kBlocked},
      {199, "", "", Verdict::kMisconfigured},
      {300, "", "", Verdict::kMisconfigured},
      {302, "", "", Verdict::kMisconfigured},
      {400, "text/plain", "bad", Verdict::kRefused},
      {400, "", "<not said to be html>", Verdict::kRefused},
      {400, "text/html", "plain words", Verdict::kRefused},
      {400, "text/html", "", Verdict::kRefused},
      {400, "text/html; charset=utf-8", "\n <!DOCTYPE html>", Verdict::kMisconfigured},
      {422, "Text/HTML", "<html>", Verdict::kMisconfigured},
      {422, "application/json", "{}", Verdict::kRefused},
      {401, "", "", Verdict::kMisconfigured},
      {403, "", "", Verdict::kMisconfigured},
      {404, "", "", Verdict::kMisconfigured},
      {405, "", "", Verdict::kMisconfigured},
      {413, "", "", Verdict::kTooLarge},
      {413, "text/html", "<html>", Verdict::kTooLarge},
      {415, "", "", Verdict::kMisconfigured},
      {429, "", "", Verdict::kRateLimited},
      {429, "text/html", "<html>", Verdict::kRateLimited},
      {499, "", "", Verdict::kMisconfigured},
      {500, "", "", Verdict::kUnavailable},
      {502, "text/html", "<html>", Verdict::kUnavailable},
      {503, "", "", Verdict::kUnavailable},
      {599, "", "", Verdict::kUnavailable},
      {600, "", "", Verdict::kMisconfigured},
  };
  for (const RetryCase& row : cases) {
    const http::Response response{
        .status = row.status, .error = {}, .body = row.body, .content_type = row.content_type};
    EXPECT_EQ(judge(response), row.want) << row.status << " " << row.content_type << row.body;
  }
}

TEST(RetryPolicy, a_status_as_a_label) {
  EXPECT_EQ(status_text({.status = 0, .error = {}, .body = {}, .content_type = {}}), "-1");
  EXPECT_EQ(status_text({.status = 404, .error = {}, .body = {}, .content_type = {}}), "404");
}

}  // namespace
}  // namespace tailrace::shippers
