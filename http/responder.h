// The handle to a request that is answered later, by whoever has it.
#pragma once

#include <functional>
#include <memory>

#include "http/server.h"

namespace tailrace::http {

// Answers one request, once. One that goes unanswered says 503.
//
// Ownership: shares the exchange with the server, which may end first.
// Threading: any thread, one at a time.
class Responder {
 public:
  enum class Outcome {
    kSent,  // The client was there and the connection took all of it.
    kLost,  // It was gone, or went before the end.
  };
  // Called on the server's thread, and not at all when the server was gone already.
  using Done = std::function<void(Outcome)>;

  // The server's side of it.
  class Exchange {
   public:
    virtual ~Exchange() = default;
    virtual void answer(ServerResponse response, Done done) = 0;
    virtual bool peer_gone() const = 0;
  };

  Responder() = default;  // Of no request.
  // Shared with the server, which has it until the answer is on its way.
  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  Responder(Responder&&) = default;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder() { give_up(); }

  // Still to be answered.
  bool waiting() const { return exchange_ != nullptr; }
  void answer(ServerResponse response, Done done = nullptr);
  // The client has closed its side: the answer will not reach it.
  bool peer_gone() const { return exchange_ == nullptr || exchange_->peer_gone(); }

 private:
  void give_up();

  std::shared_ptr<Exchange> exchange_;
};

// Called on the server's thread; the answer comes by the Responder, then or later.
using AsyncHandler = std::function<void(ServerRequest&&, Responder)>;

// "Come again": there is no room, or the server stops.
ServerResponse unavailable(std::string reason);

}  // namespace tailrace::http
