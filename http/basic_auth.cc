// The expected credentials are kept as they stand in a request's header.
#include "http/basic_auth.h"

#include <strings.h>

#include <memory>
#include <string_view>
#include <utility>

#include <gnutls/gnutls.h>

#include "http/text_or_file.h"

namespace tailrace::http {
namespace {

constexpr std::string_view kScheme = "basic ";  // In any case of letters.
constexpr std::string_view kSpace = " \t\r\n";

std::string base64(const std::string& text) {
  std::string copy = text;
  const gnutls_datum_t in{.data = reinterpret_cast<unsigned char*>(copy.data()),
                          .size = static_cast<unsigned>(copy.size())};
  gnutls_datum_t out{};
  if (gnutls_base64_encode2(&in, &out) != GNUTLS_E_SUCCESS) return {};
  std::string encoded(reinterpret_cast<const char*>(out.data), out.size);
  gnutls_free(out.data);
  return encoded;
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

// Takes as long as `given` is, wherever it differs.
bool equal(std::string_view given, std::string_view expected) {
  unsigned difference = given.size() == expected.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size() && !expected.empty(); ++i) {
    const auto a = static_cast<unsigned char>(given[i]);
    const auto b = static_cast<unsigned char>(expected[i % expected.size()]);
    difference |= static_cast<unsigned>(a ^ b);
  }
  return difference == 0 && !expected.empty();
}

class BasicAuth {
 public:
  explicit BasicAuth(BasicAuthOptions options)
      : options_(std::move(options)), password_(options_.password, options_.password_file) {
    expect();
  }

  Status refresh() {
    const Result<bool> read = password_.refresh();
    if (!read) return fail(read.error());
    if (!*read) return {};
    if (trim(password_.text()).empty()) {
      return fail(Error::kInvalid, options_.password_file + " holds no password");
    }
    expect();
    return {};
  }

  bool admits(const ServerRequest& request) {
    if (const Status read = refresh(); !read && options_.log != nullptr) {
      options_.log->warn("the server goes on with its former password",
                         {{"error", read.error().message}});
    }
    const auto header = request.headers.find("authorization");
    if (header == request.headers.end()) return false;
    const std::string_view value = header->second;
    return value.size() > kScheme.size() &&
           strncasecmp(value.data(), kScheme.data(), kScheme.size()) == 0 &&
           equal(trim(value.substr(kScheme.size())), expected_);
  }

  // Browsers ask without a name first: that is no login.
  void note_refusal(const ServerRequest& request) const {
    if (options_.log == nullptr || !request.headers.contains("authorization")) return;
    options_.log->warn("a login to the status pages was refused", {{"peer", request.peer}});
  }

 private:
  void expect() {
    const std::string& text = password_.text();
    const std::string password(options_.password_file.empty() ? text : std::string(trim(text)));
    expected_ = base64(options_.username + ":" + password);
  }

  const BasicAuthOptions options_;
  TextOrFile password_;
  std::string expected_;
};

}  // namespace

Result<GuardedHandler> with_basic_auth(BasicAuthOptions options, RequestHandler handler) {
  // Shared, because a handler can be copied; the server's thread alone uses it.
  const auto auth = std::make_shared<BasicAuth>(std::move(options));
  if (Status read = auth->refresh(); !read) return fail(read.error());
  GuardedHandler guarded;
  guarded.admits = [auth](const ServerRequest& request) { return auth->admits(request); };
  guarded.handler = [auth,
                     handler = std::move(handler)](const ServerRequest& request) -> ServerResponse {
    if (auth->admits(request)) return handler(request);
    auth->note_refusal(request);
    return {.status = 401,
            .body = "401 unauthorized\n",
            .headers = {{"WWW-Authenticate", "Basic realm=\"tailrace\", charset=\"UTF-8\""}}};
  };
  return guarded;
}

}  // namespace tailrace::http
