// The other end of an HTTP connection, as raw as a test wants it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "tests/support/certificates.h"

namespace tailrace::testing {

// A listening socket on loopback; each connection is served by a thread of its own.
//
// Threading: `answer` runs on the threads of the connections.
class HttpPeer {
 public:
  struct Received {
    std::string request;                  // Head and body as they came.
    int connection = 0;                   // From 1, in the order they were accepted.
    std::string client_certificate_name;  // Empty: it showed none.
    std::string server_name;              // That the client asked for by TLS.
  };
  // What is sent back; an empty text closes the connection.
  using Answer = std::function<std::string(const Received&)>;

  struct Tls {
    Identity identity;
    std::string client_authority;  // Not empty: a certificate of this authority is demanded.
  };

  explicit HttpPeer(Answer answer);
  HttpPeer(Tls tls, Answer answer);
  ~HttpPeer();
  HttpPeer(const HttpPeer&) = delete;
  HttpPeer& operator=(const HttpPeer&) = delete;

  std::uint16_t port() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// "HTTP/1.1 200 OK" with a body; `headers` are whole lines with their \r\n.
std::string http_answer(const std::string& status, const std::string& body,
                        const std::string& headers = {});

}  // namespace tailrace::testing
