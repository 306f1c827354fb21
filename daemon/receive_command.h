// `tailrace receive`: a small Loki to look at what is sent.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/result.h"
#include "http/server.h"
#include "receivers/push_request.h"

namespace tailrace::daemon {

struct ReceiveOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 3100;
  std::size_t keep = 1000;  // Entries kept in memory.
  int answer_status = 204;  // Rehearsal of failures: what pushes are answered with.
  enum class Output { kText, kColour, kJson } output = Output::kText;
  bool help = false;
};

// Flags as for the main program. Errors: kInvalid, with the words for the user.
Result<ReceiveOptions> parse_receive_options(std::span<const char* const> arguments);
std::string receive_help_text();

// Answers like Loki (docs/how-to/receive.md): POST /loki/api/v1/push, GET /ready, GET /entries (the
// last ones, as JSON lines).
//
// Threading: answer() on the server's thread.
class PushReceiver {
 public:
  PushReceiver(ReceiveOptions options, std::function<void(std::string_view)> print);

  http::ServerResponse answer(const http::ServerRequest& request);
  std::uint64_t entries() const;

 private:
  http::ServerResponse push(const http::ServerRequest& request);
  std::string render(const receivers::PushedEntry& entry) const;

  const ReceiveOptions options_;
  const std::function<void(std::string_view)> print_;
  mutable Mutex mutex_;
  std::deque<receivers::PushedEntry> last_ TAILRACE_GUARDED_BY(mutex_);
  std::uint64_t entries_ TAILRACE_GUARDED_BY(mutex_) = 0;
};

// Serves until SIGTERM or SIGINT (which must be blocked); the exit status.
int run_receive(const ReceiveOptions& options);

}  // namespace tailrace::daemon
