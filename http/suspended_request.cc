// Suspend, answer, resume.
#include "http/suspended_request.h"

#include <microhttpd.h>
#include <poll.h>

#include <utility>

namespace tailrace::http {

void SuspendedRequest::begin() {
  const MutexLock lock(mutex_);
  MHD_suspend_connection(connection_);
}

void SuspendedRequest::answer(ServerResponse response, Responder::Done done) {
  const MutexLock lock(mutex_);
  if (connection_ == nullptr || answered_) return;
  answered_ = true;
  response_ = std::move(response);
  done_ = std::move(done);
  MHD_resume_connection(connection_);
}

bool SuspendedRequest::gone() const {
  if (connection_ == nullptr) return true;
  pollfd peer{.fd = descriptor_, .events = POLLRDHUP, .revents = 0};
  return poll(&peer, 1, 0) > 0 && (peer.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

bool SuspendedRequest::peer_gone() const {
  const MutexLock lock(mutex_);
  return gone();
}

std::optional<ServerResponse> SuspendedRequest::take() {
  const MutexLock lock(mutex_);
  lost_ = gone();
  return std::exchange(response_, std::nullopt);
}

void SuspendedRequest::end(Responder::Outcome outcome) {
  Responder::Done done;
  {
    const MutexLock lock(mutex_);
    connection_ = nullptr;
    done = std::exchange(done_, nullptr);
    if (lost_) outcome = Responder::Outcome::kLost;
  }
  if (done) done(outcome);
}

}  // namespace tailrace::http
