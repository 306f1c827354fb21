// Three shapes of one request.
#include "receivers/loki_push_format.h"

#include <simdjson.h>

#include <array>
#include <charconv>

#include "base/rfc3339.h"
#include "receivers/label_text_parser.h"
#include "receivers/unpack_body.h"
#include "shippers/label_text.h"
#include "shippers/push_decoder.h"

namespace tailrace::receivers {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kRawPath = "/promtail/api/v1/raw";
constexpr auto kLokiRoutes =
    std::to_array<PushFormat::Route>({{"/loki/api/v1/push", "loki_api_v1_push"},
                                      {"/api/prom/push", "api_prom_push"},
                                      {kRawPath, "promtail_api_v1_raw"}});
// What simdjson's parser keeps for the next request: about 6 times as much.
constexpr std::size_t kKeptParserBytes = 2U << 20U;

constexpr const char* kRequestShape = "the body is not {\"streams\": [...]}";
constexpr const char* kValueShape = "an entry of `values` is not [\"<time>\", \"<line>\"]";

Status malformed(std::string message) {
  return fail(Error::kInvalid, std::move(message));
}

bool is_raw(const http::ServerRequest& request) {
  return request.path.ends_with(kRawPath);
}

// Fills PushedLines from a protobuf request.
class Filler final : public shippers::PushVisitor {
 public:
  Filler(PushedLines& lines, std::string_view tenant, LokiPushFormat::Times times)
      : lines_(lines), tenant_(tenant), times_(times) {}

  bool begin_stream(std::string_view labels) override {
    lines_.begin_group();
    if (!tenant_.empty()) lines_.add_label(shippers::kTenantLabel, tenant_);
    status_ = parse_label_text(labels, lines_);
    return status_.has_value() && !lines_.full();
  }
  bool entry(const shippers::DecodedEntry& entry) override {
    const bool incoming = times_ == LokiPushFormat::Times::kIncoming;
    lines_.add_line(entry.line, incoming ? entry.time().ns() : 0);
    for (const auto& [name, value] : entry.metadata)
      lines_.add_metadata(name, value);
    return !lines_.full();
  }
  // Why it wanted no more.
  const Status& status() const { return status_; }

 private:
  PushedLines& lines_;
  const std::string_view tenant_;
  const LokiPushFormat::Times times_;
  Status status_;
};

}  // namespace

// A request in JSON, of either age:
//   {"streams": [{"stream": {...}, "values": [["<ns>", "<line>", {...}], ...]}, ...]}
//   {"streams": [{"labels": "{...}", "entries": [{"ts": "<RFC 3339>", "line": "..."}, ...]}, ...]}
struct LokiPushFormat::Json {
  ondemand::parser parser;

  static Status add_stream(ondemand::object stream, std::string_view tenant, Times times,
                           PushedLines& lines);
  static Status add_labels(ondemand::object labels, PushedLines& lines);
  static Status add_value(ondemand::array value, Times times, PushedLines& lines);
  static Status add_metadata(ondemand::object metadata, PushedLines& lines);
  static Status add_entry(ondemand::object entry, Times times, PushedLines& lines);
  static Status add_values(ondemand::array values, Times times, PushedLines& lines);
  static Status add_entries(ondemand::array entries, Times times, PushedLines& lines);
};

Status LokiPushFormat::Json::add_labels(ondemand::object labels, PushedLines& lines) {
  for (auto field : labels) {
    std::string_view name;
    std::string_view value;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS ||
        field.value().get_string().get(value) != simdjson::SUCCESS) {
      return malformed("a label is something else than text");
    }
    if (!is_label_name(name)) {
      return malformed("a label has a name that is none: " + std::string(name.substr(0, 200)));
    }
    lines.add_label(name, value);
  }
  return {};
}

Status LokiPushFormat::Json::add_metadata(ondemand::object metadata, PushedLines& lines) {
  for (auto field : metadata) {
    std::string_view name;
    std::string_view value;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS ||
        field.value().get_string().get(value) != simdjson::SUCCESS) {
      return malformed("structured metadata holds something else than text");
    }
    lines.add_metadata(name, value);
  }
  return {};
}

Status LokiPushFormat::Json::add_value(ondemand::array value, Times times, PushedLines& lines) {
  std::int64_t time_ns = 0;
  std::size_t at = 0;
  for (auto part : value) {
    if (part.error() != simdjson::SUCCESS) return malformed(kValueShape);
    std::string_view text;
    ondemand::object metadata;
    if (at == 2) {
      if (part.get_object().get(metadata) != simdjson::SUCCESS) {
        return malformed("structured metadata is not an object");
      }
      if (Status added = add_metadata(metadata, lines); !added) return added;
    } else if (at < 2) {
      if (part.get_string().get(text) != simdjson::SUCCESS) return malformed(kValueShape);
    }
    if (at == 0) {
      const auto parsed = std::from_chars(text.data(), text.data() + text.size(), time_ns);
      if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) {
        return malformed("a time is not a number of nanoseconds: " +
                         std::string(text.substr(0, 100)));
      }
    } else if (at == 1) {
      lines.add_line(text, times == Times::kIncoming ? time_ns : 0);
    }
    ++at;
  }
  return at < 2 ? malformed(kValueShape) : Status{};
}

Status LokiPushFormat::Json::add_entry(ondemand::object entry, Times times, PushedLines& lines) {
  std::string_view line;
  std::int64_t time_ns = 0;
  for (auto field : entry) {
    std::string_view name;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS)
      return malformed("the body is not JSON");
    std::string_view text;
    if (name == "line" || name == "ts" || name == "timestamp") {
      if (field.value().get_string().get(text) != simdjson::SUCCESS) {
        return malformed("`line` or `ts` of an entry is not text");
      }
      if (name == "line") {
        line = text;
        continue;
      }
      const auto parsed = parse_rfc3339(text);
      if (!parsed)
        return malformed("a time is not as RFC 3339: " + std::string(text.substr(0, 100)));
      time_ns = *parsed;
    }
  }
  lines.add_line(line, times == Times::kIncoming ? time_ns : 0);
  return {};
}

Status LokiPushFormat::Json::add_values(ondemand::array values, Times times, PushedLines& lines) {
  for (auto one : values) {
    ondemand::array value;
    if (one.get_array().get(value) != simdjson::SUCCESS) return malformed(kValueShape);
    if (Status added = add_value(value, times, lines); !added) return added;
    if (lines.full()) break;
  }
  return {};
}

Status LokiPushFormat::Json::add_entries(ondemand::array entries, Times times, PushedLines& lines) {
  for (auto one : entries) {
    ondemand::object entry;
    if (one.get_object().get(entry) != simdjson::SUCCESS) {
      return malformed("an entry of `entries` is not {\"ts\", \"line\"}");
    }
    if (Status added = add_entry(entry, times, lines); !added) return added;
    if (lines.full()) break;
  }
  return {};
}

// One pass, whatever the order: after an error simdjson must not be asked again.
Status LokiPushFormat::Json::add_stream(ondemand::object stream, std::string_view tenant,
                                        Times times, PushedLines& lines) {
  lines.begin_group();
  if (!tenant.empty()) lines.add_label(shippers::kTenantLabel, tenant);
  bool has_labels = false;
  bool has_entries = false;
  for (auto field : stream) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return malformed(kRequestShape);
    std::string_view text;
    ondemand::object labels;
    ondemand::array entries;
    Status added;
    if (key == "stream") {
      if (field.value().get_object().get(labels) != simdjson::SUCCESS) break;
      has_labels = true;
      added = add_labels(labels, lines);
    } else if (key == "labels") {
      if (field.value().get_string().get(text) != simdjson::SUCCESS) break;
      has_labels = true;
      added = parse_label_text(text, lines);
    } else if (key == "values" || key == "entries") {
      if (field.value().get_array().get(entries) != simdjson::SUCCESS) break;
      has_entries = true;
      added =
          key == "values" ? add_values(entries, times, lines) : add_entries(entries, times, lines);
    }
    if (!added) return added;
    if (lines.full()) return {};
  }
  if (!has_labels) return malformed("a stream lacks `stream`, its labels");
  return has_entries ? Status{} : malformed("a stream lacks `values`");
}

LokiPushFormat::LokiPushFormat(Options options)
    : options_(options), json_(std::make_unique<Json>()) {}

LokiPushFormat::~LokiPushFormat() = default;

std::span<const PushFormat::Route> LokiPushFormat::routes() const {
  return kLokiRoutes;
}

bool LokiPushFormat::knows_repeats(const http::ServerRequest& request) const {
  return !is_raw(request);
}

std::string_view LokiPushFormat::tenant_of(const http::ServerRequest& request) const {
  if (options_.tenants == Tenants::kIgnore) return {};
  return header_of(request, "x-scope-orgid");
}

Result<std::string_view> LokiPushFormat::unpacked(const http::ServerRequest& request) {
  const std::string_view encoding = header_of(request, "content-encoding");
  if (encoding.empty() || encoding == "identity") return std::string_view(request.body);
  const Status done = unpack_body(encoding, request.body, options_.raw_bytes_max, raw_);
  if (!done) return fail(done.error());
  return std::string_view(raw_);
}

Status LokiPushFormat::decode_protobuf(const http::ServerRequest& request, PushedLines& lines) {
  // Snappy is implied, and said by some.
  const Status done = unpack_body("snappy", request.body, options_.raw_bytes_max, raw_);
  if (!done) return done;
  Filler filler(lines, tenant_of(request), options_.times);
  const Status visited = shippers::visit_push(raw_, filler);
  if (!filler.status()) return filler.status();
  return lines.full() ? Status{} : visited;
}

Status LokiPushFormat::decode_json(const http::ServerRequest& request, PushedLines& lines) {
  const auto body = unpacked(request);
  if (!body) return fail(body.error());
  // simdjson reads behind the end.
  if (body->data() != raw_.data()) {
    shrink(raw_);
    raw_.assign(*body);
  }
  raw_.reserve(raw_.size() + simdjson::SIMDJSON_PADDING);
  if (json_->parser.capacity() > kKeptParserBytes) json_ = std::make_unique<Json>();
  ondemand::document document;
  ondemand::object request_object;
  ondemand::array streams;
  if (json_->parser.iterate(raw_.data(), raw_.size(), raw_.capacity()).get(document) !=
          simdjson::SUCCESS ||
      document.get_object().get(request_object) != simdjson::SUCCESS) {
    return malformed(kRequestShape);
  }
  const simdjson::error_code found = request_object["streams"].get_array().get(streams);
  if (found == simdjson::NO_SUCH_FIELD) return {};  // Nothing is pushed.
  if (found != simdjson::SUCCESS) return malformed(kRequestShape);
  for (auto one : streams) {
    ondemand::object stream;
    if (one.get_object().get(stream) != simdjson::SUCCESS) {
      return malformed(kRequestShape);
    }
    if (Status added = Json::add_stream(stream, tenant_of(request), options_.times, lines);
        !added) {
      return added;
    }
    if (lines.full()) return {};
  }
  return {};
}

Status LokiPushFormat::decode_raw(const http::ServerRequest& request, PushedLines& lines) {
  const std::string_view tenant = tenant_of(request);
  if (!options_.has_labels)
    return malformed("plain lines need `labels` of the job's loki_push_api");
  const auto body = unpacked(request);
  if (!body) return fail(body.error());
  lines.begin_group(PushedLines::Labels::kFixed);
  if (!tenant.empty()) lines.add_label(shippers::kTenantLabel, tenant);
  std::string_view rest = *body;
  while (!rest.empty()) {
    const std::size_t newline = rest.find('\n');
    std::string_view line = rest.substr(0, newline);
    rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
    while (line.ends_with('\r'))
      line.remove_suffix(1);
    if (!line.empty()) lines.add_line(line, 0);
  }
  return {};
}

std::optional<Refusal> LokiPushFormat::decode(const http::ServerRequest& request,
                                              PushedLines& lines) {
  Status done;
  if (is_raw(request)) {
    done = decode_raw(request, lines);
  } else {
    const std::string type = media_type(header_of(request, "content-type"));
    if (type == "application/json") {
      done = decode_json(request, lines);
    } else if (!type.empty()) {
      done = decode_protobuf(request, lines);  // Whatever it is called, as Loki does.
    } else {
      done = malformed("Content-Type must be application/x-protobuf or application/json");
    }
  }
  if (done) return std::nullopt;
  return Refusal{.status = done.error().code == Error::kExhausted ? 413 : 400,
                 .reason = "format",
                 .message = done.error().message};
}

}  // namespace tailrace::receivers
