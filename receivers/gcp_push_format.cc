// The envelope around an entry.
#include "receivers/gcp_push_format.h"

#include <simdjson.h>

#include <array>

#include "receivers/base64.h"
#include "receivers/unpack_body.h"
#include "shippers/label_text.h"

namespace tailrace::receivers {
namespace {

constexpr auto kGcpRoutes =
    std::to_array<PushFormat::Route>({{"/gcp/api/v1/push", "gcp_api_v1_push"}});

Refusal refusal(const char* reason, std::string message) {
  return {.status = 400, .reason = reason, .message = std::move(message)};
}

std::string_view text_of(simdjson::dom::object object, const char* key) {
  std::string_view text;
  if (object[key].get(text) != simdjson::SUCCESS) return {};
  return text;
}

}  // namespace

std::span<const PushFormat::Route> GcpPushFormat::routes() const {
  return kGcpRoutes;
}

std::optional<Refusal> GcpPushFormat::decode(const http::ServerRequest& request,
                                             PushedLines& lines) {
  const std::string_view encoding = header_of(request, "content-encoding");
  std::string_view body = request.body;
  if (!encoding.empty() && encoding != "identity") {
    const Status done = unpack_body(encoding, body, options_.raw_bytes_max, raw_);
    if (!done) {
      Refusal unread = refusal("read_error", done.error().message);
      if (done.error().code == Error::kExhausted) unread.status = 413;
      return unread;
    }
    body = raw_;
  }
  simdjson::dom::parser parser;
  simdjson::dom::object envelope;
  simdjson::dom::object message;
  if (parser.parse(body.data(), body.size()).get(envelope) != simdjson::SUCCESS) {
    return refusal("format", "the body is no JSON object");
  }
  const std::string_view subscription = text_of(envelope, "subscription");
  if (envelope["message"].get(message) != simdjson::SUCCESS) {
    return refusal("invalid_message", "the body lacks `message`");
  }
  std::string_view id = text_of(message, "messageId");
  if (id.empty()) id = text_of(message, "message_id");
  const std::string_view data = text_of(message, "data");
  if (id.empty()) return refusal("invalid_message", "the message lacks `messageId`");
  if (subscription.empty()) return refusal("invalid_message", "the body lacks `subscription`");
  if (data.empty()) return refusal("invalid_message", "the message lacks `data`");
  const auto decoded = decode_base64(data);
  if (!decoded) return refusal("translation", "`data` is not in base64");
  auto entry = parse_gcp_log_entry(*decoded, options_.lines, options_.times);
  if (!entry) return refusal("translation", entry.error().message);

  lines.begin_group();
  lines.add_label("__gcp_message_id", lines.keep(id));
  lines.add_label("__gcp_subscription_name", lines.keep(subscription));
  simdjson::dom::object attributes;
  if (message["attributes"].get(attributes) == simdjson::SUCCESS) {
    for (const auto field : attributes) {
      std::string_view value;
      if (field.value.get(value) != simdjson::SUCCESS) continue;
      lines.add_label(lines.keep("__gcp_attributes_" + gcp_label_part(field.key)),
                      lines.keep(value));
    }
  }
  for (const auto& [name, value] : entry->labels)
    lines.add_label(lines.keep(name), lines.keep(value));
  const std::string_view tenant = header_of(request, "x-scope-orgid");
  if (!tenant.empty()) lines.add_label(shippers::kTenantLabel, tenant);
  lines.add_line(lines.keep(entry->line), entry->time_ns);
  return std::nullopt;
}

}  // namespace tailrace::receivers
