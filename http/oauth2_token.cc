// An OAuth2 access token by client credentials, fetched when it is needed.
#include "http/oauth2_token.h"

#include <string_view>
#include <utility>

#include "http/auth.h"
#include "http/response_text.h"
#include "http/token_response.h"

namespace tailrace::http {

namespace {

// A token is not used in its last seconds: it would expire on the way (as Go's oauth2 does it).
constexpr std::chrono::seconds kExpiryMargin{10};
constexpr std::chrono::seconds kTokenTimeout{30};
// Whoever waited for a token asks again within this time and has to hear that there is none, or it
// would wait on without a pause. Less than the pause of those who have heard it.
constexpr std::chrono::milliseconds kFailureLasts{400};

// application/x-www-form-urlencoded.
std::string form_escaped(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xfU];
    }
  }
  return out;
}

void append_form(std::string& form, std::string_view name, std::string_view value) {
  if (!form.empty()) form += '&';
  form += form_escaped(name);
  form += '=';
  form += form_escaped(value);
}

std::string scheme_of(const std::string& token_type) {
  std::string lower = token_type;
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  if (lower.empty() || lower == "bearer") return "Bearer";
  if (lower == "mac") return "MAC";
  if (lower == "basic") return "Basic";
  return token_type;
}

}  // namespace

OAuth2Token::OAuth2Token(config::OAuth2Config config, FileSystem& file_system, Transport& transport,
                         const Clock& clock)
    : config_(std::move(config)),
      transport_(transport),
      clock_(clock),
      endpoint_(transport.add_endpoint(endpoint_options(config_.tls, config_.proxy))) {
  if (!config_.client_secret_file.empty()) {
    secret_file_.emplace(file_system, config_.client_secret_file);
  }
}

OAuth2Token::~OAuth2Token() {
  if (in_flight_) transport_.cancel(tag());
  transport_.remove_endpoint(endpoint_);
}

Result<std::optional<std::string>> OAuth2Token::authorization() {
  const SteadyTime now = clock_.steady_now();
  if (!authorization_.empty() && now < expires_) return std::optional(authorization_);
  if (in_flight_) return std::optional<std::string>();
  // Whoever waited for the same answer is told, too; a later attempt begins anew.
  if (error_ && now < failed_at_ + kFailureLasts) return fail(*error_);
  authorization_.clear();
  error_.reset();
  const Status fetched = fetch();
  if (!fetched) return fail(fetched.error());
  return std::optional<std::string>();
}

Status OAuth2Token::fetch() {
  return submit(style_ == Style::kForm ? Style::kForm : Style::kHeader);
}

Status OAuth2Token::submit(Style style) {
  std::string secret = config_.client_secret;
  if (secret_file_) {
    auto read = secret_file_->read();
    if (!read) return fail(read.error());
    secret = std::move(*read);
  }
  body_.clear();
  append_form(body_, "grant_type", "client_credentials");
  std::string scopes;
  for (const std::string& scope : config_.scopes) {
    if (!scopes.empty()) scopes += ' ';
    scopes += scope;
  }
  if (!scopes.empty()) append_form(body_, "scope", scopes);
  for (const auto& [name, value] : config_.endpoint_params)
    append_form(body_, name, value);

  Request request{.url = config_.token_url,
                  .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                  .body = {},
                  .timeout = kTokenTimeout,
                  .basic_auth = {}};
  if (style == Style::kHeader) {
    request.basic_auth = form_escaped(config_.client_id) + ":" + form_escaped(secret);
  } else {
    append_form(body_, "client_id", config_.client_id);
    append_form(body_, "client_secret", secret);
  }
  request.body.emplace_back(body_);
  in_flight_ = true;
  sent_ = style;
  transport_.submit(endpoint_, tag(), request);
  return {};
}

void OAuth2Token::take_completions() {
  for (const Completion& completion : transport_.take_completions(endpoint_)) {
    on_completion(completion.response);
  }
}

void OAuth2Token::on_completion(const Response& response) {
  in_flight_ = false;
  Status outcome;
  if (response.status < 200 || response.status >= 300) {
    if (response.status != 0 && sent_ == Style::kHeader && style_ == Style::kUnknown) {
      outcome = submit(Style::kForm);
      if (outcome) return;
    } else {
      outcome = fail(Error::kOther, "oauth2: cannot fetch token: " + describe(response));
    }
  } else {
    auto token = parse_token_response(response.body);
    if (token) {
      style_ = sent_;
      authorization_ = scheme_of(token->token_type) + " " + token->access_token;
      expires_ = token->expires_in.count() == 0
                     ? SteadyTime::max()
                     : clock_.steady_now() + token->expires_in - kExpiryMargin;
      return;
    }
    outcome = fail(Error::kOther, "oauth2: cannot fetch token: " + token.error().message);
  }
  error_ = outcome.error();
  failed_at_ = clock_.steady_now();
}

}  // namespace tailrace::http
