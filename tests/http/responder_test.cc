// Whoever holds a request answers it once, and nobody's stays without an answer.
#include "http/responder.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::http {
namespace {

class Recorded final : public Responder::Exchange {
 public:
  void answer(ServerResponse response, Responder::Done done) override {
    statuses.push_back(response.status);
    if (done) done(Responder::Outcome::kSent);
  }
  bool peer_gone() const override { return gone; }

  std::vector<int> statuses;
  bool gone = false;
};

TEST(Responder, answers_once) {
  auto exchange = std::make_shared<Recorded>();
  Responder responder(exchange);
  EXPECT_TRUE(responder.waiting());
  int sent = 0;
  responder.answer({.status = 204, .body = {}, .headers = {}},
                   [&sent](Responder::Outcome) { ++sent; });
  EXPECT_FALSE(responder.waiting());
  responder.answer({.status = 200, .body = {}, .headers = {}});
  EXPECT_EQ(exchange->statuses, std::vector<int>{204});
  EXPECT_EQ(sent, 1);
}

TEST(Responder, says_503_when_nobody_answers) {
  auto first = std::make_shared<Recorded>();
  auto second = std::make_shared<Recorded>();
  {
    Responder responder(first);
    Responder moved(std::move(responder));
    EXPECT_TRUE(first->statuses.empty());
    moved = Responder(second);
    EXPECT_EQ(first->statuses, std::vector<int>{503});
    EXPECT_TRUE(second->statuses.empty());
  }
  EXPECT_EQ(second->statuses, std::vector<int>{503});
}

TEST(Responder, knows_whether_somebody_still_waits) {
  auto exchange = std::make_shared<Recorded>();
  Responder responder(exchange);
  EXPECT_FALSE(responder.peer_gone());
  exchange->gone = true;
  EXPECT_TRUE(responder.peer_gone());
  EXPECT_TRUE(Responder().peer_gone());
}

TEST(Responder, asks_to_come_again) {
  const ServerResponse response = unavailable("no room");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "no room\n");
  EXPECT_EQ(response.headers.at("Retry-After"), "1");
}

}  // namespace
}  // namespace tailrace::http
