// What is answered before a body is read.
#include "receivers/push_inbox.h"

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace tailrace::receivers {
namespace {

constexpr auto kRoutes = std::to_array<PushFormat::Route>({{"/push", "push"}});

class OneRoute final : public PushFormat {
 public:
  std::span<const Route> routes() const override { return kRoutes; }
  std::optional<Refusal> decode(const http::ServerRequest&, PushedLines&) override { return {}; }
};

TEST(PushInbox, knows_its_paths_and_methods) {
  struct Case {
    std::string method, path;
    int status;  // 0: the body is wanted.
    std::string body;
  };
  const std::vector<Case> cases = {
      {"POST", "/p/push", 0, ""},
      {"GET", "/p/push", 405, ""},
      {"POST", "/push", 404, "404 page not found\n"},
      {"POST", "/p/push/", 404, "404 page not found\n"},
      {"GET", "/p/ready", 200, "ready"},
      {"GET", "/ready", 404, "404 page not found\n"},
  };
  OneRoute format;
  const testing::FakeClock clock;
  Metrics metrics;
  PushInbox inbox(format, clock, metrics, {.path_prefix = "/p", .metrics_prefix = "x_"}, nullptr);
  for (const Case& one : cases) {
    http::ServerRequest request;
    request.method = one.method;
    request.path = one.path;
    const auto answer = inbox.early(request);
    EXPECT_EQ(answer ? answer->status : 0, one.status) << one.path;
    EXPECT_EQ(answer ? answer->body : "", one.body) << one.path;
  }
  const std::string text = metrics.serialize();
  EXPECT_NE(text.find(R"(x_request_duration_seconds_count{method="GET",route="ready",)"
                      R"(status_code="200",ws="false"} 1)"),
            std::string::npos)
      << text;
}

TEST(PushInbox, refuses_when_told_so) {
  OneRoute format;
  const testing::FakeClock clock;
  Metrics metrics;
  PushInbox inbox(format, clock, metrics, {}, nullptr);
  http::ServerRequest request;
  request.method = "POST";
  request.path = "/push";
  EXPECT_FALSE(inbox.early(request));
  inbox.refuse(PushInbox::Refusing::kNoRoom);
  ASSERT_TRUE(inbox.early(request));
  EXPECT_EQ(inbox.early(request)->status, 503);
  EXPECT_EQ(inbox.early(request)->body, "there is no room for more lines\n");
  inbox.refuse(PushInbox::Refusing::kStopping);
  EXPECT_EQ(inbox.early(request)->body, "the server stops\n");
  inbox.refuse(PushInbox::Refusing::kNobody);
  EXPECT_FALSE(inbox.early(request));
}

}  // namespace
}  // namespace tailrace::receivers
