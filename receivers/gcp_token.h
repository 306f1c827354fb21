// Access tokens for Google's APIs: by a service account's key, a user's login, or the machine's.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/result.h"
#include "http/transport.h"

namespace tailrace::receivers {

// How Google's servers are reached: by the environment's proxy, if there is one.
http::EndpointOptions google_endpoint();

// What a credentials file says; kMachine without one: the metadata server of Google's machines.
struct GcpCredentials {
  enum class Kind { kNone, kServiceAccount, kUser, kMachine };
  Kind kind = Kind::kMachine;
  std::string token_url;
  std::string email, key_id, private_key;               // kServiceAccount.
  std::string client_id, client_secret, refresh_token;  // kUser.
};

// Errors: kInvalid for what is no such file.
Result<GcpCredentials> parse_gcp_credentials(std::string_view json);

// The signed assertion of a service account (RFC 7523, RS256), an hour long.
// Errors: kInvalid when the key cannot be used.
Result<std::string> sign_gcp_assertion(const GcpCredentials& credentials, std::string_view scope,
                                       std::int64_t now_seconds);

// Fetches a token when one is asked for, and keeps it until five minutes before it ends.
//
// Ownership: borrows file system, transport and clocks; has an endpoint of the transport.
// Threading: confined to one worker.
// Errors: a token that cannot be fetched: authorization() says why; the next call tries again.
class GcpToken {
 public:
  struct Options {
    std::string credentials_path;  // GOOGLE_APPLICATION_CREDENTIALS; empty: the machine's.
    std::string metadata_host = "metadata.google.internal";  // GCE_METADATA_HOST.
    // Of an emulator: nothing is asked for, and authorization() is empty.
    enum class Wanted { kNo, kYes } wanted = Wanted::kYes;
  };

  GcpToken(Options options, FileSystem& file_system, http::Transport& transport,
           const Clock& clock);
  ~GcpToken();
  GcpToken(const GcpToken&) = delete;
  GcpToken& operator=(const GcpToken&) = delete;

  // The value of the header Authorization; nothing while it is on its way.
  Result<std::optional<std::string>> authorization();
  void take_completions();
  // It is on its way.
  bool pending() const { return in_flight_; }
  // The server did not take it.
  void forget() { authorization_.clear(); }

 private:
  Status fetch();
  Result<http::Request> request(const GcpCredentials& credentials);

  const Options options_;
  FileSystem& file_system_;
  http::Transport& transport_;
  const Clock& clock_;
  const int endpoint_;
  std::string authorization_;
  SteadyTime expires_ = SteadyTime::max();
  std::string body_;  // Of the request in flight.
  bool in_flight_ = false;
  std::optional<Error> error_;  // Of the last fetch; told once.
};

}  // namespace tailrace::receivers
