// Asks a server on a local socket; waits for the answer.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace::http {

struct LocalResponse {
  int status = 0;
  std::string body;
};

// For the commands of this program that talk to a daemon on the same machine.
//
// Ownership: owns the connection, which is kept between requests.
// Threading: confined to one thread, which blocks.
class LocalClient {
 public:
  static Result<std::unique_ptr<LocalClient>> create(std::string socket_path);
  ~LocalClient();
  LocalClient(const LocalClient&) = delete;
  LocalClient& operator=(const LocalClient&) = delete;

  // `path` with its query. A body is sent as application/json.
  // Errors: what connect() says (ENOENT, ECONNREFUSED: nobody is there; EACCES), ETIMEDOUT, or
  //   kOther; the message names the socket.
  Result<LocalResponse> get(const std::string& path);
  Result<LocalResponse> post(const std::string& path, const std::string& body);
  Result<LocalResponse> remove(const std::string& path);  // DELETE

  // How long each request from now on may take; 30 s before that. At least 1 ms.
  void set_timeout(std::chrono::milliseconds timeout);

  // A value for the query: all but letters, digits and "-._~" as %XX.
  static std::string escaped(std::string_view text);

  struct State;
  // For create() only.
  explicit LocalClient(std::unique_ptr<State> state);

 private:
  Result<LocalResponse> perform(const char* method, const std::string& path);

  const std::unique_ptr<State> state_;
};

}  // namespace tailrace::http
