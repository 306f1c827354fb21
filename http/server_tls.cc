// GnuTLS behind the server: libmicrohttpd makes its connections, this sets them up.
//
// libmicrohttpd itself would ask for a client's certificate without looking at it, and keep one
// certificate of its own for good. So each connection gets its credentials, and the function that
// verifies the client, before its handshake.
#include "http/server_tls.h"

#include <utility>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "http/tls_priority.h"

namespace tailrace::http {
namespace {

gnutls_datum_t datum(const std::string& text) {
  // GnuTLS only reads it, whatever its type says.
  return {.data = reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())),
          .size = static_cast<unsigned>(text.size())};
}

bool verifies(ClientAuth auth) {
  return auth == ClientAuth::kVerifyClientCertIfGiven ||
         auth == ClientAuth::kRequireAndVerifyClientCert;
}

gnutls_certificate_request_t request_of(ClientAuth auth) {
  switch (auth) {
    case ClientAuth::kNoClientCert:
      return GNUTLS_CERT_IGNORE;
    case ClientAuth::kRequestClientCert:
    case ClientAuth::kVerifyClientCertIfGiven:
      return GNUTLS_CERT_REQUEST;
    case ClientAuth::kRequireAnyClientCert:
    case ClientAuth::kRequireAndVerifyClientCert:
      break;
  }
  return GNUTLS_CERT_REQUIRE;
}

Error unusable(int code, const std::string& what) {
  return {Error::kInvalid, what + " cannot be used: " + gnutls_strerror(code)};
}

}  // namespace

struct ServerCredentials {
  gnutls_certificate_credentials_t value = nullptr;

  ServerCredentials() { gnutls_certificate_allocate_credentials(&value); }
  ~ServerCredentials() { gnutls_certificate_free_credentials(value); }
  ServerCredentials(const ServerCredentials&) = delete;
  ServerCredentials& operator=(const ServerCredentials&) = delete;
};

ServerTls::ServerTls(ServerTlsOptions options, Log* log)
    : options_(std::move(options)),
      log_(log),
      certificate_(options_.cert, options_.cert_file),
      key_(options_.key, options_.key_file),
      client_ca_(options_.client_ca, options_.client_ca_file) {}

ServerTls::~ServerTls() {
  if (priority_ != nullptr) gnutls_priority_deinit(priority_);
  if (priority_before_tls13_ != nullptr) gnutls_priority_deinit(priority_before_tls13_);
}

Result<std::unique_ptr<ServerTls>> ServerTls::create(ServerTlsOptions options, Log* log) {
  auto tls = std::make_unique<ServerTls>(std::move(options), log);
  if (Status set = tls->set_priorities(); !set) return fail(set.error());
  if (Status read = tls->refresh(); !read) return fail(read.error());
  return tls;
}

Status ServerTls::set_priorities() {
  const auto priority = tls_priority(options_.min_version, options_.cipher_suites);
  if (!priority) return fail(priority.error());
  int code = gnutls_priority_init(&priority_, priority->all.c_str(), nullptr);
  if (code == GNUTLS_E_SUCCESS && !priority->before_tls13.empty()) {
    code = gnutls_priority_init(&priority_before_tls13_, priority->before_tls13.c_str(), nullptr);
  }
  if (code != GNUTLS_E_SUCCESS) return fail(unusable(code, "these TLS versions and suites"));
  return {};
}

Result<std::shared_ptr<const ServerCredentials>> ServerTls::load() const {
  auto credentials = std::make_shared<ServerCredentials>();
  const gnutls_datum_t certificate = datum(certificate_.text());
  const gnutls_datum_t key = datum(key_.text());
  const int code = gnutls_certificate_set_x509_key_mem(credentials->value, &certificate, &key,
                                                       GNUTLS_X509_FMT_PEM);
  if (code < 0) return fail(unusable(code, "the server's certificate and key"));
  const bool own_authorities = !options_.client_ca.empty() || !options_.client_ca_file.empty();
  if (own_authorities) {
    const gnutls_datum_t authorities = datum(client_ca_.text());
    const int count = gnutls_certificate_set_x509_trust_mem(credentials->value, &authorities,
                                                            GNUTLS_X509_FMT_PEM);
    if (count <= 0) {
      return fail(unusable(count < 0 ? count : GNUTLS_E_NO_CERTIFICATE_FOUND, "client_ca"));
    }
  } else if (verifies(options_.client_auth)) {
    gnutls_certificate_set_x509_system_trust(credentials->value);
  }
  return credentials;
}

Status ServerTls::refresh() {
  for (TextOrFile* const text : {&certificate_, &key_, &client_ca_}) {
    const Result<bool> read = text->refresh();
    if (!read) return fail(read.error());
    changed_ = changed_ || *read;
  }
  if (!changed_) return {};
  auto loaded = load();
  // While one of two files is new they do not fit; the next connection looks again.
  if (!loaded) return fail(loaded.error());
  credentials_ = std::move(*loaded);
  changed_ = false;
  return {};
}

std::shared_ptr<const ServerCredentials> ServerTls::prepare(gnutls_session_int* session) {
  if (const Status read = refresh(); !read && log_ != nullptr) {
    log_->warn("the server goes on with its former certificate", {{"error", read.error().message}});
  }
  gnutls_session_set_ptr(session, this);
  gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials_->value);
  gnutls_priority_set(session, priority_);
  gnutls_certificate_server_set_request(session, request_of(options_.client_auth));
  if (verifies(options_.client_auth)) gnutls_session_set_verify_function(session, &verify_client);
  if (priority_before_tls13_ != nullptr) {
    gnutls_handshake_set_post_client_hello_function(session, &choose_suites);
  }
  return credentials_;
}

// The version is agreed on, the suite not yet.
int ServerTls::choose_suites(gnutls_session_int* session) {
  const auto& self = *static_cast<const ServerTls*>(gnutls_session_get_ptr(session));
  if (gnutls_protocol_get_version(session) >= GNUTLS_TLS1_3) return GNUTLS_E_SUCCESS;
  return gnutls_priority_set(session, self.priority_before_tls13_);
}

int ServerTls::verify_client(gnutls_session_int* session) {
  unsigned count = 0;
  // Whether there must be one, GnuTLS has looked at.
  if (gnutls_certificate_get_peers(session, &count) == nullptr || count == 0) {
    return GNUTLS_E_SUCCESS;
  }
  std::string purpose_name = GNUTLS_KP_TLS_WWW_CLIENT;
  gnutls_typed_vdata_st purpose{.type = GNUTLS_DT_KEY_PURPOSE_OID,
                                .data = reinterpret_cast<unsigned char*>(purpose_name.data()),
                                .size = 0};
  unsigned faults = 0;
  const int code = gnutls_certificate_verify_peers(session, &purpose, 1, &faults);
  return code == GNUTLS_E_SUCCESS && faults == 0 ? GNUTLS_E_SUCCESS : GNUTLS_E_CERTIFICATE_ERROR;
}

}  // namespace tailrace::http
