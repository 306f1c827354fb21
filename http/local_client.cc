// libcurl's easy interface over a socket in the file system.
#include "http/local_client.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include <curl/curl.h>

namespace tailrace::http {
namespace {

constexpr std::chrono::milliseconds kTimeout{30'000};

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* user) {
  static_cast<std::string*>(user)->append(bytes, size * count);
  return size * count;
}

}  // namespace

struct LocalClient::State {
  std::string socket;
  CURL* easy = nullptr;
  curl_slist* json = nullptr;
  std::chrono::milliseconds timeout = kTimeout;
};

LocalClient::LocalClient(std::unique_ptr<State> state) : state_(std::move(state)) {}

LocalClient::~LocalClient() {
  curl_slist_free_all(state_->json);
  curl_easy_cleanup(state_->easy);
}

Result<std::unique_ptr<LocalClient>> LocalClient::create(std::string socket_path) {
  auto state = std::make_unique<State>();
  state->socket = std::move(socket_path);
  state->easy = curl_easy_init();
  state->json = curl_slist_append(nullptr, "Content-Type: application/json");
  if (state->easy == nullptr || state->json == nullptr) {
    return fail(Error::kOther, "libcurl cannot be set up");
  }
  return std::make_unique<LocalClient>(std::move(state));
}

Result<LocalResponse> LocalClient::get(const std::string& path) {
  curl_easy_reset(state_->easy);
  return perform("GET", path);
}

Result<LocalResponse> LocalClient::remove(const std::string& path) {
  curl_easy_reset(state_->easy);
  return perform("DELETE", path);
}

Result<LocalResponse> LocalClient::post(const std::string& path, const std::string& body) {
  curl_easy_reset(state_->easy);
  curl_easy_setopt(state_->easy, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(state_->easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(state_->easy, CURLOPT_HTTPHEADER, state_->json);
  return perform("POST", path);
}

Result<LocalResponse> LocalClient::perform(const char* method, const std::string& path) {
  CURL* const easy = state_->easy;
  LocalResponse response;
  const std::string url = "http://localhost" + path;
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, state_->socket.c_str());
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // Whatever the environment says.
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(state_->timeout.count()));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &response.body);
  const CURLcode code = curl_easy_perform(easy);
  if (code == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    return response;
  }
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return fail(system_failure(ETIMEDOUT, state_->socket));
  }
  long error = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
  if (code == CURLE_COULDNT_CONNECT && error != 0) {
    return fail(system_failure(static_cast<int>(error), state_->socket));
  }
  return fail(Error::kOther, state_->socket + ": " + curl_easy_strerror(code));
}

void LocalClient::set_timeout(std::chrono::milliseconds timeout) {
  state_->timeout = std::max(timeout, std::chrono::milliseconds(1));  // 0 means none to libcurl.
}

std::string LocalClient::escaped(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      result += c;
    } else {
      result += '%';
      result += kHex[byte >> 4U];
      result += kHex[byte & 15U];
    }
  }
  return result;
}

}  // namespace tailrace::http
