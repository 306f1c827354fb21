// Who we are to the server: credentials and configured headers of each request.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/result.h"
#include "config/client_config.h"
#include "http/oauth2_token.h"
#include "http/secret_file.h"
#include "http/transport.h"

namespace tailrace::http {

EndpointOptions endpoint_options(const config::TlsConfig& tls, const config::ProxyConfig& proxy);
EndpointOptions endpoint_options(const config::HttpClientConfig& config);

// Puts basic_auth, authorization, oauth2 and http_headers on requests. Secrets in files are read
// again when the file changed.
//
// Ownership: borrows file system, transport and clock.
// Threading: confined to one worker.
// Errors: a file that cannot be read or a token that cannot be fetched fails the request at hand.
class Auth {
 public:
  enum class Readiness {
    kReady,
    kTokenOnItsWay,  // Try again when it is no longer pending().
  };

  Auth(const config::HttpClientConfig& config, FileSystem& file_system, Transport& transport,
       const Clock& clock);
  Auth(const Auth&) = delete;
  Auth& operator=(const Auth&) = delete;

  // Adds to the request. A header Authorization that it has already is kept.
  Result<Readiness> apply(Request& request);

  // Whether requests wait for a token.
  bool pending() const { return token_ && token_->pending(); }
  void take_completions();
  // The server answered 401: a cached token is not used again.
  void on_unauthorized();

 private:
  // Text from the configuration, or from a file when one is named.
  class Secret {
   public:
    Secret(FileSystem& file_system, std::string text, const std::string& path);
    Result<std::string> read();

   private:
    std::string text_;
    std::optional<SecretFile> file_;
  };

  Result<Readiness> apply_credentials(Request& request);

  std::optional<std::pair<Secret, Secret>> basic_;  // User and password.
  std::string scheme_;
  std::optional<Secret> credentials_;
  std::unique_ptr<OAuth2Token> token_;
  std::vector<std::pair<std::string, Secret>> headers_;
};

// Whether `headers` has `name`, in any case of letters.
bool has_header(const std::vector<std::pair<std::string, std::string>>& headers,
                std::string_view name);

}  // namespace tailrace::http
