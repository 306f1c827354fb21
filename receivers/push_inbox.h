// The HTTP side of a PushReceiver: what comes on the server's thread waits here for the worker.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/mailbox.h"
#include "http/request_metrics.h"
#include "http/responder.h"
#include "http/server.h"
#include "receivers/push_format.h"

namespace tailrace::receivers {

// Threading: request(), early() and what they count on the server's thread, the rest on the
//   worker's.
// Memory: one request per connection; their bodies are bounded by the server.
class PushInbox {
 public:
  // What is said to new requests, before their bodies are read.
  enum class Refusing { kNobody, kNoRoom, kStopping };

  // The sender's side of a request.
  struct Ticket {
    std::uint64_t number = 0;
    http::Responder responder;
    SteadyTime at{};
    const PushFormat::Route* route = nullptr;
    std::uint64_t bytes = 0;
  };
  struct Arrived {
    http::ServerRequest request;
    Ticket ticket;
  };
  // What became of an answer.
  struct Answered {
    std::uint64_t number = 0;
    http::Responder::Outcome outcome = http::Responder::Outcome::kLost;
  };
  using Message = std::variant<Arrived, Answered>;

  struct Options {
    std::string path_prefix;     // Of normal_prefix().
    std::string metrics_prefix;  // "promtail_push_".
  };
  PushInbox(const PushFormat& format, const Clock& clock, Metrics& metrics, Options options,
            std::function<void()> wake);

  // For the server.
  void request(http::ServerRequest&& request, http::Responder responder);
  std::optional<http::ServerResponse> early(const http::ServerRequest& request);

  std::vector<Message> take() { return mailbox_.take(); }
  void refuse(Refusing whom) { refusing_.store(whom, std::memory_order_relaxed); }
  Refusing refusing() const { return refusing_.load(std::memory_order_relaxed); }
  // Answers, counts, and posts what became of it.
  void answer(Ticket& ticket, http::ServerResponse response);

 private:
  // nullptr: none of ours.
  const PushFormat::Route* route(const http::ServerRequest& request) const;
  std::optional<http::ServerResponse> early_answer(const http::ServerRequest& request) const;

  const PushFormat& format_;
  const Clock& clock_;
  http::RequestMeter meter_;
  const Options options_;
  Mailbox<Message> mailbox_;
  std::atomic<Refusing> refusing_ = Refusing::kNobody;
  std::uint64_t next_number_ = 1;  // The server's thread alone.
};

}  // namespace tailrace::receivers
