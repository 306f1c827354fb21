// What GnuTLS is told for Go's names.
#include "http/tls_priority.h"

#include <gtest/gtest.h>

namespace tailrace::http {
namespace {

using Names = std::vector<std::string>;

// Left out where no suites are listed.
constexpr const char* kLess = ":-RSA:-DHE-RSA:-AES-128-CCM:-AES-256-CCM";

TEST(TlsPriority, has_the_versions_from_the_least_on) {
  struct Case {
    const char* min;
    const char* all;
  };
  for (const Case& c : {Case{"", "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
                        Case{"VersionTLS13", "NORMAL:-VERS-ALL:+VERS-TLS1.3"},
                        Case{"VersionTLS12", "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
                        Case{"VersionTLS10",
                             "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:+VERS-TLS1.1:"
                             "+VERS-TLS1.0"}}) {
    const auto priority = tls_priority(c.min, {});
    ASSERT_TRUE(priority) << c.min;
    EXPECT_EQ(priority->all, c.all + std::string(kLess));
    EXPECT_EQ(priority->before_tls13, "");
  }
}

TEST(TlsPriority, has_the_parts_of_a_suite_before_tls13) {
  struct Case {
    const char* name;
    const char* words;
  };
  for (const Case& c :
       {Case{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", ":+ECDHE-RSA:+AES-128-GCM:+AEAD"},
        Case{"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", ":+ECDHE-ECDSA:+AES-256-GCM:+AEAD"},
        Case{"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", ":+ECDHE-RSA:+CHACHA20-POLY1305:+AEAD"},
        Case{"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", ":+ECDHE-ECDSA:+AES-128-CBC:+SHA256"},
        Case{"TLS_RSA_WITH_AES_256_CBC_SHA", ":+RSA:+AES-256-CBC:+SHA1"},
        Case{"TLS_RSA_WITH_AES_128_CBC_SHA", ":+RSA:+AES-128-CBC:+SHA1"},
        Case{"TLS_RSA_WITH_3DES_EDE_CBC_SHA", ":+RSA:+3DES-CBC:+SHA1"},
        Case{"TLS_RSA_WITH_RC4_128_SHA", ":+RSA:+ARCFOUR-128:+SHA1"}}) {
    const auto priority = tls_priority("", {c.name, "TLS_AES_128_GCM_SHA256"});
    ASSERT_TRUE(priority) << c.name;
    EXPECT_EQ(priority->all, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2");
    EXPECT_EQ(priority->before_tls13,
              "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:-CIPHER-ALL:-MAC-ALL" +
                  std::string(c.words));
  }
}

TEST(TlsPriority, suites_of_tls13_alone_leave_the_older_versions_none) {
  const auto priority = tls_priority("VersionTLS10", {"TLS_CHACHA20_POLY1305_SHA256"});
  ASSERT_TRUE(priority);
  EXPECT_EQ(priority->all, "NORMAL:-VERS-ALL:+VERS-TLS1.3" + std::string(kLess));
  EXPECT_EQ(priority->before_tls13, "");
}

TEST(TlsPriority, a_name_that_is_none_is_an_error) {
  for (const Names& names : {Names{"AES"}, Names{"TLS_RSA_WITH_AES"}, Names{""},
                             Names{"TLS_AES_128_GCM_SHA256", "TLS_DHE_RSA_WITH_RC4_128_SHA"}}) {
    const auto priority = tls_priority("", names);
    ASSERT_FALSE(priority);
    EXPECT_EQ(priority.error().message, "\"" + names.back() + "\" is not a cipher suite");
  }
  const auto version = tls_priority("TLS12", {});
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().message, "\"TLS12\" is not a version of TLS");
}

}  // namespace
}  // namespace tailrace::http
