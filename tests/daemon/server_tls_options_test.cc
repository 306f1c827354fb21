// The configuration's words for TLS, and that the server knows every suite that config accepts.
#include "daemon/server_tls_options.h"

#include <gtest/gtest.h>

#include "config/server_tls.h"
#include "http/tls_priority.h"

namespace tailrace::daemon {
namespace {

using http::ClientAuth;

TEST(ServerTlsOptions, has_everything_in_its_place) {
  config::ServerConfig server;
  EXPECT_FALSE(server_tls_options(server).enabled());
  server.http_tls.cert = "c";
  server.http_tls.cert_file = "cf";
  server.http_tls.key = "k";
  server.http_tls.key_file = "kf";
  server.http_tls.client_ca = "a";
  server.http_tls.client_ca_file = "af";
  server.tls_min_version = "VersionTLS13";
  server.tls_cipher_suites = {"x"};
  const http::ServerTlsOptions options = server_tls_options(server);
  EXPECT_TRUE(options.enabled());
  EXPECT_EQ(options, (http::ServerTlsOptions{.cert = "c",
                                             .cert_file = "cf",
                                             .key = "k",
                                             .key_file = "kf",
                                             .client_ca = "a",
                                             .client_ca_file = "af",
                                             .client_auth = ClientAuth::kNoClientCert,
                                             .min_version = "VersionTLS13",
                                             .cipher_suites = {"x"}}));
}

TEST(ServerTlsOptions, knows_each_type_of_client_authentication) {
  struct Case {
    const char* name;
    ClientAuth auth;
  };
  for (const Case& c :
       {Case{"", ClientAuth::kNoClientCert}, Case{"NoClientCert", ClientAuth::kNoClientCert},
        Case{"RequestClientCert", ClientAuth::kRequestClientCert},
        Case{"RequireAnyClientCert", ClientAuth::kRequireAnyClientCert},
        Case{"RequireClientCert", ClientAuth::kRequireAnyClientCert},
        Case{"VerifyClientCertIfGiven", ClientAuth::kVerifyClientCertIfGiven},
        Case{"RequireAndVerifyClientCert", ClientAuth::kRequireAndVerifyClientCert}}) {
    config::ServerConfig server;
    server.http_tls.client_auth_type = c.name;
    EXPECT_EQ(server_tls_options(server).client_auth, c.auth) << c.name;
  }
}

TEST(ServerTlsOptions, the_server_knows_every_suite) {
  const auto suites = config::parse_cipher_suites(
      "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384,TLS_CHACHA20_POLY1305_SHA256,"
      "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,"
      "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,"
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,"
      "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,"
      "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,"
      "TLS_RSA_WITH_RC4_128_SHA,TLS_RSA_WITH_3DES_EDE_CBC_SHA,TLS_RSA_WITH_AES_128_CBC_SHA,"
      "TLS_RSA_WITH_AES_256_CBC_SHA,TLS_RSA_WITH_AES_128_CBC_SHA256,"
      "TLS_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_256_GCM_SHA384,"
      "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA,TLS_ECDHE_RSA_WITH_RC4_128_SHA,"
      "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA,TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,"
      "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256");
  ASSERT_TRUE(suites) << suites.error().message;
  EXPECT_EQ(suites->size(), 25U);
  EXPECT_TRUE(http::tls_priority("", *suites));
}

TEST(ServerTlsOptions, knows_what_only_this_machine_reaches) {
  for (const char* const address : {"localhost", "127.0.0.1", "127.1.2.3", "::1", "0:0::0:1"})
    EXPECT_TRUE(is_loopback(address)) << address;
  for (const char* const address :
       {"", "0.0.0.0", "128.0.0.1", "10.0.0.127", "::", "::127", "127.example", "host"})
    EXPECT_FALSE(is_loopback(address)) << address;
}

}  // namespace
}  // namespace tailrace::daemon
