// One accepted connection: bytes in, with TLS or without.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "http/server_tls.h"

struct gnutls_session_int;

namespace tailrace::receivers {

// Ownership: owns the descriptor, which is non-blocking.
// Threading: confined to one worker; never waits.
// Errors: what the peer does wrong ends the connection and is told as text.
class PeerStream {
 public:
  enum class Status {
    kBytes,
    kLater,   // The descriptor says when.
    kEnded,   // The peer has closed its side.
    kFailed,  // error() says how.
  };
  struct Got {
    Status status = Status::kLater;
    std::size_t bytes = 0;
  };

  // `tls` may be null; it outlives the stream.
  PeerStream(int descriptor, http::ServerTls* tls);
  ~PeerStream();
  PeerStream(const PeerStream&) = delete;
  PeerStream& operator=(const PeerStream&) = delete;

  int descriptor() const { return descriptor_; }
  Got read(std::span<char> into);
  // The handshake has something to send that does not go out yet.
  bool wants_to_write() const;
  // The handshake, if any, is done.
  bool is_open() const { return session_ == nullptr || shaken_hands_; }
  // Bytes that the descriptor does not tell of.
  bool has_pending() const;
  // Tells the peer that nobody will read for long; reading goes on.
  void shut_writing();
  const std::string& error() const { return error_; }

 private:
  Got read_plain(std::span<char> into);
  Got read_tls(std::span<char> into);
  Got fail_with(std::string error);

  const int descriptor_;
  gnutls_session_int* session_ = nullptr;  // Null: no TLS.
  // A shared_ptr: connections between two changes of the files have the same.
  std::shared_ptr<const http::ServerCredentials> credentials_;
  bool shaken_hands_ = false;
  std::string error_;
};

}  // namespace tailrace::receivers
