// One entry of `clients:` as plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/source_location.h"

namespace tailrace::config {

using TextPairs = std::vector<std::pair<std::string, std::string>>;

struct TlsConfig {
  std::string ca, ca_file, cert, cert_file, key, key_file, server_name;
  bool insecure_skip_verify = false;
  std::string min_version, max_version;
  friend bool operator==(const TlsConfig&, const TlsConfig&) = default;
};

struct ProxyConfig {
  std::string url;
  std::string no_proxy;
  bool from_environment = false;
  TextPairs connect_headers;
  friend bool operator==(const ProxyConfig&, const ProxyConfig&) = default;
};

struct BasicAuthConfig {
  std::string username, username_file, password, password_file;
  friend bool operator==(const BasicAuthConfig&, const BasicAuthConfig&) = default;
};

struct AuthorizationConfig {
  std::string type = "Bearer";
  std::string credentials, credentials_file;
  friend bool operator==(const AuthorizationConfig&, const AuthorizationConfig&) = default;
};

struct OAuth2Config {
  std::string client_id, client_secret, client_secret_file, token_url;
  std::vector<std::string> scopes;
  TextPairs endpoint_params;
  TlsConfig tls;
  ProxyConfig proxy;
  friend bool operator==(const OAuth2Config&, const OAuth2Config&) = default;
};

// One header of http_headers: its values come from text, secrets and files.
struct HeaderConfig {
  std::string name;
  std::vector<std::string> values, secrets, files;
  friend bool operator==(const HeaderConfig&, const HeaderConfig&) = default;
};

// What every HTTP client of the configuration has (also service discovery).
struct HttpClientConfig {
  std::optional<BasicAuthConfig> basic_auth;
  std::optional<AuthorizationConfig> authorization;  // bearer_token(_file) ends up here.
  std::optional<OAuth2Config> oauth2;
  TlsConfig tls;
  ProxyConfig proxy;
  bool follow_redirects = true;
  bool enable_http2 = true;  // Accepted and without effect, as in Promtail.
  std::vector<HeaderConfig> http_headers;
  friend bool operator==(const HttpClientConfig&, const HttpClientConfig&) = default;
};

struct BackoffConfig {
  std::chrono::nanoseconds min_period = std::chrono::milliseconds(500);
  std::chrono::nanoseconds max_period = std::chrono::minutes(5);
  // Total attempts. Unset: again without end (Promtail: 10; docs/compatibility.md, clients). 0: the
  // same, as in Promtail.
  std::optional<std::int64_t> max_retries;
  friend bool operator==(const BackoffConfig&, const BackoffConfig&) = default;
};

// docs/compatibility.md, clients[].
struct ClientConfig {
  enum class WhenFull { kBlock, kDropOldest };
  // What `url` speaks: Loki's push, or OTLP over HTTP.
  enum class Protocol { kLoki, kOtlp };
  std::string name;
  std::string url;
  TextPairs headers;
  std::string tenant_id;
  std::chrono::nanoseconds batch_wait = std::chrono::seconds(1);
  std::uint64_t batch_bytes = 1U << 20U;
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);
  BackoffConfig backoff;
  bool drop_rate_limited_batches = false;
  TextPairs external_labels;  // With those of the `client:` block merged under.
  HttpClientConfig http;
  Protocol protocol = Protocol::kLoki;  // tailrace: protocol.
  // tailrace: outbox share of this client; unset: the root's.
  std::optional<std::uint64_t> outbox_bytes;
  std::optional<WhenFull> when_full;
  SourceLocation location;

  friend bool operator==(const ClientConfig& a, const ClientConfig& b);  // Without location.
};

}  // namespace tailrace::config
