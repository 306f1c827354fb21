// Certificates made for a test, by OpenSSL.
#include "tests/support/certificates.h"

#include <atomic>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/check.h"

namespace tailrace::testing {
namespace {

using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
using Certificate = std::unique_ptr<X509, void (*)(X509*)>;

Key make_key(KeyKind kind) {
  if (kind == KeyKind::kRsa) {
    return {EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}), EVP_PKEY_free};
  }
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free};
}

template <typename Write>
std::string pem_of(Write write) {
  const std::unique_ptr<BIO, int (*)(BIO*)> out(BIO_new(BIO_s_mem()), BIO_free);
  TAILRACE_CHECK(write(out.get()) == 1);
  char* data = nullptr;
  const long bytes = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(bytes)};
}

std::string pem(X509* certificate) {
  return pem_of([certificate](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}

std::string pem(EVP_PKEY* key) {
  return pem_of([key](BIO* out) {
    return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

void add_extension(X509* certificate, int number, const std::string& value) {
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, number, value.c_str());
  TAILRACE_CHECK(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Valid for a day, without signature.
Certificate make_certificate(const std::string& name, EVP_PKEY* key, long serial) {
  Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

}  // namespace

struct Authority::State {
  Key key = make_key(KeyKind::kEllipticCurve);
  Certificate certificate{nullptr, X509_free};
  std::atomic<long> serial{2};
};

Authority::Authority(const std::string& name) : state_(std::make_unique<State>()) {
  state_->certificate = make_certificate(name, state_->key.get(), 1);
  X509* const certificate = state_->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  TAILRACE_CHECK(X509_sign(certificate, state_->key.get(), EVP_sha256()) > 0);
  certificate_ = pem(certificate);
}

Authority::~Authority() = default;

Identity Authority::issue(const std::string& name, const std::string& alternative,
                          KeyKind kind) const {
  const Key key = make_key(kind);
  const Certificate certificate = make_certificate(name, key.get(), state_->serial++);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(state_->certificate.get()));
  if (!alternative.empty()) add_extension(certificate.get(), NID_subject_alt_name, alternative);
  TAILRACE_CHECK(X509_sign(certificate.get(), state_->key.get(), EVP_sha256()) > 0);
  return {pem(certificate.get()), pem(key.get())};
}

}  // namespace tailrace::testing
