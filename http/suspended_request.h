// A request of libmicrohttpd that sleeps until its answer is there.
#pragma once

#include <optional>

#include "base/mutex.h"
#include "http/responder.h"

struct MHD_Connection;

namespace tailrace::http {

// The connection is suspended from begin() until the answer comes; the server's thread then asks
// for it with take().
//
// Ownership: borrows the connection until end().
// Threading: answer() and peer_gone() from any thread, the rest on the server's.
class SuspendedRequest final : public Responder::Exchange {
 public:
  SuspendedRequest(MHD_Connection* connection, int descriptor)
      : descriptor_(descriptor), connection_(connection) {}

  void begin();
  void answer(ServerResponse response, Responder::Done done) override;
  bool peer_gone() const override;
  // The answer, once it is there. Looks whether there is somebody to take it.
  std::optional<ServerResponse> take();
  // The connection is done with the request, having sent all of the answer or not.
  void end(Responder::Outcome outcome);

 private:
  bool gone() const TAILRACE_REQUIRES(mutex_);

  const int descriptor_;  // The connection's.
  mutable Mutex mutex_;
  MHD_Connection* connection_ TAILRACE_GUARDED_BY(mutex_);  // nullptr: ended.
  std::optional<ServerResponse> response_ TAILRACE_GUARDED_BY(mutex_);
  bool answered_ TAILRACE_GUARDED_BY(mutex_) = false;
  bool lost_ TAILRACE_GUARDED_BY(mutex_) = false;  // Nobody was there any more.
  Responder::Done done_ TAILRACE_GUARDED_BY(mutex_);
};

}  // namespace tailrace::http
