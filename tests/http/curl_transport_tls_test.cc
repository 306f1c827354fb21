// Requests over TLS: who trusts whom.
#include <functional>

#include "http/curl_transport.h"
#include "http/microhttpd_server.h"
#include "tests/http/transport_rig.h"
#include "tests/support/certificates.h"
#include "tests/support/http_peer.h"
#include "tests/support/temp_folder.h"

namespace tailrace::http {
namespace {

using tailrace::testing::Authority;
using tailrace::testing::http_answer;
using tailrace::testing::HttpPeer;
using tailrace::testing::Identity;
using tailrace::testing::TempFolder;

class CurlTransportTls : public TransportRig {
 protected:
  static constexpr const char* kLoopback = "IP:127.0.0.1";

  // Answers with the names that it was told by TLS.
  static std::string names(const HttpPeer::Received& received) {
    const std::size_t host = received.request.find("\r\nHost: ") + 8;
    return http_answer(
        "200 OK", received.client_certificate_name + "|" + received.server_name + "|" +
                      received.request.substr(host, received.request.find("\r\n", host) - host));
  }
  static EndpointOptions trusting(const Authority& authority) {
    EndpointOptions options;
    options.tls.ca = authority.certificate();
    return options;
  }
  Response get_from(const HttpPeer& peer, const EndpointOptions& options) {
    return perform(get(url_of(peer.port(), "/", "https")), options);
  }
  static std::string host_of(const HttpPeer& peer) {
    return "127.0.0.1:" + std::to_string(peer.port());
  }

  Authority authority_{"authority"};
  Authority stranger_{"stranger"};
};

TEST_F(CurlTransportTls, the_status_server_speaks_it) {
  const Identity identity = authority_.issue("server", kLoopback);
  MicrohttpdServer::Options options;
  options.address = "127.0.0.1";
  options.tls.cert = identity.certificate;
  options.tls.key = identity.key;
  const auto server = MicrohttpdServer::create(options, [](const ServerRequest& request) {
    ServerResponse response;
    response.body = "got " + request.body;
    return response;
  });
  ASSERT_TRUE(server) << server.error().message;
  const Response response =
      perform(post(url_of((*server)->port(), "/", "https"), {"a", "b"}), trusting(authority_));
  EXPECT_EQ(response.status, 200) << response.error;
  EXPECT_EQ(response.body, "got ab");
}

TEST_F(CurlTransportTls, trusts_the_authority_it_is_given_and_no_other) {
  const HttpPeer peer(HttpPeer::Tls{authority_.issue("server", kLoopback), {}}, names);
  EXPECT_EQ(get_from(peer, trusting(authority_)).status, 200);
  for (const EndpointOptions& options : {EndpointOptions{}, trusting(stranger_)}) {
    const Response response = get_from(peer, options);
    EXPECT_EQ(response.status, 0);
    EXPECT_NE(response.error.find("certificate"), std::string::npos) << response.error;
  }
}

TEST_F(CurlTransportTls, reads_authority_certificate_and_key_from_files) {
  const HttpPeer peer(
      HttpPeer::Tls{authority_.issue("server", kLoopback), authority_.certificate()}, names);
  const Identity client = authority_.issue("client from a file", "");
  const TempFolder folder;
  folder.append("ca.pem", authority_.certificate());
  folder.append("cert.pem", client.certificate);
  folder.append("key.pem", client.key);
  EndpointOptions options;
  options.tls.ca_file = folder.path("ca.pem");
  options.tls.cert_file = folder.path("cert.pem");
  options.tls.key_file = folder.path("key.pem");
  const Response response = get_from(peer, options);
  EXPECT_EQ(response.body, "client from a file||" + host_of(peer)) << response.error;
  options.tls.ca_file = folder.path("missing.pem");
  EXPECT_EQ(get_from(peer, options).status, 0);
}

TEST_F(CurlTransportTls, shows_its_certificate_when_asked) {
  const HttpPeer peer(
      HttpPeer::Tls{authority_.issue("server", kLoopback), authority_.certificate()}, names);
  const Identity client = authority_.issue("client 7", "");
  EndpointOptions options = trusting(authority_);
  EXPECT_EQ(get_from(peer, options).status, 0);  // It shows none.
  options.tls.cert = client.certificate;
  options.tls.key = client.key;
  const Response response = get_from(peer, options);
  EXPECT_EQ(response.status, 200) << response.error;
  EXPECT_EQ(response.body, "client 7||" + host_of(peer));
  const Identity foreign = stranger_.issue("foreign", "");
  options.tls.cert = foreign.certificate;
  options.tls.key = foreign.key;
  EXPECT_EQ(get_from(peer, options).status, 0);
}

TEST_F(CurlTransportTls, a_connection_is_not_shared_with_other_credentials) {
  const HttpPeer peer(
      HttpPeer::Tls{authority_.issue("server", kLoopback), authority_.certificate()}, names);
  for (const std::string name : {"one", "two"}) {
    const Identity client = authority_.issue(name, "");
    EndpointOptions options = trusting(authority_);
    options.tls.cert = client.certificate;
    options.tls.key = client.key;
    EXPECT_EQ(get_from(peer, options).body, name + "||" + host_of(peer));
  }
  EXPECT_EQ(get_from(peer, trusting(stranger_)).status, 0);
}

TEST_F(CurlTransportTls, a_certificate_must_be_for_the_host) {
  const HttpPeer peer(HttpPeer::Tls{authority_.issue("server", "DNS:loki.example"), {}}, names);
  EXPECT_EQ(get_from(peer, trusting(authority_)).status, 0);
}

TEST_F(CurlTransportTls, server_name_replaces_the_host_in_tls_only) {
  const HttpPeer peer(HttpPeer::Tls{authority_.issue("server", "DNS:loki.example"), {}}, names);
  EndpointOptions options = trusting(authority_);
  options.tls.server_name = "loki.example";
  const Response response = get_from(peer, options);
  EXPECT_EQ(response.body, "|loki.example|" + host_of(peer)) << response.error;
  options.tls.server_name = "other.example";
  EXPECT_EQ(get_from(peer, options).status, 0);
}

TEST_F(CurlTransportTls, verifies_nothing_when_told_so) {
  const HttpPeer peer(HttpPeer::Tls{stranger_.issue("server", "DNS:somebody.else"), {}}, names);
  EndpointOptions options;
  options.tls.insecure_skip_verify = true;
  const Response response = get_from(peer, options);
  EXPECT_EQ(response.status, 200) << response.error;
}

TEST_F(CurlTransportTls, a_kept_connection_is_used_again) {
  const HttpPeer peer(HttpPeer::Tls{authority_.issue("server", kLoopback), {}},
                      [](const HttpPeer::Received& received) {
                        return http_answer("200 OK", std::to_string(received.connection));
                      });
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(get_from(peer, trusting(authority_)).body, "1");
}

TEST_F(CurlTransportTls, keeps_to_the_versions_it_is_given) {
  const HttpPeer peer(HttpPeer::Tls{authority_.issue("server", kLoopback), {}}, names);
  struct Case {
    const char* min;
    const char* max;
  };
  for (const Case& c : {Case{"TLS12", "TLS12"}, Case{"TLS13", "TLS13"}, Case{"TLS12", ""},
                        Case{"", "TLS13"}, Case{"TLS10", "TLS13"}, Case{"TLS11", ""}}) {
    EndpointOptions options = trusting(authority_);
    options.tls.min_version = c.min;
    options.tls.max_version = c.max;
    EXPECT_EQ(get_from(peer, options).status, 200) << c.min << " " << c.max;
  }
  for (const Case& c : {Case{"TLS10", "TLS10"}, Case{"TLS10", "TLS11"}}) {
    EndpointOptions options = trusting(authority_);
    options.tls.min_version = c.min;
    options.tls.max_version = c.max;
    EXPECT_EQ(get_from(peer, options).status, 0) << c.min << " " << c.max;
  }
}

}  // namespace
}  // namespace tailrace::http
