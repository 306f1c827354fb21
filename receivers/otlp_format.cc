// Two encodings of requests and answers.
#include "receivers/otlp_format.h"

#include <array>

#include "receivers/otlp_json.h"
#include "receivers/otlp_protobuf.h"
#include "receivers/otlp_value.h"
#include "receivers/unpack_body.h"

namespace tailrace::receivers {
namespace {

constexpr auto kOtlpRoutes =
    std::to_array<PushFormat::Route>({{"/v1/logs", "v1_logs"}, {"/otlp/v1/logs", "otlp_v1_logs"}});
constexpr const char* kProtobuf = "application/x-protobuf";
constexpr const char* kJson = "application/json";

bool is_json(const http::ServerRequest& request) {
  return media_type(header_of(request, "content-type")) == kJson;
}

// google.rpc.Status {message: 2} in protobuf.
std::string status_bytes(std::string_view message) {
  std::string out = "\x12";
  std::size_t size = message.size();
  while (size >= 0x80) {
    out += static_cast<char>((size & 0x7fU) | 0x80U);
    size >>= 7U;
  }
  out += static_cast<char>(size);
  return out.append(message);
}

}  // namespace

OtlpFormat::OtlpFormat(Options options)
    : options_(std::move(options)), mapping_(options_.mapping) {}

std::span<const PushFormat::Route> OtlpFormat::routes() const {
  return kOtlpRoutes;
}

std::optional<Refusal> OtlpFormat::decode(const http::ServerRequest& request, PushedLines& lines) {
  const auto refusal = [](int status, std::string message) {
    return Refusal{.status = status, .reason = "format", .message = std::move(message)};
  };
  const std::string_view encoding = header_of(request, "content-encoding");
  std::string_view body = request.body;
  if (!encoding.empty() && encoding != "identity") {
    const Status done = unpack_body(encoding, body, options_.raw_bytes_max, raw_);
    if (!done) {
      return refusal(done.error().code == Error::kExhausted ? 413 : 400, done.error().message);
    }
    body = raw_;
  }
  // JSON's texts are kept once or twice, and names once more; that is no reason to refuse.
  lines.allow_kept(4 * body.size());
  const bool keep = options_.tenants == Tenants::kKeep;
  const std::string_view tenant = keep ? header_of(request, "x-scope-orgid") : std::string_view{};
  Status done;
  if (is_json(request)) {
    done = decode_otlp_json(body, tenant, mapping_, lines);
  } else if (media_type(header_of(request, "content-type")) == kProtobuf) {
    done = decode_otlp_protobuf(body, tenant, mapping_, lines);
  } else {
    return refusal(415, "Content-Type must be application/x-protobuf or application/json");
  }
  if (!done) return refusal(400, done.error().message);
  return std::nullopt;
}

http::ServerResponse OtlpFormat::taken(const http::ServerRequest& request) const {
  if (is_json(request)) return {.content_type = kJson, .body = "{}", .headers = {}};
  return {.content_type = kProtobuf, .body = "", .headers = {}};
}

http::ServerResponse OtlpFormat::refused(const http::ServerRequest& request,
                                         const Refusal& refusal) const {
  http::ServerResponse response;
  response.status = refusal.status;
  if (is_json(request)) {
    response.content_type = kJson;
    response.body = "{\"message\":";
    append_otlp_text(response.body, refusal.message, OtlpText::kJson);
    response.body += "}";
  } else {
    response.content_type = kProtobuf;
    response.body = status_bytes(refusal.message);
  }
  return response;
}

}  // namespace tailrace::receivers
