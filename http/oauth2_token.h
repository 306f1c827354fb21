// An OAuth2 access token by client credentials, fetched when it is needed.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/result.h"
#include "config/client_config.h"
#include "http/secret_file.h"
#include "http/transport.h"

namespace tailrace::http {

// Fetches the token through the shipper's transport and keeps it until shortly before it expires.
// The credentials go as basic authentication; a server that refuses that gets them in the form, and
// what worked is remembered.
//
// Ownership: borrows transport, file system and clock.
// Threading: confined to one worker.
class OAuth2Token {
 public:
  OAuth2Token(config::OAuth2Config config, FileSystem& file_system, Transport& transport,
              const Clock& clock);
  ~OAuth2Token();
  OAuth2Token(const OAuth2Token&) = delete;
  OAuth2Token& operator=(const OAuth2Token&) = delete;

  // The value of the header Authorization; none while the token is on its way. Fails when it could
  // not be fetched just now; a later call tries again.
  Result<std::optional<std::string>> authorization();
  bool pending() const { return in_flight_; }

  void take_completions();

  // The server did not take the token: the next call fetches another.
  void forget() { authorization_.clear(); }

 private:
  enum class Style { kUnknown, kHeader, kForm };

  Status fetch();
  Status submit(Style style);
  void on_completion(const Response& response);
  // Requests of others have small numbers, and no two tokens have the same endpoint.
  RequestTag tag() const { return ~static_cast<RequestTag>(endpoint_); }

  const config::OAuth2Config config_;
  Transport& transport_;
  const Clock& clock_;
  std::optional<SecretFile> secret_file_;
  const int endpoint_;

  std::string authorization_;  // Empty: there is no token.
  SteadyTime expires_ = SteadyTime::max();
  Style style_ = Style::kUnknown;  // What worked.
  Style sent_ = Style::kUnknown;   // What is in flight.
  bool in_flight_ = false;
  std::string body_;            // Of the request in flight.
  std::optional<Error> error_;  // Of the last fetch.
  SteadyTime failed_at_{};
};

}  // namespace tailrace::http
