// How requests of discoverers are put together.
#include "discovery/http_asker.h"

#include <gtest/gtest.h>

#include "tests/discovery/discovery_rig.h"

namespace tailrace::discovery {
namespace {

TEST(HttpAsker, queries_are_escaped) {
  EXPECT_EQ(query_escaped("aZ9-_.~"), "aZ9-_.~");
  EXPECT_EQ(query_escaped("a b/c=d&e,\xc3\xa4"), "a%20b%2Fc%3Dd%26e%2C%C3%A4");
  EXPECT_EQ(query_of({}), "");
  EXPECT_EQ(query_of({{"a", "1"}, {"b", "x y"}, {"stale", ""}}), "?a=1&b=x%20y&stale=");
}

TEST(HttpAsker, two_on_one_transport_do_not_mix_their_requests) {
  DiscoveryRig rig;
  rig.transport.reply({.status = 200, .body = "one"});
  rig.transport.reply({.status = 200, .body = "two"});
  HttpAsker one({}, rig.world);
  HttpAsker two({}, rig.world, "/run/two.sock");
  EXPECT_EQ(rig.transport.endpoints().at(1).unix_socket, "/run/two.sock");
  const auto first = one.ask(get_request("http://one")).value();
  const auto second = two.ask(get_request("http://two")).value();
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_NE(*first, *second);
  const auto answers = two.take_completions();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].tag, *second);
  EXPECT_EQ(answers[0].response.body, "two");
  EXPECT_EQ(one.take_completions().at(0).response.body, "one");
}

TEST(HttpAsker, a_secret_that_cannot_be_read_is_an_error) {
  DiscoveryRig rig;
  config::HttpClientConfig http;
  http.authorization = config::AuthorizationConfig{"Bearer", "", "/missing"};
  HttpAsker asker(http, rig.world);
  EXPECT_FALSE(asker.ask(get_request("http://one")).has_value());
  EXPECT_TRUE(rig.transport.sent().empty());
}

}  // namespace
}  // namespace tailrace::discovery
