// What one kind of pusher speaks: its paths, its bodies, its answers.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/server.h"
#include "receivers/pushed_lines.h"

namespace tailrace::receivers {

// Why a request is not taken. Nothing of it is: who sends it again sends it whole.
struct Refusal {
  int status = 400;
  std::string reason;   // For the metric of it, one of few words.
  std::string message;  // For the sender.
};

// A protocol of a PushReceiver.
//
// Threading: routes() and what answers are called from any thread, decode() on the worker.
class PushFormat {
 public:
  struct Route {
    std::string_view path;
    std::string_view name;  // For the label `route` of metrics.
  };

  virtual ~PushFormat() = default;

  // Where it takes POSTs.
  virtual std::span<const Route> routes() const = 0;

  // The request's lines, into `lines`, which is empty. They view into the request, into `lines` and
  // into memory of this object that lives until the next call. Deterministic: the same request has
  // the same lines in the same order (a repeat is gone on with behind what was taken of it).
  virtual std::optional<Refusal> decode(const http::ServerRequest& request, PushedLines& lines) = 0;

  // Two requests with the same bytes are the same request sent twice, as what is in it has a time
  // or a name of its own.
  virtual bool knows_repeats(const http::ServerRequest& /*request*/) const { return true; }

  virtual http::ServerResponse taken(const http::ServerRequest& /*request*/) const {
    return {.status = 204, .body = {}, .headers = {}};
  }
  virtual http::ServerResponse refused(const http::ServerRequest& /*request*/,
                                       const Refusal& refusal) const {
    return {.status = refusal.status, .body = refusal.message + "\n", .headers = {}};
  }
};

// The value of a header; empty when it is not there. `name` in lower case.
inline std::string_view header_of(const http::ServerRequest& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string_view{} : std::string_view(found->second);
}

}  // namespace tailrace::receivers
