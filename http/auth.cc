// Who we are to the server.
#include "http/auth.h"

#include <algorithm>

namespace tailrace::http {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

EndpointOptions endpoint_options(const config::TlsConfig& tls, const config::ProxyConfig& proxy) {
  EndpointOptions options;
  options.tls = {.ca = tls.ca,
                 .ca_file = tls.ca_file,
                 .cert = tls.cert,
                 .cert_file = tls.cert_file,
                 .key = tls.key,
                 .key_file = tls.key_file,
                 .server_name = tls.server_name,
                 .insecure_skip_verify = tls.insecure_skip_verify,
                 .min_version = tls.min_version,
                 .max_version = tls.max_version};
  options.proxy_url = proxy.url;
  options.no_proxy = proxy.no_proxy;
  options.proxy_from_environment = proxy.from_environment;
  options.proxy_headers = proxy.connect_headers;
  return options;
}

EndpointOptions endpoint_options(const config::HttpClientConfig& config) {
  EndpointOptions options = endpoint_options(config.tls, config.proxy);
  options.follow_redirects = config.follow_redirects;
  return options;
}

bool has_header(const std::vector<std::pair<std::string, std::string>>& headers,
                std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [name](const auto& header) { return same_name(header.first, name); });
}

Auth::Secret::Secret(FileSystem& file_system, std::string text, const std::string& path)
    : text_(std::move(text)) {
  if (!path.empty()) file_.emplace(file_system, path);
}

Result<std::string> Auth::Secret::read() {
  if (!file_) return text_;
  return file_->read();
}

Auth::Auth(const config::HttpClientConfig& config, FileSystem& file_system, Transport& transport,
           const Clock& clock) {
  if (config.basic_auth) {
    const config::BasicAuthConfig& basic = *config.basic_auth;
    basic_.emplace(Secret(file_system, basic.username, basic.username_file),
                   Secret(file_system, basic.password, basic.password_file));
  }
  if (config.authorization) {
    const config::AuthorizationConfig& authorization = *config.authorization;
    scheme_ = authorization.type;
    credentials_.emplace(file_system, authorization.credentials, authorization.credentials_file);
  }
  if (config.oauth2) {
    token_ = std::make_unique<OAuth2Token>(*config.oauth2, file_system, transport, clock);
  }
  for (const config::HeaderConfig& header : config.http_headers) {
    for (const std::string& value : header.values) {
      headers_.emplace_back(header.name, Secret(file_system, value, ""));
    }
    for (const std::string& value : header.secrets) {
      headers_.emplace_back(header.name, Secret(file_system, value, ""));
    }
    for (const std::string& path : header.files) {
      headers_.emplace_back(header.name, Secret(file_system, "", path));
    }
  }
}

Result<Auth::Readiness> Auth::apply(Request& request) {
  if (!has_header(request.headers, "Authorization")) {
    const auto readiness = apply_credentials(request);
    if (!readiness || *readiness != Readiness::kReady) return readiness;
  }
  for (auto& [name, secret] : headers_) {
    auto value = secret.read();
    if (!value) return fail(value.error());
    request.headers.emplace_back(name, std::move(*value));
  }
  return Readiness::kReady;
}

Result<Auth::Readiness> Auth::apply_credentials(Request& request) {
  if (basic_) {
    const auto user = basic_->first.read();
    if (!user) return fail(user.error());
    const auto password = basic_->second.read();
    if (!password) return fail(password.error());
    request.basic_auth = *user + ":" + *password;
  } else if (credentials_) {
    const auto credentials = credentials_->read();
    if (!credentials) return fail(credentials.error());
    request.headers.emplace_back("Authorization", scheme_ + " " + *credentials);
  } else if (token_) {
    const auto authorization = token_->authorization();
    if (!authorization) return fail(authorization.error());
    if (!authorization->has_value()) return Readiness::kTokenOnItsWay;
    request.headers.emplace_back("Authorization", **authorization);
  }
  return Readiness::kReady;
}

void Auth::take_completions() {
  if (token_) token_->take_completions();
}

void Auth::on_unauthorized() {
  if (token_) token_->forget();
}

}  // namespace tailrace::http
