// Names of cipher suites and versions.
#include "config/server_tls.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tailrace::config {
namespace {

TEST(ServerTls, suites_are_a_comma_list) {
  const auto suites = parse_cipher_suites(
      " TLS_RSA_WITH_RC4_128_SHA,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 ");
  ASSERT_TRUE(suites);
  EXPECT_EQ(*suites, (std::vector<std::string>{"TLS_RSA_WITH_RC4_128_SHA",
                                               "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"}));
  for (const char* nothing : {"", "  "}) {
    const auto none = parse_cipher_suites(nothing);
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->empty());
  }
}

TEST(ServerTls, a_suite_that_is_none_is_named) {
  struct Case {
    const char* text;
    const char* name;
  };
  for (const Case& c :
       {Case{"x", "x"}, Case{"TLS_RSA_WITH_RC4_128_SHA,", ""},
        Case{",TLS_RSA_WITH_RC4_128_SHA", ""}, Case{"TLS_RSA_WITH_RC4_128_SHA, AES ,y", "AES"}}) {
    const auto suites = parse_cipher_suites(c.text);
    ASSERT_FALSE(suites) << c.text;
    EXPECT_EQ(suites.error().message, fmt::format("\"{}\" is not a cipher suite", c.name));
  }
}

TEST(ServerTls, versions_have_go_s_names) {
  for (const char* known : {"", "VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13"})
    EXPECT_TRUE(check_tls_version(known)) << known;
  for (const char* other : {"TLS12", "VersionTLS14", "VersionSSL30", "versiontls12"})
    EXPECT_FALSE(check_tls_version(other)) << other;
}

}  // namespace
}  // namespace tailrace::config
