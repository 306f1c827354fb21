// The other end of an HTTP connection, by sockets, threads and OpenSSL.
#include "tests/support/http_peer.h"

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/check.h"
#include "base/mutex.h"

namespace tailrace::testing {
namespace {

using Context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;
using Session = std::unique_ptr<SSL, void (*)(SSL*)>;

std::unique_ptr<X509, void (*)(X509*)> parse_certificate(const std::string& text) {
  const std::unique_ptr<BIO, int (*)(BIO*)> in(BIO_new_mem_buf(text.data(), -1), BIO_free);
  return {PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr), X509_free};
}

Context make_context(const HttpPeer::Tls& tls) {
  Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  TAILRACE_CHECK(SSL_CTX_use_certificate(context.get(),
                                         parse_certificate(tls.identity.certificate).get()) == 1);
  const std::unique_ptr<BIO, int (*)(BIO*)> in(BIO_new_mem_buf(tls.identity.key.data(), -1),
                                               BIO_free);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  TAILRACE_CHECK(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1);
  if (!tls.client_authority.empty()) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()),
                        parse_certificate(tls.client_authority).get());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

// A connection, plain or not.
struct Wire {
  int descriptor = -1;
  SSL* session = nullptr;

  bool read_into(std::string& text) const {
    char chunk[16384];
    const auto got = session == nullptr ? recv(descriptor, chunk, sizeof chunk, 0)
                                        : SSL_read(session, chunk, sizeof chunk);
    if (got <= 0) return false;
    text.append(chunk, static_cast<std::size_t>(got));
    return true;
  }
  bool write(std::string_view text) const {
    while (!text.empty()) {
      const auto sent = session == nullptr
                            ? send(descriptor, text.data(), text.size(), MSG_NOSIGNAL)
                            : SSL_write(session, text.data(), static_cast<int>(text.size()));
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
};

// The next request of a connection; what came beyond it stays in `rest`.
std::optional<std::string> read_request(const Wire& wire, std::string& rest) {
  std::size_t head = 0;
  while ((head = rest.find("\r\n\r\n")) == std::string::npos) {
    if (!wire.read_into(rest)) return std::nullopt;
  }
  std::size_t bytes = head + 4;
  const std::string_view name = "Content-Length: ";
  const std::size_t length = rest.find(name);
  if (length < head) bytes += std::stoul(rest.substr(length + name.size()));
  while (rest.size() < bytes) {
    if (!wire.read_into(rest)) return std::nullopt;
  }
  std::string request = rest.substr(0, bytes);
  rest.erase(0, bytes);
  return request;
}

std::string client_name(SSL* session) {
  const std::unique_ptr<X509, void (*)(X509*)> certificate(SSL_get1_peer_certificate(session),
                                                           X509_free);
  if (certificate == nullptr) return {};
  char name[200] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name,
                            sizeof name);
  return name;
}

}  // namespace

struct HttpPeer::State {
  Answer answer;
  Context context{nullptr, SSL_CTX_free};
  int listener = -1;
  std::uint16_t port = 0;
  std::thread acceptor;
  Mutex mutex;
  std::vector<std::thread> threads TAILRACE_GUARDED_BY(mutex);
  std::set<int> open TAILRACE_GUARDED_BY(mutex);

  void start();
  void accept_all();
  void serve(int descriptor, int number);
  void talk(const Wire& wire, Received received);
};

void HttpPeer::State::start() {
  // SSL_write() knows no MSG_NOSIGNAL. The daemon ignores it as well.
  std::signal(SIGPIPE, SIG_IGN);
  listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof address;
  TAILRACE_CHECK(bind(listener, reinterpret_cast<sockaddr*>(&address), bytes) == 0);
  TAILRACE_CHECK(listen(listener, 64) == 0);
  TAILRACE_CHECK(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &bytes) == 0);
  port = ntohs(address.sin_port);
  acceptor = std::thread([this] { accept_all(); });
}

void HttpPeer::State::accept_all() {
  for (int number = 1;; ++number) {
    const int descriptor = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return;
    const MutexLock lock(mutex);
    open.insert(descriptor);
    threads.emplace_back([this, descriptor, number] { serve(descriptor, number); });
  }
}

void HttpPeer::State::serve(int descriptor, int number) {
  Wire wire{descriptor, nullptr};
  Received received;
  received.connection = number;
  {
    Session session(context == nullptr ? nullptr : SSL_new(context.get()), SSL_free);
    bool ready = true;
    if (session != nullptr) {
      SSL_set_fd(session.get(), descriptor);
      wire.session = session.get();
      ready = SSL_accept(session.get()) == 1;
      if (ready) {
        received.client_certificate_name = client_name(session.get());
        const char* const name = SSL_get_servername(session.get(), TLSEXT_NAMETYPE_host_name);
        if (name != nullptr) received.server_name = name;
      }
    }
    if (ready) talk(wire, received);
    ERR_clear_error();
  }
  const MutexLock lock(mutex);
  open.erase(descriptor);
  close(descriptor);
}

void HttpPeer::State::talk(const Wire& wire, Received received) {
  std::string rest;
  while (std::optional<std::string> request = read_request(wire, rest)) {
    received.request = std::move(*request);
    const std::string text = answer(received);
    if (text.empty() || !wire.write(text)) return;
  }
}

HttpPeer::HttpPeer(Answer answer) : state_(std::make_unique<State>()) {
  state_->answer = std::move(answer);
  state_->start();
}

HttpPeer::HttpPeer(Tls tls, Answer answer) : state_(std::make_unique<State>()) {
  state_->answer = std::move(answer);
  state_->context = make_context(tls);
  state_->start();
}

HttpPeer::~HttpPeer() {
  shutdown(state_->listener, SHUT_RDWR);
  state_->acceptor.join();
  close(state_->listener);
  std::vector<std::thread> threads;
  {
    const MutexLock lock(state_->mutex);
    for (const int descriptor : state_->open)
      shutdown(descriptor, SHUT_RDWR);
    threads.swap(state_->threads);
  }
  for (std::thread& thread : threads)
    thread.join();
}

std::uint16_t HttpPeer::port() const {
  return state_->port;
}

std::string http_answer(const std::string& status, const std::string& body,
                        const std::string& headers) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

}  // namespace tailrace::testing
