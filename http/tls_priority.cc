// A name of Go's is TLS_<key exchange>_WITH_<cipher>_<digest>; each part has a word in GnuTLS.
#include "http/tls_priority.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace tailrace::http {
namespace {

using Word = std::pair<std::string_view, std::string_view>;

constexpr auto kVersions = std::to_array<Word>({{"VersionTLS13", ":+VERS-TLS1.3"},
                                                {"VersionTLS12", ":+VERS-TLS1.2"},
                                                {"VersionTLS11", ":+VERS-TLS1.1"},
                                                {"VersionTLS10", ":+VERS-TLS1.0"}});
// Go's default.
constexpr std::string_view kMinVersion = "VersionTLS12";

constexpr auto kKeyExchanges = std::to_array<Word>({{"TLS_ECDHE_RSA_WITH_", ":+ECDHE-RSA"},
                                                    {"TLS_ECDHE_ECDSA_WITH_", ":+ECDHE-ECDSA"},
                                                    {"TLS_RSA_WITH_", ":+RSA"}});

constexpr auto kCiphers =
    std::to_array<Word>({{"RC4_128_SHA", ":+ARCFOUR-128:+SHA1"},
                         {"3DES_EDE_CBC_SHA", ":+3DES-CBC:+SHA1"},
                         {"AES_128_CBC_SHA", ":+AES-128-CBC:+SHA1"},
                         {"AES_256_CBC_SHA", ":+AES-256-CBC:+SHA1"},
                         {"AES_128_CBC_SHA256", ":+AES-128-CBC:+SHA256"},
                         {"AES_128_GCM_SHA256", ":+AES-128-GCM:+AEAD"},
                         {"AES_256_GCM_SHA384", ":+AES-256-GCM:+AEAD"},
                         {"CHACHA20_POLY1305", ":+CHACHA20-POLY1305:+AEAD"},
                         {"CHACHA20_POLY1305_SHA256", ":+CHACHA20-POLY1305:+AEAD"}});

constexpr auto kOfTls13 = std::to_array<std::string_view>(
    {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"});

// What NORMAL has and Go has not by default: without a list of suites no connection is agreed on
// whose keys are known to who gets the certificate's key later (docs/compatibility.md, TLS of the
// status pages).
constexpr std::string_view kLessThanNormal = ":-RSA:-DHE-RSA:-AES-128-CCM:-AES-256-CCM";

// The words of a suite before TLS 1.3.
std::optional<std::string> words_of(std::string_view suite) {
  for (const auto& [begin, key_exchange] : kKeyExchanges) {
    if (!suite.starts_with(begin)) continue;
    const std::string_view rest = suite.substr(begin.size());
    const auto* const found = std::find_if(kCiphers.begin(), kCiphers.end(),
                                           [rest](const Word& word) { return word.first == rest; });
    if (found == kCiphers.end()) return std::nullopt;
    return std::string(key_exchange) + std::string(found->second);
  }
  return std::nullopt;
}

}  // namespace

Result<TlsPriority> tls_priority(std::string_view min_version,
                                 const std::vector<std::string>& cipher_suites) {
  if (min_version.empty()) min_version = kMinVersion;
  std::string words;
  for (const std::string& suite : cipher_suites) {
    const auto found = words_of(suite);
    if (found) {
      words += *found;
    } else if (std::find(kOfTls13.begin(), kOfTls13.end(), suite) == kOfTls13.end()) {
      return fail(Error::kInvalid, "\"" + suite + "\" is not a cipher suite");
    }
  }
  // Nothing but suites of TLS 1.3 leaves the older versions without any.
  const bool only_tls13 = !cipher_suites.empty() && words.empty();
  std::string versions = ":-VERS-ALL";
  bool known = false;
  for (const auto& [name, word] : kVersions) {
    if (!known && (versions == ":-VERS-ALL" || !only_tls13)) versions += word;
    known = known || name == min_version;
  }
  if (!known) {
    return fail(Error::kInvalid, "\"" + std::string(min_version) + "\" is not a version of TLS");
  }
  TlsPriority priority{.all = "NORMAL" + versions, .before_tls13 = {}};
  if (words.empty()) {
    priority.all += kLessThanNormal;
  } else {
    priority.before_tls13 = "NORMAL" + versions + ":-KX-ALL:-CIPHER-ALL:-MAC-ALL" + words;
  }
  return priority;
}

}  // namespace tailrace::http
