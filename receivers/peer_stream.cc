// recv(), and GnuTLS's sessions on non-blocking sockets.
#include "receivers/peer_stream.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <gnutls/gnutls.h>

namespace tailrace::receivers {

PeerStream::PeerStream(int descriptor, http::ServerTls* tls) : descriptor_(descriptor) {
  if (tls == nullptr) return;
  if (gnutls_init(&session_, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) !=
      GNUTLS_E_SUCCESS) {
    session_ = nullptr;
    error_ = "no TLS session";
    return;
  }
  credentials_ = tls->prepare(session_);
  gnutls_transport_set_int(session_, descriptor_);
}

PeerStream::~PeerStream() {
  if (session_ != nullptr) gnutls_deinit(session_);
  close(descriptor_);
}

PeerStream::Got PeerStream::fail_with(std::string error) {
  error_ = std::move(error);
  return {.status = Status::kFailed};
}

PeerStream::Got PeerStream::read(std::span<char> into) {
  if (!error_.empty()) return {.status = Status::kFailed};
  return session_ == nullptr ? read_plain(into) : read_tls(into);
}

PeerStream::Got PeerStream::read_plain(std::span<char> into) {
  const ssize_t got = recv(descriptor_, into.data(), into.size(), 0);
  if (got > 0) return {.status = Status::kBytes, .bytes = static_cast<std::size_t>(got)};
  if (got == 0) return {.status = Status::kEnded};
  if (errno == EAGAIN || errno == EINTR) return {};
  return fail_with(system_failure(errno, "read").message);
}

PeerStream::Got PeerStream::read_tls(std::span<char> into) {
  if (!shaken_hands_) {
    const int code = gnutls_handshake(session_);
    if (code == GNUTLS_E_AGAIN || code == GNUTLS_E_INTERRUPTED ||
        code == GNUTLS_E_WARNING_ALERT_RECEIVED) {
      return {};
    }
    if (code != GNUTLS_E_SUCCESS) {
      gnutls_alert_send_appropriate(session_, code);
      return fail_with(std::string("TLS handshake: ") + gnutls_strerror(code));
    }
    shaken_hands_ = true;
  }
  const ssize_t got = gnutls_record_recv(session_, into.data(), into.size());
  if (got > 0) return {.status = Status::kBytes, .bytes = static_cast<std::size_t>(got)};
  // Many senders close without a word of TLS.
  if (got == 0 || got == GNUTLS_E_PREMATURE_TERMINATION) return {.status = Status::kEnded};
  if (gnutls_error_is_fatal(static_cast<int>(got)) == 0) return {};
  return fail_with(std::string("TLS: ") + gnutls_strerror(static_cast<int>(got)));
}

bool PeerStream::wants_to_write() const {
  return session_ != nullptr && !shaken_hands_ && gnutls_record_get_direction(session_) == 1;
}

bool PeerStream::has_pending() const {
  return session_ != nullptr && shaken_hands_ && gnutls_record_check_pending(session_) > 0;
}

void PeerStream::shut_writing() {
  if (session_ != nullptr && shaken_hands_) gnutls_bye(session_, GNUTLS_SHUT_WR);
  ::shutdown(descriptor_, SHUT_WR);
}

}  // namespace tailrace::receivers
