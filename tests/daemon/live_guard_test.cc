// Who may look: a table of requests and what becomes of them.
#include "daemon/live_guard.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::daemon {
namespace {

config::Config config_of(const std::string& server, const std::string& live) {
  return config::valid("clients: [{url: \"http://loki/push\"}]\nserver: {" + server +
                       "}\ntailrace: {live: {" + live +
                       "}}\nscrape_configs:\n- job_name: a\n  static_configs: [{labels: "
                       "{__path__: /a}}]\n");
}

struct GuardCase {
  std::string name;
  std::map<std::string, std::string> headers;
  std::string refusal;  // A part of it; empty: it is answered.
  std::string method = "GET";
  std::string peer = "127.0.0.1";
  std::string server = {};
  std::string live = {};
  LiveShows shows = LiveShows::kLines;
};

constexpr const char* kHost = "allowed_hosts";
constexpr const char* kSite = "requests of other sites";
constexpr const char* kRemote = "server.http_listen_address";
constexpr const char* kLines = "remote_lines: true";
constexpr const char* kOpen = "http_listen_address: 0.0.0.0";

const std::vector<GuardCase>& guard_cases() {
  static const std::vector<GuardCase> kCases = {
      // Names.
      {"localhost", {{"host", "localhost"}}, ""},
      {"with a port, in any case, with a dot", {{"host", "LocalHost.:9080"}}, ""},
      {"IPv4", {{"host", "127.0.0.1:9080"}}, ""},
      {"IPv6", {{"host", "[::1]:9080"}}, ""},
      {"another address", {{"host", "10.1.2.3"}}, ""},
      {"no host", {}, kHost},
      {"empty host", {{"host", ""}}, kHost},
      {"a name that leads here", {{"host", "evil.example:9080"}}, kHost},
      {"a name that begins as localhost", {{"host", "localhost.evil.example"}}, kHost},
      {"nearly an address", {{"host", "127.0.0.1.evil.example"}}, kHost},
      {"the machine's name", {{"host", "Node1:80"}}, ""},
      {"a listed name",
       {{"host", "logs.example.org"}},
       "",
       "GET",
       "127.0.0.1",
       "",
       "allowed_hosts: [a, Logs.Example.org]"},
      {"external_url",
       {{"host", "ops.example"}},
       "",
       "GET",
       "127.0.0.1",
       "external_url: \"https://ops.example:8443/tailrace\""},
      // Other sites.
      {"own origin", {{"host", "localhost:9080"}, {"origin", "http://localhost:9080"}}, ""},
      {"own origin, usual port", {{"host", "localhost"}, {"origin", "http://localhost:80"}}, ""},
      {"own origin, TLS", {{"host", "localhost:443"}, {"origin", "https://localhost"}}, ""},
      {"another port", {{"host", "localhost:9080"}, {"origin", "http://localhost:3000"}}, kSite},
      {"another site", {{"host", "localhost"}, {"origin", "https://evil.example"}}, kSite},
      {"no site", {{"host", "localhost"}, {"origin", "null"}}, kSite},
      {"same origin", {{"host", "localhost"}, {"sec-fetch-site", "same-origin"}}, ""},
      {"typed", {{"host", "localhost"}, {"sec-fetch-site", "none"}}, ""},
      {"cross-site", {{"host", "localhost"}, {"sec-fetch-site", "cross-site"}}, kSite},
      {"same-site", {{"host", "localhost"}, {"sec-fetch-site", "same-site"}}, kSite},
      // Simple requests.
      {"POST of JSON",
       {{"host", "localhost"}, {"content-type", "Application/JSON ; charset=x"}},
       "",
       "POST"},
      {"POST of a form",
       {{"host", "localhost"}, {"content-type", "text/plain"}},
       "application/json",
       "POST"},
      {"POST of nothing", {{"host", "localhost"}}, "application/json", "POST"},
      // Other machines.
      {"loopback", {{"host", "localhost"}}, "", "GET", "127.9.9.9"},
      {"IPv6 loopback", {{"host", "localhost"}}, "", "GET", "::1"},
      {"mapped loopback", {{"host", "localhost"}}, "", "GET", "::ffff:127.0.0.1"},
      {"another machine", {{"host", "10.0.0.1"}}, kRemote, "GET", "10.0.0.2"},
      {"another machine for the state",
       {{"host", "10.0.0.1"}},
       kRemote,
       "GET",
       "10.0.0.2",
       "",
       "",
       LiveShows::kState},
      {"an address for this machine only",
       {{"host", "10.0.0.1"}},
       kRemote,
       "GET",
       "10.0.0.2",
       "http_listen_address: 127.0.0.1",
       "remote_lines: true"},
      {"mapped machine", {{"host", "10.0.0.1"}}, kRemote, "GET", "::ffff:10.0.0.2"},
      {"no peer", {{"host", "localhost"}}, kRemote, "GET", ""},
      {"through a proxy", {{"host", "localhost"}, {"x-forwarded-for", "1.2.3.4"}}, kRemote},
      {"through another", {{"host", "localhost"}, {"forwarded", "for=1.2.3.4"}}, kRemote},
      {"open, the state",
       {{"host", "10.0.0.1"}},
       "",
       "GET",
       "10.0.0.2",
       kOpen,
       "",
       LiveShows::kState},
      {"open, lines", {{"host", "10.0.0.1"}}, kLines, "GET", "10.0.0.2", kOpen},
      {"open, lines through a proxy",
       {{"host", "localhost"}, {"x-forwarded-for", "1.2.3.4"}},
       kLines,
       "GET",
       "127.0.0.1",
       kOpen},
      {"open for lines",
       {{"host", "10.0.0.1"}},
       "",
       "GET",
       "10.0.0.2",
       kOpen,
       "remote_lines: true"},
      {"open for lines, of another site",
       {{"host", "10.0.0.1"}, {"origin", "http://x"}},
       kSite,
       "GET",
       "10.0.0.2",
       kOpen,
       "remote_lines: true"},
  };
  return kCases;
}

TEST(LiveGuard, answers_whom_it_should) {
  for (const GuardCase& one : guard_cases()) {
    http::ServerRequest request;
    request.method = one.method;
    request.headers = one.headers;
    request.peer = one.peer;
    const LiveGuardOptions options = live_guard_options(config_of(one.server, one.live), "node1");
    const auto refusal = live_refusal(request, options, one.shows);
    if (one.refusal.empty()) {
      EXPECT_FALSE(refusal.has_value()) << one.name << ": " << refusal.value_or("");
    } else {
      EXPECT_NE(refusal.value_or("").find(one.refusal), std::string::npos)
          << one.name << ": " << refusal.value_or("");
    }
    request.via = http::Via::kLocalSocket;
    EXPECT_FALSE(live_refusal(request, options, one.shows).has_value()) << one.name;
  }
}

TEST(LiveGuard, names_the_host_that_it_does_not_know) {
  http::ServerRequest request;
  request.headers = {{"host", "Evil.example:80"}};
  request.peer = "127.0.0.1";
  EXPECT_EQ(live_refusal(request, {}, LiveShows::kState),
            "the host name \"evil.example\" is not known here: list it under tailrace: {live: "
            "{allowed_hosts: [...]}}");
}

TEST(LiveGuard, answers_are_not_kept_and_pages_load_from_here_only) {
  http::ServerResponse json{.content_type = "application/json", .body = {}, .headers = {}};
  add_live_headers(json);
  EXPECT_EQ(json.headers,
            (std::map<std::string, std::string>{{"Cache-Control", "no-store"},
                                                {"X-Content-Type-Options", "nosniff"}}));
  http::ServerResponse html{.content_type = "text/html; charset=utf-8", .body = {}, .headers = {}};
  add_live_headers(html);
  EXPECT_TRUE(html.headers.at("Content-Security-Policy").starts_with("default-src 'none'; "));
  http::ServerResponse own{.content_type = "text/html",
                           .body = {},
                           .headers = {{"Content-Security-Policy", "default-src 'none'"}}};
  add_live_headers(own);
  EXPECT_EQ(own.headers.at("Content-Security-Policy"), "default-src 'none'");
}

}  // namespace
}  // namespace tailrace::daemon
