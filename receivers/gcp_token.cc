// Credentials in, tokens out.
#include "receivers/gcp_token.h"

#include <simdjson.h>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "http/token_response.h"
#include "receivers/base64.h"

namespace tailrace::receivers {
namespace {

constexpr std::string_view kPubSubScope = "https://www.googleapis.com/auth/pubsub";
constexpr std::string_view kGoogleTokens = "https://oauth2.googleapis.com/token";
constexpr std::chrono::minutes kBeforeItsEnd{5};
constexpr std::size_t kFileBytesMax = 1U << 20U;

std::string text_of(simdjson::dom::element object, const char* key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::string base64_url(std::string_view bytes) {
  std::string text = encode_base64(bytes);
  while (text.ends_with('='))
    text.pop_back();
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out + "\"";
}

std::string form_value(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Result<std::string> sign_rs256(const std::string& pem, std::string_view text) {
  const std::unique_ptr<BIO, int (*)(BIO*)> source(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      PEM_read_bio_PrivateKey(source.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  if (key == nullptr || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) {
    return fail(Error::kInvalid, "the credentials' private_key is no RSA key in PEM");
  }
  std::size_t size = 0;
  std::string signature;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1) {
    return fail(Error::kInvalid, "cannot sign with the credentials' private_key");
  }
  signature.resize(size);
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     bytes, text.size()) != 1) {
    return fail(Error::kInvalid, "cannot sign with the credentials' private_key");
  }
  signature.resize(size);
  return signature;
}

Result<std::string> read_all(FileSystem& file_system, const std::string& path) {
  auto file = file_system.open(path, OpenMode::kRead);
  if (!file) return fail(file.error());
  std::string text(kFileBytesMax, '\0');
  auto size = (*file)->read_at(0, std::span(text));
  if (!size) return fail(size.error());
  text.resize(*size);
  return text;
}

}  // namespace

http::EndpointOptions google_endpoint() {
  http::EndpointOptions options;
  options.proxy_from_environment = true;
  return options;
}

Result<GcpCredentials> parse_gcp_credentials(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element file;
  if (parser.parse(json.data(), json.size()).get(file) != simdjson::SUCCESS) {
    return fail(Error::kInvalid, "the credentials are no JSON");
  }
  GcpCredentials credentials;
  credentials.token_url = text_of(file, "token_uri");
  if (credentials.token_url.empty()) credentials.token_url = kGoogleTokens;
  const std::string type = text_of(file, "type");
  if (type == "service_account") {
    credentials.kind = GcpCredentials::Kind::kServiceAccount;
    credentials.email = text_of(file, "client_email");
    credentials.key_id = text_of(file, "private_key_id");
    credentials.private_key = text_of(file, "private_key");
    if (credentials.email.empty() || credentials.private_key.empty()) {
      return fail(Error::kInvalid, "the credentials lack client_email or private_key");
    }
  } else if (type == "authorized_user") {
    credentials.kind = GcpCredentials::Kind::kUser;
    credentials.client_id = text_of(file, "client_id");
    credentials.client_secret = text_of(file, "client_secret");
    credentials.refresh_token = text_of(file, "refresh_token");
    if (credentials.refresh_token.empty()) {
      return fail(Error::kInvalid, "the credentials lack refresh_token");
    }
  } else {
    return fail(Error::kInvalid,
                fmt::format("credentials of type \"{}\" are not supported: use those of a "
                            "service_account, or the machine's own",
                            type));
  }
  return credentials;
}

Result<std::string> sign_gcp_assertion(const GcpCredentials& credentials, std::string_view scope,
                                       std::int64_t now_seconds) {
  constexpr std::int64_t kHour = 3600;
  const std::string header =
      credentials.key_id.empty()
          ? R"({"alg":"RS256","typ":"JWT"})"
          : fmt::format(R"({{"alg":"RS256","typ":"JWT","kid":{}}})", json_text(credentials.key_id));
  const std::string claims = fmt::format(
      R"({{"iss":{},"scope":{},"aud":{},"iat":{},"exp":{}}})", json_text(credentials.email),
      json_text(scope), json_text(credentials.token_url), now_seconds, now_seconds + kHour);
  std::string text = base64_url(header) + "." + base64_url(claims);
  auto signature = sign_rs256(credentials.private_key, text);
  if (!signature) return fail(signature.error());
  return text + "." + base64_url(*signature);
}

GcpToken::GcpToken(Options options, FileSystem& file_system, http::Transport& transport,
                   const Clock& clock)
    : options_(std::move(options)),
      file_system_(file_system),
      transport_(transport),
      clock_(clock),
      endpoint_(transport.add_endpoint(google_endpoint())) {}

GcpToken::~GcpToken() {
  transport_.remove_endpoint(endpoint_);
}

Result<std::optional<std::string>> GcpToken::authorization() {
  if (options_.wanted == Options::Wanted::kNo) return std::optional(std::string());
  if (error_) {
    const Error error = *error_;
    error_.reset();
    return fail(error);
  }
  if (!authorization_.empty() && clock_.steady_now() < expires_) {
    return std::optional(authorization_);
  }
  authorization_.clear();
  if (!in_flight_) {
    const Status begun = fetch();
    if (!begun) return fail(begun.error());
  }
  return std::optional<std::string>();
}

Result<http::Request> GcpToken::request(const GcpCredentials& credentials) {
  http::Request request;
  request.url = credentials.token_url;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  body_.clear();
  switch (credentials.kind) {
    case GcpCredentials::Kind::kServiceAccount: {
      const std::int64_t now = unix_nanoseconds(clock_.wall_now()) / 1'000'000'000;
      auto assertion = sign_gcp_assertion(credentials, kPubSubScope, now);
      if (!assertion) return fail(assertion.error());
      body_ = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" +
              *assertion;
      break;
    }
    case GcpCredentials::Kind::kUser:
      body_ = "grant_type=refresh_token&client_id=" + form_value(credentials.client_id) +
              "&client_secret=" + form_value(credentials.client_secret) +
              "&refresh_token=" + form_value(credentials.refresh_token);
      break;
    case GcpCredentials::Kind::kMachine:
    case GcpCredentials::Kind::kNone:
      request.method = "GET";
      request.url = "http://" + options_.metadata_host +
                    "/computeMetadata/v1/instance/service-accounts/default/token";
      request.headers = {{"Metadata-Flavor", "Google"}};
      return request;
  }
  request.body = {body_};
  return request;
}

Status GcpToken::fetch() {
  GcpCredentials credentials;
  if (!options_.credentials_path.empty()) {
    auto text = read_all(file_system_, options_.credentials_path);
    if (!text) return fail(text.error());
    auto parsed = parse_gcp_credentials(*text);
    if (!parsed) return fail(parsed.error());
    credentials = std::move(*parsed);
  }
  auto made = request(credentials);
  if (!made) return fail(made.error());
  in_flight_ = true;
  transport_.submit(endpoint_, std::uint64_t{static_cast<std::uint32_t>(endpoint_)} << 32U, *made);
  return {};
}

void GcpToken::take_completions() {
  if (options_.wanted == Options::Wanted::kNo) return;
  for (const http::Completion& completion : transport_.take_completions(endpoint_)) {
    in_flight_ = false;
    const http::Response& response = completion.response;
    if (response.status != 200) {
      error_ =
          Error{Error::kOther, response.status == 0
                                   ? "access token: " + response.error
                                   : fmt::format("access token: the server answers {}: {}",
                                                 response.status, response.body.substr(0, 200))};
      continue;
    }
    auto token = http::parse_token_response(response.body);
    if (!token) {
      error_ = token.error();
      continue;
    }
    authorization_ = "Bearer " + token->access_token;
    const std::chrono::nanoseconds life =
        token->expires_in.count() == 0 ? std::chrono::hours(1) : token->expires_in;
    expires_ = clock_.steady_now() + (life > 2 * kBeforeItsEnd ? life - kBeforeItsEnd : life / 2);
  }
}

}  // namespace tailrace::receivers
