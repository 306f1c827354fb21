// libmicrohttpd behind the Server interface: a listening socket of our own, one epoll thread.
#include "http/microhttpd_server.h"

#include <microhttpd.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/check.h"
#include "base/mutex.h"
#include "http/listening_socket.h"
#include "http/local_socket.h"
#include "http/server_tls.h"
#include "http/suspended_request.h"

namespace tailrace::http {
namespace {

// Room behind a body, so that who parses it in place need not copy it (simdjson).
constexpr std::size_t kBodyPadding = 64;
// Room that a body has before the first byte of it is there.
constexpr std::uint64_t kBodyAtOnce = 64U << 10U;

// What is gathered of a request until its body is complete.
struct Pending {
  ServerRequest request;
  std::uint64_t body_bytes_max = 0;  // 0: nothing is kept.
  std::uint64_t announced = 0;       // How long the body will be, if that was said.
  std::uint64_t reserved = 0;        // Of all bodies' room.
  int refused = 0;                   // The status that it gets for it.
  SteadyTime deadline = SteadyTime::max();
  // Its answer comes later. (A shared_ptr: the Responder has it too.)
  std::shared_ptr<SuspendedRequest> suspended;
};

// How long the body will be, when that is said.
std::uint64_t announced_bytes(const ServerRequest& request) {
  const auto found = request.headers.find("content-length");
  if (found == request.headers.end()) return 0;
  std::uint64_t bytes = 0;
  const char* const begin = found->second.data();
  const auto read = std::from_chars(begin, begin + found->second.size(), bytes);
  return read.ec == std::errc{} ? bytes : 0;
}

ServerResponse refusal(int status) {
  if (status == 413) return {.status = 413, .body = "request body too large\n", .headers = {}};
  return unavailable("too many requests are being received");
}

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

MHD_Result collect_query(void* user, MHD_ValueKind /*kind*/, const char* key, const char* value) {
  auto& request = *static_cast<ServerRequest*>(user);
  const std::string text = value == nullptr ? "" : value;
  request.query[key] = text;
  request.query_pairs.emplace_back(key, text);
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

}  // namespace

struct MicrohttpdServer::State {
  Options options;
  RequestHandler handler;
  AsyncHandler async_handler;          // Instead of `handler`.
  std::unique_ptr<LocalSocket> local;  // Null: on the network.
  std::unique_ptr<ServerTls> tls;      // Null: plain HTTP.
  MHD_Daemon* daemon = nullptr;
  int socket = -1;
  bool listening = true;
  std::uint16_t port = 0;
  // Requests whose answer is not out yet.
  Mutex mutex;
  std::uint32_t open_requests TAILRACE_GUARDED_BY(mutex) = 0;
  bool stopping TAILRACE_GUARDED_BY(mutex) = false;
  std::set<std::shared_ptr<SuspendedRequest>> suspended TAILRACE_GUARDED_BY(mutex);
  std::condition_variable_any request_done;
  std::uint64_t bodies_bytes = 0;  // Reserved; the server's thread alone.

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
  // Answers those that wait.
  void give_up_suspended();
  // Whether so many more bytes of bodies can be kept.
  bool has_room(std::uint64_t bytes) const;
  bool reserve(Pending& pending, std::uint64_t bytes);
  // False: the connection is to be closed.
  bool keep_body(Pending& pending, std::string_view part);
  MHD_Result suspend(MHD_Connection* connection, Pending& pending);

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
  auto& own = *static_cast<Pending*>(*pending);
  if (*upload_bytes > 0) {
    const std::string_view part(upload, *upload_bytes);
    *upload_bytes = 0;
    return self.keep_body(own, part) ? MHD_YES : MHD_NO;
  }
  if (own.refused != 0) return self.send(connection, refusal(own.refused), After::kGoOn);
  if (!self.async_handler) return self.send(connection, self.handler(own.request), After::kGoOn);
  if (own.suspended == nullptr) return self.suspend(connection, own);
  const auto answer = own.suspended->take();
  // Without one it was not resumed for us: libmicrohttpd asks again when it is.
  return answer ? self.send(connection, *answer, After::kGoOn) : MHD_YES;
}

bool MicrohttpdServer::State::has_room(std::uint64_t bytes) const {
  return options.bodies_bytes_max == 0 || bodies_bytes + bytes <= options.bodies_bytes_max;
}

bool MicrohttpdServer::State::reserve(Pending& pending, std::uint64_t bytes) {
  if (options.bodies_bytes_max == 0 || bytes <= pending.reserved) return true;
  const std::uint64_t more = bytes - pending.reserved;
  if (!has_room(more)) return false;
  bodies_bytes += more;
  pending.reserved = bytes;
  return true;
}

bool MicrohttpdServer::State::keep_body(Pending& pending, std::string_view part) {
  if (options.clock != nullptr && options.clock->steady_now() > pending.deadline) return false;
  std::string& body = pending.request.body;
  if (pending.refused != 0 || pending.body_bytes_max == 0) return true;
  const std::uint64_t bytes = body.size() + part.size();
  if (bytes > pending.body_bytes_max) {
    pending.refused = 413;
  } else if (!reserve(pending, bytes)) {
    pending.refused = 503;
  } else {
    if (body.capacity() < bytes + kBodyPadding) {
      const std::uint64_t wanted = std::min<std::uint64_t>(pending.announced, 2 * bytes);
      body.reserve(std::max(wanted, bytes) + kBodyPadding);
    }
    body.append(part);
    return true;
  }
  std::string().swap(body);
  return true;
}

MHD_Result MicrohttpdServer::State::suspend(MHD_Connection* connection, Pending& pending) {
  const MHD_ConnectionInfo* const info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  const int descriptor = info == nullptr ? -1 : info->connect_fd;
  auto request = std::make_shared<SuspendedRequest>(connection, descriptor);
  {
    // Under the lock: give_up_suspended() must not find one that is not suspended yet.
    const MutexLock lock(mutex);
    if (stopping) return MHD_NO;
    suspended.insert(request);
    request->begin();
  }
  pending.suspended = request;
  async_handler(std::move(pending.request), Responder(std::move(request)));
  return MHD_YES;
}

MHD_Result MicrohttpdServer::State::begin(MHD_Connection* connection, const char* url,
                                          const char* method, void** pending) {
  if (!begin_request()) return MHD_NO;  // Closes the connection.
  auto owner = std::make_unique<Pending>();
  Pending& own = *owner;
  ServerRequest& request = own.request;
  std::uint64_t& body_bytes_max = own.body_bytes_max;
  *pending = owner.release();  // on_completed() takes it back.
  if (options.clock != nullptr) own.deadline = options.clock->steady_now() + options.read_timeout;
  set_timeout(connection, options.read_timeout);
  request.method = method;
  request.path = url;
  request.peer = peer_address(connection);
  request.via = local == nullptr ? Via::kNetwork : Via::kLocalSocket;
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &collect_query, &request);
  std::map<std::string, std::string> headers;
  MHD_get_connection_values(connection, MHD_HEADER_KIND, &collect, &headers);
  for (auto& [name, value] : headers)
    request.headers[lower(name)] = std::move(value);
  body_bytes_max = options.body_limit ? options.body_limit(request) : options.body_bytes_max;
  if (options.reads_body && !options.reads_body(request)) {
    return send(connection, handler(request), After::kClose);
  }
  if (options.answers_early) {
    if (const auto answer = options.answers_early(request)) {
      const bool has_body =
          announced_bytes(request) > 0 || request.headers.contains("transfer-encoding");
      return send(connection, *answer, has_body ? After::kClose : After::kGoOn);
    }
  }
  if (!async_handler) return MHD_YES;
  const std::uint64_t announced = announced_bytes(request);
  if (announced > body_bytes_max) return send(connection, refusal(413), After::kClose);
  // What is said and not sent takes nobody's room.
  if (!has_room(announced)) return send(connection, refusal(503), After::kClose);
  own.announced = announced;
  request.body.reserve(std::min(announced, kBodyAtOnce) + kBodyPadding);
  return MHD_YES;
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
  self.bodies_bytes -= owner->reserved;
  if (owner->suspended != nullptr) {
    owner->suspended->end(code == MHD_REQUEST_TERMINATED_COMPLETED_OK ? Responder::Outcome::kSent
                                                                      : Responder::Outcome::kLost);
    const MutexLock lock(self.mutex);
    self.suspended.erase(owner->suspended);
  }
  self.end_request();
  if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK) return;
  const bool own = self.options.idle_timeout.count() > 0;
  set_timeout(connection, own ? self.options.idle_timeout : self.options.read_timeout);
}

void MicrohttpdServer::State::wait_for_requests() {
  const MutexLock lock(mutex);
  // With a condition the time counts from here on, not anew from each request that ends.
  request_done.wait_for(mutex, options.shutdown_timeout, [this]() TAILRACE_REQUIRES(mutex) {
    return async_handler ? suspended.empty() : open_requests == 0;
  });
}

void MicrohttpdServer::State::give_up_suspended() {
  std::set<std::shared_ptr<SuspendedRequest>> waiting;
  {
    const MutexLock lock(mutex);
    waiting = suspended;
  }
  for (const auto& request : waiting)
    request->answer(unavailable("the server stops"), nullptr);
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
  if (async_handler) flags |= MHD_ALLOW_SUSPEND_RESUME;
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
  stop_listening();
  state_->give_up_suspended();
  state_->wait_for_requests();
  MHD_stop_daemon(state_->daemon);
}

void MicrohttpdServer::stop_listening() {
  if (!std::exchange(state_->listening, false)) return;
  const int descriptor = MHD_quiesce_daemon(state_->daemon);
  if (descriptor >= 0) close(descriptor);
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
  return listening(std::move(state));
}

Result<std::unique_ptr<MicrohttpdServer>> MicrohttpdServer::create_async(Options options,
                                                                         AsyncHandler handler) {
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  state->async_handler = std::move(handler);
  return listening(std::move(state));
}

Result<std::unique_ptr<MicrohttpdServer>> MicrohttpdServer::listening(
    std::unique_ptr<State> state) {
  if (!state->options.local_socket.empty()) {
    auto local = LocalSocket::listen_on(state->options.local_socket);
    if (!local) return fail(local.error());
    state->local = std::move(*local);
    state->socket = state->local->release();
    return started(std::move(state));
  }
  const Options& options = state->options;
  const Result<int> socket_fd = options.listen_descriptor >= 0
                                    ? duplicate_socket(options.listen_descriptor)
                                    : listen_on(options.network, options.address, options.port);
  if (!socket_fd) return fail(socket_fd.error());
  state->socket = *socket_fd;
  state->port = port_of_socket(state->socket);
  return started(std::move(state));
}

}  // namespace tailrace::http
