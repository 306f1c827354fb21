// Dumps of the effective configuration load again to the same.
#include "config/dump_config.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

constexpr const char* kJob =
    "scrape_configs:\n  - job_name: a\n    static_configs: [{labels: {__path__: /a}}]\n";

TEST(DumpConfig, shows_what_the_file_says_with_defaults_and_flags) {
  Overrides overrides;
  overrides.positions_file = "/p.yaml";
  const Config config = valid(
      "clients: [{url: http://a/push, external_labels: {env: x}}]\nlimits_config: "
      "{max_line_size: 256kb}\n",
      overrides);
  const std::string text = dump_config(config);
  EXPECT_NE(text.find("clients:\n"
                      "  - url: http://a/push\n"
                      "    batchwait: 1s\n"
                      "    batchsize: 1048576\n"
                      "    follow_redirects: true\n"
                      "    enable_http2: true\n"
                      "    backoff_config:\n"
                      "      min_period: 500ms\n"
                      "      max_period: 5m0s\n"
                      "    external_labels:\n"
                      "      env: x\n"
                      "    timeout: 10s\n"
                      "    tenant_id: \"\"\n"
                      "    drop_rate_limited_batches: false\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  filename: /p.yaml\n"), std::string::npos);
  EXPECT_NE(text.find("  max_line_size: 262144\n"), std::string::npos);
}

TEST(DumpConfig, hides_secrets_and_nothing_else) {
  const Config config = valid(std::string(R"(clients:
  - url: "http://user:geheim1'@a/push?token=geheim15"
    basic_auth: {username: me, password: geheim2}
    headers: {X-A: geheim3}
    http_headers: {X-B: {values: [geheim4], secrets: [geheim5], files: [/f]}}
  - url: http://b
    authorization: {credentials: geheim6}
    tls_config: {cert: "-----BEGIN PRIVATE KEY----- geheim16", key: geheim7}
    proxy_url: http://user:geheim8@proxy
    proxy_connect_header: {X-C: [geheim9, geheim10], X-D: [geheim11]}
  - url: http://c
    oauth2: {client_id: i, client_secret: geheim12, token_url: "http://u:geheim13@t", endpoint_params: {p: geheim14}}
server: {http_tls_config: {cert: c, key: geheim15}}
tailrace: {server: {basic_auth: {username: prometheus, password: geheim16}}}
)") + kJob);
  const std::string text = dump_config(config);
  EXPECT_EQ(text.find("geheim"), std::string::npos) << text;
  for (const char* shown : {"username: me", "http://***@a/push?***", "- /f", "client_id: i",
                            "cert: c", "X-D:", "username: prometheus"}) {
    EXPECT_NE(text.find(shown), std::string::npos) << shown;
  }
  const LoadResult again = load_text(text, "dump", Overrides{});
  ASSERT_TRUE(again.config.has_value()) << format_diagnostics(again.diagnostics, "dump", text);
  EXPECT_EQ(dump_config(*again.config), text);
}

TEST(DumpConfig, keeps_jobs_as_they_were_written) {
  const Config config = valid(R"(clients: [{url: http://a}]
scrape_configs:
  - job_name: "1"
    pipeline_stages:
      - regex: {expression: 'https://(?P<user>\S+)@'}
      - labels: {password: user, "y": }
      - template: {source: a, template: "{{ .Value }}\n\ttab \"x\" "}
      - drop: {older_than: 24h, value: "5", source: [a]}
      - match:
          selector: '{job="x"}'
          stages: [{cri: {}}, {metrics: {m: {type: Counter, config: {action: inc, match_all: true}}}}]
    static_configs:
      - targets: []
        labels: {__path__: "/a b", token: "x: #y", num: 0x10}
)");
  const Config again = valid(dump_config(config));
  EXPECT_EQ(again, config) << dump_config(config);
  EXPECT_EQ(dump_config(again), dump_config(config));
}

TEST(DumpConfig, every_good_case_loads_again_to_the_same) {
  std::size_t compared = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(TAILRACE_SOURCE_DIR "/tests/cases/config/good")) {
    std::ifstream stream(file.path(), std::ios::binary);
    std::ostringstream content;
    content << stream.rdbuf();
    const LoadResult first = load_text(content.str(), "", Overrides{});
    if (!first.config || first.config->target.stdin_source) continue;
    const std::string text = dump_config(*first.config);
    const LoadResult again = load_text(text, "dump", Overrides{});
    ASSERT_TRUE(again.config.has_value()) << file.path() << "\n"
                                          << format_diagnostics(again.diagnostics, "dump", text);
    EXPECT_EQ(dump_config(*again.config), text) << file.path();
    const bool masked = text.find("<secret>") != std::string::npos ||
                        text.find("***") != std::string::npos;  // Of a URL.
    if (masked) continue;
    EXPECT_EQ(*again.config, *first.config) << file.path() << "\n" << text;
    ++compared;
  }
  EXPECT_GE(compared, 10U);
}

TEST(DumpClient, begins_in_the_first_column) {
  const Config config = valid(
      "clients: [{url: http://a, name: two, tailrace: {outbox: {size: 2MB, "
      "when_full: drop_oldest}}}]\n");
  const std::string text = dump_client(config.clients.front());
  EXPECT_EQ(text.find("name: two\nurl: http://a\n"), 0U);
  EXPECT_NE(text.find("tailrace:\n  outbox:\n    size: 2097152\n    when_full: drop_oldest\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace tailrace::config
