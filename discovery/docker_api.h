// Docker's Engine API: where it is, and requests to it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/result.h"
#include "config/client_config.h"
#include "config/docker_sd_config.h"
#include "http/auth.h"
#include "http/transport.h"

namespace tailrace::discovery {

// Where a daemon listens.
struct DockerEndpoint {
  std::string base_url;  // "http://docker"; paths are put behind it.
  http::EndpointOptions options;
  config::HttpClientConfig http;
};

// From `host`: unix:///path, tcp://host:port (TLS when tls_config says anything; port 2375, with
// TLS 2376), http:// and https://.
// Errors: kInvalid.
Result<DockerEndpoint> docker_endpoint(std::string_view host, const config::HttpClientConfig& http);

// {"name":["a","b"]}, percent-encoded; names in their order, those that repeat joined.
std::string docker_filters(const std::vector<config::DockerFilter>& filters);

// `name` as the end of a label's name: what is no letter, digit or underscore becomes one.
std::string docker_label_name(std::string_view prefix, std::string_view name);

// GET requests to one daemon. No version stands in the path: the daemon answers in its newest one,
// which keeps the fields that are read here.
//
// Ownership: borrows all of the world; owns its endpoint on the transport.
// Threading: confined to the transport's thread.
class DockerApi {
 public:
  struct World {
    const Clock& clock;
    FileSystem& file_system;
    http::Transport& transport;
  };
  enum class Sent {
    kYes,
    kLater,  // A token is on its way: again when it is no longer waiting().
  };

  DockerApi(DockerEndpoint endpoint, const World& world);
  ~DockerApi();
  DockerApi(const DockerApi&) = delete;
  DockerApi& operator=(const DockerApi&) = delete;

  // `number`: names the request among those of this object. `bytes_max` of the answer.
  // Errors: credentials that cannot be read.
  Result<Sent> get(std::uint32_t number, std::string_view path, http::Request::Answer answer,
                   std::size_t bytes_max = kAnswerBytesMax);
  void cancel(std::uint32_t number) { transport_.cancel(tag(number)); }
  bool waiting() const { return auth_.pending(); }

  // What has ended since the last call, with the number in Completion::tag.
  std::vector<http::Completion> take_completions();
  http::StreamPart take_stream(std::uint32_t number) { return transport_.take_stream(tag(number)); }

  static constexpr std::size_t kAnswerBytesMax = 64U << 20U;

 private:
  http::RequestTag tag(std::uint32_t number) const {
    return (static_cast<http::RequestTag>(static_cast<std::uint32_t>(number_)) << 32U) | number;
  }

  const DockerEndpoint endpoint_;
  http::Transport& transport_;
  http::Auth auth_;
  const int number_;
};

// Why an answer is none: the daemon's message, or the transport's. Empty: it is one (2xx).
std::string docker_failure(const http::Response& response);

}  // namespace tailrace::discovery
