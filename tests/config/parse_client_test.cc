// Clients and what all HTTP clients share.
#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

using namespace std::chrono_literals;

TEST(ParseClient, reads_its_own_keys) {
  const ClientConfig client = valid_client(
      "name: n, headers: {X-A: b, X-C: 5}, tenant_id: 012, batchwait: 0, batchsize: 1e6, timeout: "
      "3s, backoff_config: {min_period: 1s, max_period: 2s, max_retries: 0}, "
      "drop_rate_limited_batches: yes, external_labels: {b: 5, a: true}, tailrace: {outbox: {size: "
      "4MB, when_full: block}}");
  ClientConfig expected;
  expected.url = "http://a";
  expected.name = "n";
  expected.headers = {{"X-A", "b"}, {"X-C", "5"}};
  expected.tenant_id = "012";
  expected.batch_wait = 0s;
  expected.batch_bytes = 1'000'000;
  expected.timeout = 3s;
  expected.backoff = {1s, 2s, 0};
  expected.drop_rate_limited_batches = true;
  expected.external_labels = {{"a", "true"}, {"b", "5"}};
  expected.outbox_bytes = 4U << 20U;
  expected.when_full = ClientConfig::WhenFull::kBlock;
  EXPECT_EQ(client, expected);
}

TEST(ParseClient, a_bare_integer_is_nanoseconds) {
  EXPECT_EQ(valid_client("batchwait: 1").batch_wait, 1ns);
}

TEST(ParseClient, max_retries_is_unset_unless_it_is_written) {
  EXPECT_EQ(valid_client("backoff_config: {min_period: 1s}").backoff.max_retries, std::nullopt);
  EXPECT_EQ(valid_client("backoff_config: {max_retries: 10}").backoff.max_retries, 10);
}

TEST(ParseClient, reads_basic_auth) {
  const auto auth = valid_client("basic_auth: {username: u, password: p}").http.basic_auth;
  EXPECT_EQ(auth, (BasicAuthConfig{"u", "", "p", ""}));
  EXPECT_EQ(valid_client("basic_auth: {username_file: u, password_file: p}").http.basic_auth,
            (BasicAuthConfig{"", "u", "", "p"}));
}

TEST(ParseClient, bearer_tokens_are_authorization) {
  EXPECT_EQ(valid_client("bearer_token: t").http.authorization,
            (AuthorizationConfig{"Bearer", "t", ""}));
  EXPECT_EQ(valid_client("bearer_token_file: f").http.authorization,
            (AuthorizationConfig{"Bearer", "", "f"}));
  EXPECT_EQ(valid_client("authorization: {type: Token, credentials_file: f}").http.authorization,
            (AuthorizationConfig{"Token", "", "f"}));
  EXPECT_EQ(valid_client("authorization: {credentials: c}").http.authorization,
            (AuthorizationConfig{"Bearer", "c", ""}));
  EXPECT_FALSE(valid_client("bearer_token: ''").http.authorization.has_value());
}

TEST(ParseClient, reads_oauth2) {
  const auto oauth2 = valid_client(
                          "oauth2: {client_id: i, client_secret: s, token_url: http://t, scopes: "
                          "[a, b], endpoint_params: {k: v}, tls_config: {server_name: n}, "
                          "proxy_url: http://p}")
                          .http.oauth2;
  OAuth2Config expected;
  expected.client_id = "i";
  expected.client_secret = "s";
  expected.token_url = "http://t";
  expected.scopes = {"a", "b"};
  expected.endpoint_params = {{"k", "v"}};
  expected.tls.server_name = "n";
  expected.proxy.url = "http://p";
  EXPECT_EQ(oauth2, expected);
  EXPECT_EQ(valid_client("oauth2: {client_id: i, client_secret_file: f, token_url: http://t}")
                .http.oauth2->client_secret_file,
            "f");
}

TEST(ParseClient, every_pair_of_ways_to_authenticate_is_refused) {
  const std::vector<std::string> ways = {
      "basic_auth: {username: u}", "authorization: {credentials: c}",
      "oauth2: {client_id: i, token_url: http://t}", "bearer_token: t", "bearer_token_file: f"};
  for (std::size_t i = 0; i < ways.size(); ++i) {
    EXPECT_TRUE(diagnose("clients: [{url: http://a, " + ways[i] + "}]").empty()) << ways[i];
    for (std::size_t k = i + 1; k < ways.size(); ++k) {
      EXPECT_EQ(diagnose("clients: [{url: http://a, " + ways[i] + ", " + ways[k] + "}]").size(), 1U)
          << ways[i] << " " << ways[k];
    }
  }
}

TEST(ParseClient, reads_tls) {
  const TlsConfig tls = valid_client(
                            "tls_config: {ca: a, cert: b, key: c, server_name: d, "
                            "insecure_skip_verify: true, min_version: TLS10, max_version: TLS13}")
                            .http.tls;
  TlsConfig expected;
  expected.ca = "a";
  expected.cert = "b";
  expected.key = "c";
  expected.server_name = "d";
  expected.insecure_skip_verify = true;
  expected.min_version = "TLS10";
  expected.max_version = "TLS13";
  EXPECT_EQ(tls, expected);
  const TlsConfig files =
      valid_client("tls_config: {ca_file: a, cert_file: b, key_file: c}").http.tls;
  EXPECT_EQ(files.ca_file + files.cert_file + files.key_file, "abc");
}

TEST(ParseClient, reads_proxy_and_headers) {
  const HttpClientConfig http =
      valid_client(
          "proxy_url: http://p, no_proxy: x, proxy_connect_header: {A: [b, c]}, follow_redirects: "
          "false, enable_http2: false, http_headers: {X: {values: [a], secrets: [b], files: [c]}}")
          .http;
  EXPECT_EQ(http.proxy, (ProxyConfig{"http://p", "x", false, {{"A", "b"}, {"A", "c"}}}));
  EXPECT_FALSE(http.follow_redirects);
  EXPECT_FALSE(http.enable_http2);
  EXPECT_EQ(http.http_headers, (std::vector<HeaderConfig>{{"X", {"a"}, {"b"}, {"c"}}}));
  EXPECT_TRUE(valid_client("proxy_from_environment: true").http.proxy.from_environment);
}

TEST(ParseClient, messages_hide_secrets) {
  for (const char* keys :
       {"basic_auth: {password: [hunter2]}", "bearer_token: [hunter2]",
        "authorization: {credentials: {a: hunter2}}", "tls_config: {key: [hunter2]}",
        "oauth2: {client_secret: [hunter2]}", "http_headers: {X: {secrets: hunter2}}",
        "url: 'http://u:hunter2@h:x/'"}) {
    const std::string text = std::string("clients:\n  - ") + "{" + keys + "}\n";
    const LoadResult result = load_text(text, "f", Overrides{});
    EXPECT_FALSE(result.config) << keys;
    EXPECT_EQ(format_diagnostics(result.diagnostics, "f", text).find("hunter2"), std::string::npos)
        << format_diagnostics(result.diagnostics, "f", text);
  }
}

}  // namespace
}  // namespace tailrace::config
