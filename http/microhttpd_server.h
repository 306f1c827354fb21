// The HTTP server on libmicrohttpd.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "http/listening_socket.h"
#include "http/responder.h"
#include "http/server.h"
#include "http/tls_options.h"

struct MHD_Daemon;

namespace tailrace::http {

// Ownership: owns the listening socket and one thread; borrows what Options points to.
// Threading: the handler runs on the server's thread; destroy on any other. The destructor refuses
// new requests and waits for those that are open, `shutdown_timeout` at most; with an AsyncHandler
// only for answers that are on their way: what waits for one gets 503.
// Time: timeouts are of silence, in whole seconds (rounded up; 0: none).
// Memory: up to `body_bytes_max` of each connection's body, `bodies_bytes_max` of all; a longer one
//   is answered with 413, one too many with 503.
class MicrohttpdServer final : public Server {
 public:
  using Network = http::Network;
  static constexpr std::uint32_t kConnectionsMax = 1000;
  // An answer that is known by the headers.
  using EarlyAnswer = std::function<std::optional<ServerResponse>(const ServerRequest&)>;
  struct Options {
    Network network = Network::kAny;
    // A socket that listens already: the server works with a duplicate. -1: it opens its own.
    int listen_descriptor = -1;
    // Listens on this file and not on the network; only its owner may connect (local_socket.h).
    std::string local_socket;
    std::string address;                              // Empty: all interfaces.
    std::uint16_t port = 0;                           // 0: any free one.
    std::uint32_t connections_max = 0;                // 0: kConnectionsMax.
    std::chrono::nanoseconds read_header_timeout{0};  // 0: as read_timeout.
    std::chrono::nanoseconds read_timeout = std::chrono::seconds(30);
    std::chrono::nanoseconds write_timeout = std::chrono::seconds(30);
    std::chrono::nanoseconds idle_timeout = std::chrono::minutes(2);  // 0: as read_timeout.
    // How long the destructor waits for requests that are open, for all of them together.
    std::chrono::nanoseconds shutdown_timeout{0};
    std::uint64_t body_bytes_max = 1U << 20U;  // 0: bodies are read, and nothing is kept of them.
    // The same for one request, asked when its headers are there; null: as above for all.
    RequestLimit body_limit;
    // Asked when a request's headers are there. When it says no, the handler is called at once,
    // the body is not read, and the connection ends with the answer. Null: every body is read.
    RequestTest reads_body;
    // The same in one: an answer given here is the answer, the handler is not called.
    EarlyAnswer answers_early;
    // Of all bodies that are being received, as far as they have come, or wait for their answer;
    // 0: no limit.
    std::uint64_t bodies_bytes_max = 0;
    // With a clock, `read_timeout` is also the longest that one body may take in all.
    const Clock* clock = nullptr;
    ServerTlsOptions tls;                // Without a certificate: plain HTTP.
    MetricValue* connections = nullptr;  // Set to how many are open; may be null.
    Log* log = nullptr;                  // For trouble while it runs; may be null.
  };

  static Result<std::unique_ptr<MicrohttpdServer>> create(Options options, RequestHandler handler);
  static Result<std::unique_ptr<MicrohttpdServer>> create_async(Options options,
                                                                AsyncHandler handler);

  struct State;
  // For create() only.
  explicit MicrohttpdServer(std::unique_ptr<State> state);
  ~MicrohttpdServer() override;

  std::uint16_t port() const override;  // 0 on a local socket.

  // Takes no new connections from now on; those that are there stay.
  void stop_listening();

 private:
  static Result<std::unique_ptr<MicrohttpdServer>> listening(std::unique_ptr<State> state);
  static Result<std::unique_ptr<MicrohttpdServer>> started(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace tailrace::http
