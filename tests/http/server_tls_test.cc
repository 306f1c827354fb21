// The server's side of TLS: who gets in, with which version, and with which certificate.
#include "http/server_tls.h"

#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include <netinet/in.h>
#include <openssl/ssl.h>

#include "base/mutex.h"
#include "http/microhttpd_server.h"
#include "tests/http/transport_rig.h"
#include "tests/support/certificates.h"
#include "tests/support/temp_folder.h"

namespace tailrace::http {
namespace {

using tailrace::testing::Authority;
using tailrace::testing::Identity;
using tailrace::testing::KeyKind;
using tailrace::testing::TempFolder;

// The suite that the server agrees on with a client of TLS 1.2 which offers `suites` alone; empty:
// the handshake fails.
std::string suite_agreed_on(std::uint16_t port, const std::string& suites) {
  const int peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(peer, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()),
                                                             SSL_CTX_free);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  EXPECT_EQ(SSL_CTX_set_cipher_list(context.get(), suites.c_str()), 1);
  std::string agreed;
  {
    const std::unique_ptr<SSL, void (*)(SSL*)> session(SSL_new(context.get()), SSL_free);
    SSL_set_fd(session.get(), peer);
    if (SSL_connect(session.get()) == 1) agreed = SSL_get_cipher_name(session.get());
  }
  close(peer);
  return agreed;
}

class ServerTlsTest : public TransportRig {
 protected:
  ServerTlsTest() {
    options_.address = "127.0.0.1";
    options_.log = &log_;
    const Identity identity = authority_.issue("server", "IP:127.0.0.1");
    options_.tls.cert = identity.certificate;
    options_.tls.key = identity.key;
    client_.tls.ca = authority_.certificate();
  }

  void start() {
    auto server = MicrohttpdServer::create(
        options_, [](const ServerRequest&) { return ServerResponse{.body = "in", .headers = {}}; });
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  // A status of 0: no answer.
  int status(const EndpointOptions& client) {
    return perform(get(url_of(server_->port(), "/", "https")), client).status;
  }
  EndpointOptions showing(const Identity& identity) const {
    EndpointOptions client = client_;
    client.tls.cert = identity.certificate;
    client.tls.key = identity.key;
    return client;
  }
  EndpointOptions of_version(const std::string& version) const {
    EndpointOptions client = client_;
    client.tls.min_version = version;
    client.tls.max_version = version;
    return client;
  }
  // Why it does not start.
  std::string fault() const {
    const auto tls = ServerTls::create(options_.tls, nullptr);
    return tls ? "" : tls.error().message;
  }
  std::string logged() {
    const MutexLock lock(mutex_);
    return logged_;
  }
  static void replace(const TempFolder& folder, const std::string& name, const std::string& text) {
    folder.append("new", text);
    std::filesystem::rename(folder.path("new"), folder.path(name));
  }

  Mutex mutex_;
  std::string logged_ TAILRACE_GUARDED_BY(mutex_);
  Log log_{clock_, {}, [this](std::string_view line) {
             const MutexLock lock(mutex_);
             logged_ += line;
           }};
  Authority authority_{"authority"};
  Authority stranger_{"stranger"};
  MicrohttpdServer::Options options_;
  EndpointOptions client_;
  std::unique_ptr<MicrohttpdServer> server_;
};

TEST_F(ServerTlsTest, each_type_of_authentication_lets_in_whom_it_should) {
  struct Case {
    ClientAuth auth;
    int without;
    int known;
    int foreign;
  };
  for (const Case& c : {Case{ClientAuth::kNoClientCert, 200, 200, 200},
                        Case{ClientAuth::kRequestClientCert, 200, 200, 200},
                        Case{ClientAuth::kRequireAnyClientCert, 0, 200, 200},
                        Case{ClientAuth::kVerifyClientCertIfGiven, 200, 200, 0},
                        Case{ClientAuth::kRequireAndVerifyClientCert, 0, 200, 0}}) {
    options_.tls.client_auth = c.auth;
    if (c.auth != ClientAuth::kNoClientCert) options_.tls.client_ca = authority_.certificate();
    start();
    for (const std::string version : {"TLS12", "TLS13"}) {
      const EndpointOptions none = of_version(version);
      EndpointOptions known = showing(authority_.issue("known", ""));
      EndpointOptions foreign = showing(stranger_.issue("foreign", ""));
      for (EndpointOptions* const client : {&known, &foreign}) {
        client->tls.min_version = version;
        client->tls.max_version = version;
      }
      const int number = static_cast<int>(c.auth);
      EXPECT_EQ(status(none), c.without) << number << " " << version;
      EXPECT_EQ(status(known), c.known) << number << " " << version;
      EXPECT_EQ(status(foreign), c.foreign) << number << " " << version;
    }
  }
}

TEST_F(ServerTlsTest, a_certificate_need_not_be_verified_without_authorities) {
  options_.tls.client_auth = ClientAuth::kRequireAnyClientCert;
  start();
  EXPECT_EQ(status(client_), 0);
  EXPECT_EQ(status(showing(stranger_.issue("any", ""))), 200);
}

TEST_F(ServerTlsTest, without_authorities_of_its_own_it_takes_those_of_the_system) {
  options_.tls.client_auth = ClientAuth::kRequireAndVerifyClientCert;
  start();
  EXPECT_EQ(status(showing(authority_.issue("known here only", ""))), 0);
}

TEST_F(ServerTlsTest, plain_requests_get_nothing) {
  start();
  EXPECT_EQ(perform(get(url_of(server_->port()))).status, 0);
}

TEST_F(ServerTlsTest, keeps_to_its_least_version) {
  start();
  EXPECT_EQ(status(of_version("TLS12")), 200);
  EXPECT_EQ(status(of_version("TLS13")), 200);
  options_.tls.min_version = "VersionTLS13";
  start();
  EXPECT_EQ(status(of_version("TLS12")), 0);
  EXPECT_EQ(status(of_version("TLS13")), 200);
}

TEST_F(ServerTlsTest, cipher_suites_bind_the_versions_before_13) {
  // The certificate has a key of an elliptic curve, so these suites cannot be.
  options_.tls.cipher_suites = {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"};
  start();
  EXPECT_EQ(status(of_version("TLS12")), 0);
  EXPECT_EQ(status(of_version("TLS13")), 200);
  options_.tls.cipher_suites = {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"};
  start();
  EXPECT_EQ(status(of_version("TLS12")), 200);
  EXPECT_EQ(status(of_version("TLS13")), 200);
  options_.tls.cipher_suites = {"TLS_AES_128_GCM_SHA256"};
  start();
  EXPECT_EQ(status(of_version("TLS12")), 0);
  EXPECT_EQ(status(of_version("TLS13")), 200);
}

TEST_F(ServerTlsTest, without_a_list_every_suite_has_forward_secrecy) {
  const Identity identity = authority_.issue("server", "IP:127.0.0.1", KeyKind::kRsa);
  options_.tls.cert = identity.certificate;
  options_.tls.key = identity.key;
  start();
  for (const char* const suite : {"AES128-SHA", "AES256-GCM-SHA384", "AES128-CCM",
                                  "DHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES256-CCM"}) {
    EXPECT_EQ(suite_agreed_on(server_->port(), suite), "") << suite;
  }
  for (const std::string suite : {"ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384",
                                  "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-AES128-SHA"}) {
    EXPECT_EQ(suite_agreed_on(server_->port(), suite), suite);
  }
  options_.tls.cipher_suites = {"TLS_RSA_WITH_AES_128_CBC_SHA"};  // Who asks for it gets it.
  start();
  EXPECT_EQ(suite_agreed_on(server_->port(), "AES128-SHA"), "AES128-SHA");
}

TEST_F(ServerTlsTest, ccm_is_not_offered_with_a_key_of_an_elliptic_curve) {
  start();
  EXPECT_EQ(suite_agreed_on(server_->port(), "ECDHE-ECDSA-AES128-CCM"), "");
  EXPECT_EQ(suite_agreed_on(server_->port(), "ECDHE-ECDSA-AES256-CCM"), "");
  const std::string suite = "ECDHE-ECDSA-AES128-GCM-SHA256";
  EXPECT_EQ(suite_agreed_on(server_->port(), suite), suite);
}

TEST_F(ServerTlsTest, new_files_are_for_new_connections) {
  const TempFolder folder;
  const Identity first = authority_.issue("server", "IP:127.0.0.1");
  folder.append("cert", first.certificate);
  folder.append("key", first.key);
  folder.append("ca", authority_.certificate());
  options_.tls = {.cert = {},
                  .cert_file = folder.path("cert"),
                  .key = {},
                  .key_file = folder.path("key"),
                  .client_ca = {},
                  .client_ca_file = folder.path("ca"),
                  .client_auth = ClientAuth::kRequireAndVerifyClientCert,
                  .min_version = {},
                  .cipher_suites = {}};
  start();
  EndpointOptions known = showing(authority_.issue("known", ""));
  EXPECT_EQ(status(known), 200);
  // One of two that belong together: the former pair stays, and the log says why.
  const Identity second = stranger_.issue("server", "IP:127.0.0.1");
  replace(folder, "cert", second.certificate);
  transport_ = std::move(*CurlTransport::create(*loop_, clock_));  // Kept connections are gone.
  EXPECT_EQ(status(known), 200);
  EXPECT_NE(logged().find("the server goes on with its former certificate"), std::string::npos);
  replace(folder, "key", second.key);
  transport_ = std::move(*CurlTransport::create(*loop_, clock_));
  EXPECT_EQ(status(known), 0);
  known.tls.ca = stranger_.certificate();
  EXPECT_EQ(status(known), 200);
  replace(folder, "ca", stranger_.certificate());
  transport_ = std::move(*CurlTransport::create(*loop_, clock_));
  EXPECT_EQ(status(known), 0);
  std::filesystem::remove(folder.path("ca"));
  EndpointOptions foreign = showing(stranger_.issue("foreign", ""));
  foreign.tls.ca = stranger_.certificate();
  EXPECT_EQ(status(foreign), 200);
}

TEST_F(ServerTlsTest, what_cannot_be_used_is_said_at_the_start) {
  EXPECT_EQ(fault(), "");
  const ServerTlsOptions good = options_.tls;
  options_.tls.key = authority_.issue("other", "").key;
  EXPECT_TRUE(fault().starts_with("the server's certificate and key cannot be used: ")) << fault();
  options_.tls = good;
  options_.tls.cert = "no certificate";
  EXPECT_TRUE(fault().starts_with("the server's certificate and key cannot be used: ")) << fault();
  options_.tls = good;
  options_.tls.client_ca = "none";
  EXPECT_TRUE(fault().starts_with("client_ca cannot be used: ")) << fault();
  options_.tls = good;
  options_.tls.cert.clear();
  options_.tls.cert_file = "/does/not/exist";
  EXPECT_EQ(fault(), "read /does/not/exist: No such file or directory");
  options_.tls = good;
  options_.tls.min_version = "TLS9";
  EXPECT_EQ(fault(), "\"TLS9\" is not a version of TLS");
}

}  // namespace
}  // namespace tailrace::http
