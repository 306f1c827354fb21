// The server's side of TLS: who gets in, with which version, and with which certificate.
#include "http/server_tls.h"

#include <filesystem>

#include "base/mutex.h"
#include "http/microhttpd_server.h"
#include "tests/http/transport_rig.h"
#include "tests/support/certificates.h"
#include "tests/support/temp_folder.h"

namespace tailrace::http {
namespace {

using tailrace::testing::Authority;
using tailrace::testing::Identity;
using tailrace::testing::TempFolder;

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
