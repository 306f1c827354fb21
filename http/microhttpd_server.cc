// libmicrohttpd behind the Server interface: a listening socket of our own, one epoll thread.
#include "http/microhttpd_server.h"

#include <microhttpd.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/check.h"
#include "base/mutex.h"
#include "http/local_socket.h"
#include "http/server_tls.h"

namespace tailrace::http {
namespace {

// What is gathered of a request until its body is complete.
struct Pending {
  ServerRequest request;
  std::uint64_t body_bytes_max = 0;  // 0: nothing is kept.
  bool too_large = false;
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

MHD_Result collect(void* user, MHD_ValueKind /*kind*/, const char* key, const char* value) {
  auto& values = *static_cast<std::map<std::string, std::string>*>(user);
  values[key] = value == nullptr ? "" : value;
  return MHD_YES;
}

std::string peer_address(MHD_Connection* connection) {
  const MHD_ConnectionInfo* const info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (info == nullptr || info->client_addr == nullptr) return {};
  if (info->client_addr->sa_family == AF_UNIX) return {};
  char text[NI_MAXHOST] = {};
  const socklen_t bytes =
      info->client_addr->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  if (getnameinfo(info->client_addr, bytes, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) {
    return {};
  }
  return text;
}

// MHD counts whole seconds; 0 is none.
unsigned whole_seconds(std::chrono::nanoseconds time) {
  return static_cast<unsigned>(
      std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(time).count(), 0));
}

void set_timeout(MHD_Connection* connection, std::chrono::nanoseconds time) {
  MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, whole_seconds(time));
}

int family_of(const MicrohttpdServer::Options& options) {
  switch (options.network) {
    case MicrohttpdServer::Network::kIpv4:
      return AF_INET;
    case MicrohttpdServer::Network::kIpv6:
      return AF_INET6;
    case MicrohttpdServer::Network::kAny:
      break;
  }
  return options.address.empty() ? AF_INET6 : AF_UNSPEC;  // Dual stack for "all".
}

// A listening socket: the first address of `options` that can be bound.
Result<int> listen_on(const MicrohttpdServer::Options& options) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_family = family_of(options);
  addrinfo* found = nullptr;
  const std::string port = std::to_string(options.port);
  const char* const host = options.address.empty() ? nullptr : options.address.c_str();
  int code = getaddrinfo(host, port.c_str(), &hints, &found);
  if (code != 0) {
    return fail(Error::kOther,
                "listen on " + options.address + ":" + port + ": " + gai_strerror(code));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  int error = 0;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    const int socket_fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_fd < 0) {
      error = errno;
      continue;
    }
    const int on = 1;
    const int only_ipv6 = options.network == MicrohttpdServer::Network::kIpv6 ? 1 : 0;
    setsockopt(socket_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->ai_family == AF_INET6) {
      setsockopt(socket_fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof only_ipv6);
    }
    if (bind(socket_fd, address->ai_addr, address->ai_addrlen) == 0 &&
        listen(socket_fd, 128) == 0) {
      return socket_fd;
    }
    error = errno;
    close(socket_fd);
  }
  return fail(system_failure(error, "listen on " + options.address + ":" + port));
}

}  // namespace

struct MicrohttpdServer::State {
  Options options;
  RequestHandler handler;
  std::unique_ptr<LocalSocket> local;  // Null: on the network.
  std::unique_ptr<ServerTls> tls;      // Null: plain HTTP.
  MHD_Daemon* daemon = nullptr;
  int socket = -1;
  std::uint16_t port = 0;
  // Requests whose answer is not out yet.
  Mutex mutex;
  std::uint32_t open_requests TAILRACE_GUARDED_BY(mutex) = 0;
  bool stopping TAILRACE_GUARDED_BY(mutex) = false;
  std::condition_variable_any request_done;

  // False: the server stops, and takes no more.
  bool begin_request() {
    const MutexLock lock(mutex);
    if (stopping) return false;
    ++open_requests;
    return true;
  }
  void end_request() {
    const MutexLock lock(mutex);
    --open_requests;
    request_done.notify_all();
  }
  bool is_stopping() {
    const MutexLock lock(mutex);
    return stopping;
  }
  void refuse_requests() {
    const MutexLock lock(mutex);
    stopping = true;
  }
  // Until all that are open have ended, for `shutdown_timeout` at most.
  void wait_for_requests();

  Status start();
  static void on_connection(void* user, MHD_Connection* connection, void** credentials,
                            MHD_ConnectionNotificationCode code);
  static MHD_Result on_request(void* user, MHD_Connection* connection, const char* url,
                               const char* method, const char* version, const char* upload,
                               std::size_t* upload_bytes, void** pending);
  static void on_completed(void* user, MHD_Connection* connection, void** pending,
                           MHD_RequestTerminationCode code);
  // The headers are there; the body not yet.
  MHD_Result begin(MHD_Connection* connection, const char* url, const char* method, void** pending);
  enum class After { kGoOn, kClose };
  MHD_Result send(MHD_Connection* connection, const ServerResponse& response, After after);
};

MHD_Result MicrohttpdServer::State::on_request(void* user, MHD_Connection* connection,
                                               const char* url, const char* method,
                                               const char* /*version*/, const char* upload,
                                               std::size_t* upload_bytes, void** pending) {
  auto& self = *static_cast<State*>(user);
  if (*pending == nullptr) return self.begin(connection, url, method, pending);
  auto& [request, most, too_large] = *static_cast<Pending*>(*pending);
  if (*upload_bytes > 0) {
    if (request.body.size() + *upload_bytes > most && most > 0) {
      too_large = true;
      request.body.clear();
    }
    if (!too_large && most > 0) request.body.append(upload, *upload_bytes);
    *upload_bytes = 0;
    return MHD_YES;
  }
  if (!too_large) return self.send(connection, self.handler(request), After::kGoOn);
  return self.send(connection, {.status = 413, .body = "request body too large\n", .headers = {}},
                   After::kGoOn);
}

MHD_Result MicrohttpdServer::State::begin(MHD_Connection* connection, const char* url,
                                          const char* method, void** pending) {
  if (!begin_request()) return MHD_NO;  // Closes the connection.
  auto owner = std::make_unique<Pending>();
  ServerRequest& request = owner->request;
  std::uint64_t& body_bytes_max = owner->body_bytes_max;
  *pending = owner.release();  // on_completed() takes it back.
  set_timeout(connection, options.read_timeout);
  request.method = method;
  request.path = url;
  request.peer = peer_address(connection);
  request.via = local == nullptr ? Via::kNetwork : Via::kLocalSocket;
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &collect, &request.query);
  std::map<std::string, std::string> headers;
  MHD_get_connection_values(connection, MHD_HEADER_KIND, &collect, &headers);
  for (auto& [name, value] : headers)
    request.headers[lower(name)] = std::move(value);
  body_bytes_max = options.body_limit ? options.body_limit(request) : options.body_bytes_max;
  if (!options.reads_body || options.reads_body(request)) return MHD_YES;
  return send(connection, handler(request), After::kClose);
}

MHD_Result MicrohttpdServer::State::send(MHD_Connection* connection, const ServerResponse& response,
                                         After after) {
  MHD_Response* const reply = MHD_create_response_from_buffer(
      response.body.size(), const_cast<char*>(response.body.data()), MHD_RESPMEM_MUST_COPY);
  if (reply == nullptr) return MHD_NO;
  if (response.status != 204) {
    MHD_add_response_header(reply, MHD_HTTP_HEADER_CONTENT_TYPE, response.content_type.c_str());
  }
  for (const auto& [name, value] : response.headers) {
    MHD_add_response_header(reply, name.c_str(), value.c_str());
  }
  if (after == After::kClose || is_stopping())
    MHD_add_response_header(reply, MHD_HTTP_HEADER_CONNECTION, "close");
  set_timeout(connection, options.write_timeout);
  const MHD_Result queued =
      MHD_queue_response(connection, static_cast<unsigned>(response.status), reply);
  MHD_destroy_response(reply);
  return queued;
}

void MicrohttpdServer::State::on_completed(void* user, MHD_Connection* connection, void** pending,
                                           MHD_RequestTerminationCode code) {
  auto& self = *static_cast<State*>(user);
  const std::unique_ptr<Pending> owner(static_cast<Pending*>(*pending));
  if (owner == nullptr) return;
  *pending = nullptr;
  self.end_request();
  if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK) return;
  const bool own = self.options.idle_timeout.count() > 0;
  set_timeout(connection, own ? self.options.idle_timeout : self.options.read_timeout);
}

void MicrohttpdServer::State::wait_for_requests() {
  const MutexLock lock(mutex);
  // With a condition the time counts from here on, not anew from each request that ends.
  request_done.wait_for(mutex, options.shutdown_timeout,
                        [this]() TAILRACE_REQUIRES(mutex) { return open_requests == 0; });
}

// A connection begins, before its handshake, or ends.
void MicrohttpdServer::State::on_connection(void* user, MHD_Connection* connection,
                                            void** credentials,
                                            MHD_ConnectionNotificationCode code) {
  auto& self = *static_cast<State*>(user);
  using Credentials = std::shared_ptr<const ServerCredentials>;
  const bool begins = code == MHD_CONNECTION_NOTIFY_STARTED;
  if (self.options.connections != nullptr) self.options.connections->add(begins ? 1 : -1);
  if (!begins) {
    const std::unique_ptr<Credentials> owner(static_cast<Credentials*>(*credentials));
    *credentials = nullptr;
    return;
  }
  if (self.tls == nullptr) return;
  const MHD_ConnectionInfo* const info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  TAILRACE_CHECK(info != nullptr);
  *credentials = std::make_unique<Credentials>(
                     self.tls->prepare(static_cast<gnutls_session_int*>(info->tls_session)))
                     .release();  // Taken back when the connection ends.
}

Status MicrohttpdServer::State::start() {
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC;
  std::vector<MHD_OptionItem> tls_items;
  if (options.tls.enabled()) {
    auto made = ServerTls::create(options.tls, options.log);
    if (!made) return fail(made.error().code, "TLS of the server: " + made.error().message);
    tls = std::move(*made);
    flags |= MHD_USE_TLS;
    // It wants some at its start; each connection gets its own.
    tls_items = {{MHD_OPTION_HTTPS_MEM_CERT, 0, const_cast<char*>(tls->certificate().c_str())},
                 {MHD_OPTION_HTTPS_MEM_KEY, 0, const_cast<char*>(tls->key().c_str())}};
  }
  tls_items.push_back({MHD_OPTION_END, 0, nullptr});
  const auto connections = options.connections_max == 0 ? kConnectionsMax : options.connections_max;
  const bool own_header_timeout = options.read_header_timeout.count() > 0;
  const unsigned timeout =
      whole_seconds(own_header_timeout ? options.read_header_timeout : options.read_timeout);
  daemon = MHD_start_daemon(
      flags, 0, nullptr, nullptr, &State::on_request, this, MHD_OPTION_LISTEN_SOCKET, socket,
      MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_CONNECTION_TIMEOUT, timeout,
      MHD_OPTION_NOTIFY_COMPLETED, &State::on_completed, this, MHD_OPTION_NOTIFY_CONNECTION,
      &State::on_connection, this, MHD_OPTION_ARRAY, tls_items.data(), MHD_OPTION_END);
  if (daemon == nullptr) {
    const std::string place =
        local == nullptr ? "port " + std::to_string(options.port) : options.local_socket;
    return fail(Error::kOther, "the HTTP server on " + place + " cannot be started");
  }
  return {};
}

MicrohttpdServer::MicrohttpdServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

MicrohttpdServer::~MicrohttpdServer() {
  if (state_->daemon == nullptr) return;
  // Nothing new, but requests that are there get their answers.
  state_->refuse_requests();
  const int listening = MHD_quiesce_daemon(state_->daemon);
  if (listening >= 0) close(listening);
  state_->wait_for_requests();
  MHD_stop_daemon(state_->daemon);
}

std::uint16_t MicrohttpdServer::port() const {
  return state_->port;
}

Result<std::unique_ptr<MicrohttpdServer>> MicrohttpdServer::started(std::unique_ptr<State> state) {
  if (Status running = state->start(); !running) {
    close(state->socket);
    return fail(running.error());
  }
  return std::make_unique<MicrohttpdServer>(std::move(state));
}

Result<std::unique_ptr<MicrohttpdServer>> MicrohttpdServer::create(Options options,
                                                                   RequestHandler handler) {
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  state->handler = std::move(handler);
  if (!state->options.local_socket.empty()) {
    auto local = LocalSocket::listen_on(state->options.local_socket);
    if (!local) return fail(local.error());
    state->local = std::move(*local);
    state->socket = state->local->release();
    return started(std::move(state));
  }
  Result<int> socket_fd = listen_on(state->options);
  if (!socket_fd && state->options.address.empty() && state->options.network == Network::kAny) {
    // A kernel without IPv6.
    Options ipv4 = state->options;
    ipv4.address = "0.0.0.0";
    socket_fd = listen_on(ipv4);
  }
  if (!socket_fd) return fail(socket_fd.error());
  state->socket = *socket_fd;

  sockaddr_storage bound{};
  socklen_t bytes = sizeof bound;
  if (getsockname(state->socket, reinterpret_cast<sockaddr*>(&bound), &bytes) == 0) {
    state->port =
        ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port
                                          : reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
  }
  return started(std::move(state));
}

}  // namespace tailrace::http
