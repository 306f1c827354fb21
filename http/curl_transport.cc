// libcurl's multi interface, driven by the worker's event loop.
//
// curl tells which sockets it wants watched (on_socket) and when it wants to be called without an
// event (on_timer); both are passed on to the event loop and next_deadline(). Easy handles are used
// again, so that a request costs no set-up of memory; connections live in the multi handle.
#include "http/curl_transport.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <curl/curl.h>

namespace tailrace::http {
namespace {

// Of a stream: a server that is gone without a word is noticed.
constexpr long kKeepAliveSeconds = 30;
// A compressed batch of 1 MiB mostly fits: one send, where curl's 64 KiB mean five.
constexpr long kUploadBufferBytes = 384L << 10U;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

void append(List& list, const std::string& text) {
  list.reset(curl_slist_append(list.release(), text.c_str()));
}

long tls_version(const std::string& name) {
  if (name == "TLS10") return CURL_SSLVERSION_TLSv1_0;
  if (name == "TLS11") return CURL_SSLVERSION_TLSv1_1;
  if (name == "TLS13") return CURL_SSLVERSION_TLSv1_3;
  if (name == "TLS12") return CURL_SSLVERSION_TLSv1_2;
  return CURL_SSLVERSION_DEFAULT;
}

long tls_version_max(const std::string& name) {
  if (name == "TLS10") return CURL_SSLVERSION_MAX_TLSv1_0;
  if (name == "TLS11") return CURL_SSLVERSION_MAX_TLSv1_1;
  if (name == "TLS12") return CURL_SSLVERSION_MAX_TLSv1_2;
  if (name == "TLS13") return CURL_SSLVERSION_MAX_TLSv1_3;
  return CURL_SSLVERSION_MAX_NONE;
}

void set_blob(CURL* easy, CURLoption option, const std::string& text) {
  curl_blob blob{};
  // curl's type is not const, but with CURL_BLOB_COPY it only reads.
  blob.data = const_cast<char*>(text.data());
  blob.len = text.size();
  blob.flags = CURL_BLOB_COPY;
  curl_easy_setopt(easy, option, &blob);
}

void set_tls(CURL* easy, const TlsOptions& tls) {
  if (!tls.ca.empty()) set_blob(easy, CURLOPT_CAINFO_BLOB, tls.ca);
  if (!tls.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, tls.ca_file.c_str());
  if (!tls.cert.empty()) set_blob(easy, CURLOPT_SSLCERT_BLOB, tls.cert);
  if (!tls.cert_file.empty()) curl_easy_setopt(easy, CURLOPT_SSLCERT, tls.cert_file.c_str());
  if (!tls.key.empty()) set_blob(easy, CURLOPT_SSLKEY_BLOB, tls.key);
  if (!tls.key_file.empty()) curl_easy_setopt(easy, CURLOPT_SSLKEY, tls.key_file.c_str());
  if (tls.insecure_skip_verify) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!tls.min_version.empty() || !tls.max_version.empty()) {
    curl_easy_setopt(easy, CURLOPT_SSLVERSION,
                     tls_version(tls.min_version) | tls_version_max(tls.max_version));
  }
  // A CA file that was replaced is seen by the next connection, not a day later.
  curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
}

}  // namespace

struct CurlTransport::Multi {
  std::unique_ptr<CURLM, CURLMcode (*)(CURLM*)> handle{curl_multi_init(), curl_multi_cleanup};
};

// One request and what it needs while it is on its way.
struct CurlTransport::Exchange {
  std::unique_ptr<CURL, EasyDeleter> easy{curl_easy_init()};
  RequestTag tag = 0;
  int endpoint_number = 0;
  List headers;
  List proxy_headers;
  List connect_to;
  std::string url;
  std::vector<std::string_view> body;
  std::size_t part = 0;  // Where sending goes on.
  std::size_t part_offset = 0;
  Response response;
  std::string wanted_header;  // Its name.
  std::size_t body_bytes_max = 0;
  bool fails_beyond = false;  // What is longer than body_bytes_max is a failure.
  bool too_long = false;
  bool is_stream = false;
  bool paused = false;  // curl holds back until take_stream().
  char error[CURL_ERROR_SIZE] = {};

  static std::size_t read_body(char* target, std::size_t size, std::size_t count, void* user);
  static int seek_body(void* user, curl_off_t offset, int origin);
  static std::size_t write_response(char* data, std::size_t size, std::size_t count, void* user);

  void prepare(const EndpointOptions& endpoint, const Request& request);
  void set_url(const EndpointOptions& endpoint, const Request& request);
  void set_proxy(const EndpointOptions& endpoint);
};

std::size_t CurlTransport::Exchange::read_body(char* target, std::size_t size, std::size_t count,
                                               void* user) {
  auto& self = *static_cast<Exchange*>(user);
  std::size_t room = size * count;
  std::size_t copied = 0;
  while (room > 0 && self.part < self.body.size()) {
    const std::string_view rest = self.body[self.part].substr(self.part_offset);
    const std::size_t bytes = std::min(room, rest.size());
    std::memcpy(target + copied, rest.data(), bytes);
    copied += bytes;
    room -= bytes;
    self.part_offset += bytes;
    if (self.part_offset == self.body[self.part].size()) {
      ++self.part;
      self.part_offset = 0;
    }
  }
  return copied;
}

int CurlTransport::Exchange::seek_body(void* user, curl_off_t offset, int origin) {
  auto& self = *static_cast<Exchange*>(user);
  if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  self.part = 0;
  self.part_offset = static_cast<std::size_t>(offset);
  while (self.part < self.body.size() && self.part_offset >= self.body[self.part].size()) {
    self.part_offset -= self.body[self.part].size();
    ++self.part;
  }
  return CURL_SEEKFUNC_OK;
}

std::size_t CurlTransport::Exchange::write_response(char* data, std::size_t size, std::size_t count,
                                                    void* user) {
  auto& self = *static_cast<Exchange*>(user);
  const std::size_t bytes = size * count;
  std::string& body = self.response.body;
  if (self.is_stream) {
    if (body.size() >= kStreamBytesMax) {
      self.paused = true;
      return CURL_WRITEFUNC_PAUSE;  // It comes again.
    }
    body.append(data, bytes);
    return bytes;
  }
  const std::size_t room = self.body_bytes_max - body.size();
  if (bytes > room && self.fails_beyond) {
    self.too_long = true;
    return CURL_WRITEFUNC_ERROR;
  }
  body.append(data, std::min(bytes, room));
  return bytes;
}

void CurlTransport::Exchange::prepare(const EndpointOptions& endpoint, const Request& request) {
  CURL* const handle = easy.get();
  curl_easy_reset(handle);
  headers.reset();
  proxy_headers.reset();
  connect_to.reset();
  response = {};
  wanted_header = request.wanted_header;
  body_bytes_max = request.body_bytes_max;
  fails_beyond = body_bytes_max != Request::kBodyBytesMax;
  too_long = false;
  is_stream = request.answer == Request::Answer::kStream;
  paused = false;
  error[0] = '\0';
  body = request.body;
  std::erase_if(body, [](std::string_view segment) { return segment.empty(); });
  part = 0;
  part_offset = 0;

  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(handle, CURLOPT_UPLOAD_BUFFERSIZE, kUploadBufferBytes);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(handle, CURLOPT_PRIVATE, this);
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, endpoint.follow_redirects ? 1L : 0L);
  curl_easy_setopt(handle, CURLOPT_MAXREDIRS, 10L);
  curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "gzip");
  // 0 is "no limit" to curl and "fails at once" to Promtail.
  const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(request.timeout);
  const long timeout_ms = static_cast<long>(std::max<std::int64_t>(timeout.count(), 1));
  if (is_stream) {
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
    curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(handle, CURLOPT_TCP_KEEPIDLE, kKeepAliveSeconds);
    curl_easy_setopt(handle, CURLOPT_TCP_KEEPINTVL, kKeepAliveSeconds);
  } else {
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, timeout_ms);
  }
  if (!endpoint.unix_socket.empty()) {
    curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, endpoint.unix_socket.c_str());
  }
  set_url(endpoint, request);
  set_tls(handle, endpoint.tls);
  set_proxy(endpoint);

  for (const auto& [name, value] : request.headers) {
    append(headers, value.empty() ? name + ";" : name + ": " + value);
  }
  append(headers, "Expect:");
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  if (!request.basic_auth.empty()) {
    curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(handle, CURLOPT_USERPWD, request.basic_auth.c_str());
  }
  curl_off_t bytes = 0;
  for (const std::string_view segment : body)
    bytes += static_cast<curl_off_t>(segment.size());
  if (request.method == "POST") {
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, bytes);
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, read_body);
    curl_easy_setopt(handle, CURLOPT_READDATA, this);
    curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, seek_body);
    curl_easy_setopt(handle, CURLOPT_SEEKDATA, this);
  } else {
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, write_response);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
}

void CurlTransport::Exchange::set_url(const EndpointOptions& endpoint, const Request& request) {
  url = request.url;
  if (!endpoint.tls.server_name.empty()) {
    // curl verifies and announces the host of the URL: so the URL names server_name, the connection
    // goes to the real host, and the Host header stays what it was.
    struct UrlDeleter {
      void operator()(CURLU* parsed) const { curl_url_cleanup(parsed); }
    };
    const std::unique_ptr<CURLU, UrlDeleter> parsed(curl_url());
    char* host = nullptr;
    char* port = nullptr;
    char* written_port = nullptr;  // Null: the URL names none.
    char* rewritten = nullptr;
    if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK &&
        curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(parsed.get(), CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
        curl_url_set(parsed.get(), CURLUPART_HOST, endpoint.tls.server_name.c_str(), 0) ==
            CURLUE_OK &&
        curl_url_get(parsed.get(), CURLUPART_URL, &rewritten, 0) == CURLUE_OK) {
      append(connect_to, endpoint.tls.server_name + ":" + port + ":" + host + ":" + port);
      curl_url_get(parsed.get(), CURLUPART_PORT, &written_port, 0);
      append(headers, std::string("Host: ") + host +
                          (written_port == nullptr ? "" : ":" + std::string(written_port)));
      curl_easy_setopt(easy.get(), CURLOPT_CONNECT_TO, connect_to.get());
      url = rewritten;
    }
    curl_free(host);
    curl_free(port);
    curl_free(written_port);
    curl_free(rewritten);
  }
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
}

void CurlTransport::Exchange::set_proxy(const EndpointOptions& endpoint) {
  CURL* const handle = easy.get();
  if (!endpoint.proxy_url.empty()) {
    curl_easy_setopt(handle, CURLOPT_PROXY, endpoint.proxy_url.c_str());
    curl_easy_setopt(handle, CURLOPT_NOPROXY, endpoint.no_proxy.c_str());
  } else if (!endpoint.proxy_from_environment) {
    curl_easy_setopt(handle, CURLOPT_PROXY, "");  // Not the environment's either.
    return;
  }
  for (const auto& [name, value] : endpoint.proxy_headers) {
    append(proxy_headers, name + ": " + value);
  }
  if (proxy_headers) curl_easy_setopt(handle, CURLOPT_PROXYHEADER, proxy_headers.get());
  curl_easy_setopt(handle, CURLOPT_HEADEROPT, CURLHEADER_SEPARATE);
}

CurlTransport::CurlTransport(EventLoop& loop, const Clock& clock, std::unique_ptr<Multi> multi)
    : loop_(loop), clock_(clock), multi_(std::move(multi)) {
  CURLM* const handle = multi_->handle.get();
  // curl wants C functions with its own types; these two have the same shape.
  curl_multi_setopt(
      handle, CURLMOPT_SOCKETFUNCTION,
      +[](CURL* easy, curl_socket_t descriptor, int what, void* user, void* socket) {
        return on_socket(easy, descriptor, what, user, socket);
      });
  curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(
      handle, CURLMOPT_TIMERFUNCTION, +[](CURLM* multi_handle, long milliseconds, void* user) {
        return on_timer(multi_handle, milliseconds, user);
      });
  curl_multi_setopt(handle, CURLMOPT_TIMERDATA, this);
}

Result<std::unique_ptr<CurlTransport>> CurlTransport::create(EventLoop& loop, const Clock& clock) {
  auto multi = std::make_unique<Multi>();
  if (multi->handle == nullptr) return fail(Error::kOther, "libcurl cannot be initialised");
  return std::make_unique<CurlTransport>(loop, clock, std::move(multi));
}

CurlTransport::~CurlTransport() {
  for (const auto& [tag, exchange] : open_) {
    curl_multi_remove_handle(multi_->handle.get(), exchange->easy.get());
  }
  open_.clear();
  idle_.clear();
  multi_.reset();  // Closes the connections; on_socket() still unwatches them.
}

int CurlTransport::add_endpoint(const EndpointOptions& options) {
  endpoints_[next_endpoint_] = options;
  return next_endpoint_++;
}

void CurlTransport::remove_endpoint(int endpoint) {
  std::vector<RequestTag> tags;
  for (const auto& [tag, exchange] : open_) {
    if (exchange->endpoint_number == endpoint) tags.push_back(tag);
  }
  for (const RequestTag tag : tags)
    cancel(tag);
  endpoints_.erase(endpoint);
  completions_.erase(endpoint);
}

void CurlTransport::submit(int endpoint, RequestTag tag, const Request& request) {
  std::unique_ptr<Exchange> exchange;
  if (idle_.empty()) {
    exchange = std::make_unique<Exchange>();
  } else {
    exchange = std::move(idle_.back());
    idle_.pop_back();
  }
  exchange->tag = tag;
  exchange->endpoint_number = endpoint;
  exchange->prepare(endpoints_.at(endpoint), request);
  const CURLMcode code = curl_multi_add_handle(multi_->handle.get(), exchange->easy.get());
  if (code != CURLM_OK) {
    Response response;
    response.error = curl_multi_strerror(code);
    completions_[endpoint].push_back({tag, std::move(response)});
    idle_.push_back(std::move(exchange));
    return;
  }
  open_[tag] = std::move(exchange);
  timer_ = clock_.steady_now();
}

void CurlTransport::cancel(RequestTag tag) {
  const auto found = open_.find(tag);
  if (found == open_.end()) {
    for (auto& [endpoint, completions] : completions_) {
      std::erase_if(completions, [tag](const Completion& done) { return done.tag == tag; });
    }
    return;
  }
  curl_multi_remove_handle(multi_->handle.get(), found->second->easy.get());
  found->second->body.clear();
  idle_.push_back(std::move(found->second));
  open_.erase(found);
}

void CurlTransport::run_timer() {
  if (timer_ > clock_.steady_now()) return;
  timer_ = SteadyTime::max();
  int running = 0;
  curl_multi_socket_action(multi_->handle.get(), CURL_SOCKET_TIMEOUT, 0, &running);
}

StreamPart CurlTransport::take_stream(RequestTag tag) {
  run_timer();
  const auto found = open_.find(tag);
  if (found == open_.end()) return {};
  Exchange& exchange = *found->second;
  StreamPart part;
  long status = 0;
  curl_easy_getinfo(exchange.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  part.status = static_cast<int>(status);
  part.bytes = std::exchange(exchange.response.body, {});
  if (std::exchange(exchange.paused, false)) {
    curl_easy_pause(exchange.easy.get(), CURLPAUSE_CONT);  // May write at once.
  }
  return part;
}

std::vector<Completion> CurlTransport::take_completions(int endpoint) {
  run_timer();
  collect_finished();
  const auto found = completions_.find(endpoint);
  if (found == completions_.end()) return {};
  return std::exchange(found->second, {});
}

int CurlTransport::on_socket(void* /*easy*/, int descriptor, int what, void* user,
                             void* /*socket*/) {
  auto& self = *static_cast<CurlTransport*>(user);
  if (what == CURL_POLL_REMOVE) {
    self.loop_.unwatch(descriptor);
    return 0;
  }
  const EventLoop::Interest interest{.readable = what == CURL_POLL_IN || what == CURL_POLL_INOUT,
                                     .writable = what == CURL_POLL_OUT || what == CURL_POLL_INOUT};
  const Status watched =
      self.loop_.watch(descriptor, interest, [&self, descriptor](bool readable, bool writable) {
        self.socket_ready(descriptor,
                          (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0));
      });
  return watched ? 0 : -1;
}

int CurlTransport::on_timer(void* /*multi*/, long milliseconds, void* user) {
  auto& self = *static_cast<CurlTransport*>(user);
  self.timer_ = milliseconds < 0
                    ? SteadyTime::max()
                    : self.clock_.steady_now() + std::chrono::milliseconds(milliseconds);
  return 0;
}

void CurlTransport::socket_ready(int descriptor, int events) {
  int running = 0;
  curl_multi_socket_action(multi_->handle.get(), descriptor, events, &running);
  collect_finished();
}

void CurlTransport::collect_finished() {
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_->handle.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    CURL* const easy = message->easy_handle;
    Exchange* exchange = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &exchange);
    Response response = std::move(exchange->response);
    if (code == CURLE_OK) {
      long status = 0;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      response.status = static_cast<int>(status);
      const char* type = nullptr;
      curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
      if (type != nullptr) response.content_type = type;
      curl_off_t retry_after = 0;
      curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
      response.retry_after = std::chrono::seconds(retry_after);
      curl_header* header = nullptr;
      if (!exchange->wanted_header.empty() &&
          curl_easy_header(easy, exchange->wanted_header.c_str(), 0, CURLH_HEADER, -1, &header) ==
              CURLHE_OK) {
        response.wanted_header = header->value;
      }
    } else {
      response.status = 0;
      response.too_long = exchange->too_long;
      const char* const reason =
          exchange->error[0] != '\0' ? exchange->error : curl_easy_strerror(code);
      response.error = exchange->too_long ? "the answer is longer than " +
                                                std::to_string(exchange->body_bytes_max) + " bytes"
                                          : reason;
    }
    curl_multi_remove_handle(multi_->handle.get(), easy);
    const auto found = open_.find(exchange->tag);
    completions_[exchange->endpoint_number].push_back({exchange->tag, std::move(response)});
    exchange->body.clear();
    idle_.push_back(std::move(found->second));
    open_.erase(found);
  }
}

}  // namespace tailrace::http
