// HTTP requests without waiting: curl's in production, a scripted twin in tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/tls_options.h"

namespace tailrace::http {

// What stays the same for all requests to one endpoint: connection, TLS, proxy, redirects.
struct EndpointOptions {
  TlsOptions tls = {};
  std::string proxy_url = {};  // Empty: none.
  std::string no_proxy = {};   // Comma list, as the environment variable.
  bool proxy_from_environment = false;
  std::vector<std::pair<std::string, std::string>> proxy_headers = {};  // For CONNECT.
  bool follow_redirects = true;
  // Connects to this socket in the file system, whatever host the URL names; empty: none.
  std::string unix_socket = {};
  friend bool operator==(const EndpointOptions&, const EndpointOptions&) = default;
};

// One request. The views must stay valid until its completion.
struct Request {
  enum class Answer {
    kWhole,   // The body comes with the completion.
    kStream,  // It is taken by take_stream() as it comes, also one that never ends.
  };
  std::string method = "POST";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::string_view> body;  // Sent one behind the other, without being joined.
  // For the whole attempt; of a stream: until its connection stands.
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);
  // "user:password" for basic authentication; empty: none.
  std::string basic_auth;
  Answer answer = Answer::kWhole;
  // kWhole: what is kept of the body, decompressed. More makes the request fail, unless it is the
  // default: of what nobody reads as a whole the beginning is enough.
  static constexpr std::size_t kBodyBytesMax = 64U << 10U;
  std::size_t body_bytes_max = kBodyBytesMax;
  // The name of a header of the answer that is wanted, too; empty: none.
  std::string wanted_header = {};
};

// What came back.
struct Response {
  int status = 0;  // 0: no answer; then `error` says why.
  std::string error = {};
  bool too_long = false;  // That is why: the body was longer than body_bytes_max.
  std::string body = {};  // Up to body_bytes_max; of a stream: what nobody took before its end.
  std::string content_type = {};
  std::chrono::seconds retry_after{0};  // From Retry-After (seconds or date); 0: none.
  std::string wanted_header = {};       // The value of Request::wanted_header.
};

// Names a request in flight; chosen by the caller, unique on the transport while in flight: parties
// that share a transport put the number of their endpoint into the upper 32 bits.
using RequestTag = std::uint64_t;

// What a stream brought since the last look.
struct StreamPart {
  int status = 0;  // 0: the server has not answered yet.
  std::string bytes;
};

struct Completion {
  RequestTag tag = 0;
  Response response;
};

// Sends requests to endpoints.
//
// Ownership: does not own bodies.
// Threading: confined to one worker, on its event loop.
// Errors: a request that cannot even start completes with status 0.
class Transport {
 public:
  virtual ~Transport() = default;
  // Endpoints are registered once; the options are compiled into reusable handles.
  virtual int add_endpoint(const EndpointOptions& options) = 0;
  // Gives its requests up, too; no completions follow.
  virtual void remove_endpoint(int endpoint) = 0;
  virtual void submit(int endpoint, RequestTag tag, const Request& request) = 0;
  // Gives the request up; no completion follows.
  virtual void cancel(RequestTag tag) = 0;
  // Completions of this endpoint's requests since the last call: several parties share a transport,
  // each with endpoints of its own.
  virtual std::vector<Completion> take_completions(int endpoint) = 0;
  // Of a request in flight with Answer::kStream. At most kStreamBytesMax (and one piece of the
  // network) wait here; then the connection is not read until they are taken.
  virtual StreamPart take_stream(RequestTag /*tag*/) { return {}; }  // Who has no streams.
  static constexpr std::size_t kStreamBytesMax = 256U << 10U;
  // When take_completions() has something to do without an event; SteadyTime::max(): nothing.
  virtual SteadyTime next_deadline() const { return SteadyTime::max(); }
};

}  // namespace tailrace::http
