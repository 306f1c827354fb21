// `client`, entries of `clients`, and the keys that every HTTP client has.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/names.h"
#include "config/parse.h"
#include "config/secrets.h"
#include "config/url_check.h"

namespace tailrace::config {
namespace {

using std::chrono::nanoseconds;

// Headers that only the program itself sets (docs/compatibility.md, clients).
constexpr std::array<std::string_view, 15> kReservedHeaders = {
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "user-agent",
    "www-authenticate",
    "x-prometheus-remote-read-version",
    "x-prometheus-remote-write-version",
    "x-prometheus-scrape-timeout-seconds"};

int count_set(std::initializer_list<const std::string*> texts) {
  return static_cast<int>(std::count_if(texts.begin(), texts.end(),
                                        [](const std::string* text) { return !text->empty(); }));
}

// Reports when more than one of the texts is set.
void check_one_of(Fields& fields, std::string_view at, std::string_view names,
                  std::initializer_list<const std::string*> texts) {
  if (count_set(texts) > 1) fields.error(at, fmt::format("at most one of {} may be set", names));
}

void check_url(Fields& fields, std::string_view key, const std::string& url) {
  if (const auto fault = find_url_fault(url)) fields.error(key, "not a valid URL: " + *fault);
  if (shown_url(url) == url && url.find("***") != std::string::npos) {
    fields.warning(key, "has *** where a configuration dump hides what was there");
  }
}

void parse_tls(Fields& parent, TlsConfig& tls) {
  auto fields = parent.block("tls_config");
  if (!fields) return;
  parse_tls_keys(*fields, tls);
  fields->finish();
}

void parse_proxy(Fields& fields, ProxyConfig& proxy) {
  fields.read("proxy_url", proxy.url);
  fields.read("no_proxy", proxy.no_proxy);
  fields.read("proxy_from_environment", proxy.from_environment);
  if (const YamlNode* headers = fields.map("proxy_connect_header")) {
    for (const YamlEntry& entry : headers->entries) {
      std::vector<std::string> values;
      Fields header =
          Fields::strict(*headers, fields.path_of("proxy_connect_header"), fields.report());
      header.read_secrets(entry.key, values);
      for (std::string& value : values) {
        proxy.connect_headers.emplace_back(entry.key, std::move(value));
      }
    }
  }
  check_url(fields, "proxy_url", proxy.url);
  if (proxy.from_environment && !proxy.url.empty()) {
    fields.error("proxy_from_environment", "excludes proxy_url");
  }
  if (proxy.from_environment && !proxy.no_proxy.empty()) {
    fields.error("proxy_from_environment", "excludes no_proxy");
  }
  if (!proxy.from_environment && !proxy.no_proxy.empty() && proxy.url.empty()) {
    fields.error("no_proxy", "needs proxy_url");
  }
  if (!proxy.connect_headers.empty() && proxy.url.empty() && !proxy.from_environment) {
    fields.error("proxy_connect_header", "needs proxy_url or proxy_from_environment");
  }
}

void parse_basic_auth(Fields fields, BasicAuthConfig& auth) {
  fields.read("username", auth.username);
  fields.read("username_file", auth.username_file);
  fields.read_secret("password", auth.password);
  fields.read("password_file", auth.password_file);
  for (const char* key : {"username_ref", "password_ref"})
    fields.not_yet_supported(key);
  check_one_of(fields, "username_file", "username and username_file",
               {&auth.username, &auth.username_file});
  check_one_of(fields, "password_file", "password and password_file",
               {&auth.password, &auth.password_file});
  fields.finish();
}

void parse_authorization(Fields fields, AuthorizationConfig& authorization) {
  std::string type;
  fields.read("type", type);
  if (!type.empty()) authorization.type = type;
  fields.read_secret("credentials", authorization.credentials);
  fields.read("credentials_file", authorization.credentials_file);
  fields.not_yet_supported("credentials_ref");
  if (equal_ignoring_case(type, "basic")) fields.error("type", "may not be basic: use basic_auth");
  check_one_of(fields, "credentials_file", "credentials and credentials_file",
               {&authorization.credentials, &authorization.credentials_file});
  fields.finish();
}

void parse_oauth2(Fields fields, OAuth2Config& oauth2) {
  fields.read("client_id", oauth2.client_id);
  fields.read_secret("client_secret", oauth2.client_secret);
  fields.read("client_secret_file", oauth2.client_secret_file);
  fields.read("token_url", oauth2.token_url);
  fields.read("scopes", oauth2.scopes);
  fields.read("endpoint_params", oauth2.endpoint_params);
  fields.not_yet_supported("client_secret_ref");
  parse_tls(fields, oauth2.tls);
  parse_proxy(fields, oauth2.proxy);
  if (oauth2.client_id.empty()) fields.error("client_id", "is required");
  if (oauth2.token_url.empty()) {
    fields.error("token_url", "is required");
  } else {
    check_url(fields, "token_url", oauth2.token_url);
  }
  check_one_of(fields, "client_secret_file", "client_secret and client_secret_file",
               {&oauth2.client_secret, &oauth2.client_secret_file});
  fields.finish();
}

// bearer_token and bearer_token_file are another way to write authorization.
void parse_credentials(Fields& fields, HttpClientConfig& http) {
  std::string token;
  std::string token_file;
  if (auto block = fields.block("basic_auth")) {
    parse_basic_auth(std::move(*block), http.basic_auth.emplace());
  }
  if (auto block = fields.block("authorization")) {
    parse_authorization(std::move(*block), http.authorization.emplace());
  }
  if (auto block = fields.block("oauth2")) parse_oauth2(std::move(*block), http.oauth2.emplace());
  fields.read_secret("bearer_token", token);
  fields.read("bearer_token_file", token_file);
  check_one_of(fields, "bearer_token_file", "bearer_token and bearer_token_file",
               {&token, &token_file});
  const bool has_token = !token.empty() || !token_file.empty();
  const int ways = (http.basic_auth ? 1 : 0) + (http.authorization ? 1 : 0) +
                   (http.oauth2 ? 1 : 0) + (has_token ? 1 : 0);
  if (ways > 1) {
    const char* at = has_token     ? (token.empty() ? "bearer_token_file" : "bearer_token")
                     : http.oauth2 ? "oauth2"
                                   : "authorization";
    fields.error(at,
                 "at most one of basic_auth, authorization, oauth2 and bearer_token(_file) may be "
                 "set");
  } else if (has_token) {
    AuthorizationConfig& authorization = http.authorization.emplace();
    authorization.credentials = std::move(token);
    authorization.credentials_file = std::move(token_file);
  }
}

void parse_http_headers(Fields& fields, HttpClientConfig& http) {
  const YamlNode* headers = fields.map("http_headers");
  if (headers == nullptr) return;
  const std::string path = fields.path_of("http_headers");
  for (const YamlEntry& entry : headers->entries) {
    Fields header =
        Fields::strict(*entry.value, fmt::format("{}.{}", path, entry.key), fields.report());
    HeaderConfig& config = http.http_headers.emplace_back();
    config.name = entry.key;
    header.read("values", config.values);
    header.read_secrets("secrets", config.secrets);
    header.read("files", config.files);
    header.finish();
    const std::string lower = to_lower_ascii(entry.key);
    if (std::find(kReservedHeaders.begin(), kReservedHeaders.end(), lower) !=
        kReservedHeaders.end()) {
      fields.report().error({header.path(), entry.line, entry.column},
                            fmt::format("the header \"{}\" may not be set", entry.key));
    }
  }
}

void parse_backoff(Fields fields, BackoffConfig& backoff) {
  fields.read("min_period", backoff.min_period);
  fields.read("max_period", backoff.max_period);
  fields.read("max_retries", backoff.max_retries);
  fields.refuse("minbackoff", "`minbackoff` was replaced by `min_period`");
  fields.refuse("maxbackoff", "`maxbackoff` was replaced by `max_period`");
  fields.refuse("maxretries", "`maxretries` was replaced by `max_retries`");
  refuse_negative(fields, "min_period", backoff.min_period);
  refuse_negative(fields, "max_period", backoff.max_period);
  if (backoff.max_retries && *backoff.max_retries < 0) {
    fields.error("max_retries", "may not be negative (0: again without end)");
  }
  fields.finish();
}

// Names and values that would break the request are refused.
void parse_headers(Fields& fields, TextPairs& headers) {
  fields.read("headers", headers);
  for (const auto& [name, value] : headers) {
    const auto is_token_byte = [](char c) {
      return c > ' ' && static_cast<unsigned char>(c) < 0x7f && c != ':';
    };
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_token_byte)) {
      fields.error("headers", fmt::format("\"{}\" is not a header name", name));
    }
    if (value.find_first_of("\r\n") != std::string::npos) {
      fields.error("headers", fmt::format("the value of \"{}\" has a line break", name));
    }
  }
}

}  // namespace

void parse_tls_keys(Fields& fields, TlsConfig& tls) {
  fields.read("ca", tls.ca);
  fields.read("ca_file", tls.ca_file);
  fields.read("cert", tls.cert);
  fields.read("cert_file", tls.cert_file);
  fields.read_secret("key", tls.key);
  fields.read("key_file", tls.key_file);
  fields.read("server_name", tls.server_name);
  fields.read("insecure_skip_verify", tls.insecure_skip_verify);
  fields.read("min_version", tls.min_version);
  fields.read("max_version", tls.max_version);
  for (const char* key : {"ca_ref", "cert_ref", "key_ref"})
    fields.not_yet_supported(key);
  check_one_of(fields, "ca_file", "ca and ca_file", {&tls.ca, &tls.ca_file});
  check_one_of(fields, "cert_file", "cert and cert_file", {&tls.cert, &tls.cert_file});
  check_one_of(fields, "key_file", "key and key_file", {&tls.key, &tls.key_file});
  const bool has_cert = count_set({&tls.cert, &tls.cert_file}) != 0;
  const bool has_key = count_set({&tls.key, &tls.key_file}) != 0;
  if (has_cert && !has_key) {
    fields.error("cert", "a client certificate needs its key: set key or key_file");
  }
  if (has_key && !has_cert) {
    fields.error("key_file", "a client key needs its certificate: set cert or cert_file");
  }
  constexpr std::array<std::string_view, 4> kVersions = {"TLS10", "TLS11", "TLS12", "TLS13"};
  for (const auto& [key, version] :
       {std::pair<const char*, const std::string&>{"min_version", tls.min_version},
        {"max_version", tls.max_version}}) {
    if (!version.empty() &&
        std::find(kVersions.begin(), kVersions.end(), version) == kVersions.end()) {
      fields.error(key, fmt::format("must be TLS10, TLS11, TLS12 or TLS13, not \"{}\"", version));
    }
  }
  if (!tls.max_version.empty() && tls.min_version > tls.max_version) {
    fields.error("min_version", "is newer than max_version");
  }
}

void parse_http_client(Fields& fields, HttpClientConfig& http) {
  parse_credentials(fields, http);
  parse_tls(fields, http.tls);
  parse_proxy(fields, http.proxy);
  parse_http_headers(fields, http);
  fields.read("follow_redirects", http.follow_redirects);
  fields.read("enable_http2", http.enable_http2);
}

void parse_client(Fields fields, ClientConfig& client) {
  fields.read("name", client.name);
  fields.read("url", client.url);
  parse_headers(fields, client.headers);
  fields.read("tenant_id", client.tenant_id);
  fields.read("batchwait", client.batch_wait);
  fields.read("batchsize", client.batch_bytes);
  fields.read("timeout", client.timeout);
  fields.read("drop_rate_limited_batches", client.drop_rate_limited_batches);
  if (auto backoff = fields.block("backoff_config")) {
    parse_backoff(std::move(*backoff), client.backoff);
  }
  parse_external_labels(fields, client.external_labels);
  parse_http_client(fields, client.http);
  if (auto tailrace = fields.block("tailrace")) {
    if (auto outbox = tailrace->block("outbox")) {
      parse_outbox_size(*outbox, client.outbox_bytes);
      parse_when_full(*outbox, client.when_full);
      outbox->finish();
    }
    std::optional<std::string> protocol;
    tailrace->read("protocol", protocol);
    if (protocol && *protocol == "otlp") {
      client.protocol = ClientConfig::Protocol::kOtlp;
    } else if (protocol && *protocol != "loki") {
      tailrace->error("protocol", fmt::format("must be loki or otlp, not \"{}\"", *protocol));
    }
    tailrace->finish();
  }
  refuse_negative(fields, "batchwait", client.batch_wait);
  check_url(fields, "url", client.url);
  if (!client.url.empty() && !has_http_scheme(client.url) && !find_url_fault(client.url)) {
    fields.warning("url", "should begin with http:// or https://");
  }
  constexpr const char* kLagLabels = "`stream_lag_labels` was removed in 3.0 and has no successor";
  fields.refuse("stream_lag_labels", kLagLabels);
  fields.finish();
}

}  // namespace tailrace::config
