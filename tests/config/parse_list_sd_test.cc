// file_sd_configs, http_sd_configs and dns_sd_configs: defaults and every key.
#include <variant>

#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

using namespace std::chrono_literals;

template <typename T>
T valid_discovery(const std::string& keys) {
  const ScrapeConfig job = valid_job(keys);
  EXPECT_EQ(job.discoveries.size(), 1U);
  if (job.discoveries.size() != 1) return {};
  EXPECT_TRUE(std::holds_alternative<T>(job.discoveries[0]));
  return std::get<T>(job.discoveries[0]);
}

TEST(ParseFileSd, reads_its_keys) {
  FileSdConfig expected;
  expected.files = {"/a/*.json", "b.yml"};
  EXPECT_EQ(valid_discovery<FileSdConfig>("file_sd_configs: [{files: [/a/*.json, b.yml]}]"),
            expected);
  expected.refresh_interval = 24h;
  EXPECT_EQ(valid_discovery<FileSdConfig>(
                "file_sd_configs: [{files: [/a/*.json, b.yml], refresh_interval: 1d}]"),
            expected);
}

TEST(ParseHttpSd, reads_its_keys) {
  HttpSdConfig expected;
  expected.url = "https://a/b?c=d";
  EXPECT_EQ(expected.refresh_interval, 60s);
  EXPECT_EQ(valid_discovery<HttpSdConfig>("http_sd_configs: [{url: 'https://a/b?c=d'}]"), expected);
  expected.refresh_interval = 1s;
  expected.http.authorization = AuthorizationConfig{"Bearer", "t", ""};
  expected.http.tls.ca_file = "/ca";
  EXPECT_EQ(valid_discovery<HttpSdConfig>(
                "http_sd_configs: [{url: 'https://a/b?c=d', refresh_interval: 1s, bearer_token: t, "
                "tls_config: {ca_file: /ca}}]"),
            expected);
}

TEST(ParseDnsSd, reads_its_keys) {
  DnsSdConfig expected;
  expected.names = {"a", "b"};
  EXPECT_EQ(expected.refresh_interval, 30s);
  EXPECT_EQ(valid_discovery<DnsSdConfig>("dns_sd_configs: [{names: [a, b]}]"), expected);
  expected.type = DnsSdConfig::Type::kMx;
  expected.port = 25;
  expected.refresh_interval = 10s;
  EXPECT_EQ(valid_discovery<DnsSdConfig>(
                "dns_sd_configs: [{names: [a, b], type: mx, port: 25, refresh_interval: 10s}]"),
            expected);
}

}  // namespace
}  // namespace tailrace::config
