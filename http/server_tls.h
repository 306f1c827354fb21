// TLS of the server: its certificate, those of its clients, versions and cipher suites.
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "http/text_or_file.h"
#include "http/tls_options.h"

struct gnutls_session_int;
struct gnutls_priority_st;

namespace tailrace::http {

// Certificate, key and authorities as they were when a connection began.
struct ServerCredentials;

// Sets up GnuTLS's sessions, so that a client which may not come in fails in its handshake.
//
// Ownership: borrows the log; outlives the connections.
// Threading: after create(), confined to the server's thread.
// Errors: files that changed and cannot be used are logged, and the former ones stay.
class ServerTls {
 public:
  // `log` may be null.
  static Result<std::unique_ptr<ServerTls>> create(ServerTlsOptions options, Log* log);
  // For create() only.
  ServerTls(ServerTlsOptions options, Log* log);
  ~ServerTls();
  ServerTls(const ServerTls&) = delete;
  ServerTls& operator=(const ServerTls&) = delete;

  // Before the handshake. What it returns must live as long as the connection: it is
  // shared by all that began between two changes of the files.
  std::shared_ptr<const ServerCredentials> prepare(gnutls_session_int* session);

  // As last read.
  const std::string& certificate() const { return certificate_.text(); }
  const std::string& key() const { return key_.text(); }

 private:
  Status set_priorities();
  Status refresh();
  Result<std::shared_ptr<const ServerCredentials>> load() const;
  static int choose_suites(gnutls_session_int* session);
  static int verify_client(gnutls_session_int* session);

  const ServerTlsOptions options_;
  Log* const log_;
  TextOrFile certificate_;
  TextOrFile key_;
  TextOrFile client_ca_;
  bool changed_ = true;  // What was read is not in `credentials_` yet.
  std::shared_ptr<const ServerCredentials> credentials_;
  gnutls_priority_st* priority_ = nullptr;
  gnutls_priority_st* priority_before_tls13_ = nullptr;  // Null: the same.
};

}  // namespace tailrace::http
