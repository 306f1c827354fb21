// `loki_push_api`, `heroku_drain` and the receiver of OTLP.
#include <utility>

#include "config/parse.h"
#include "config/server_tls.h"

namespace tailrace::config {
namespace {

constexpr std::uint16_t kOtlpPort = 4318;  // Of OTLP over HTTP.

}  // namespace

void parse_push_server(Fields& fields, PushServerConfig& push) {
  if (auto block = fields.block("server")) {
    ServerTlsLocations locations;
    parse_server(std::move(*block), push.server, locations);
    check_server_tls(push.server, locations, fields.report());
  }
  TextPairs labels;
  parse_labels(fields, "labels", labels);
  for (auto& [name, value] : labels)
    push.labels.insert_or_assign(name, std::move(value));
}

void parse_body_size(Fields& fields, PushServerConfig& push) {
  fields.read_bytes("max_body_size", push.body_bytes_max);
  if (push.body_bytes_max == 0) fields.error("max_body_size", "must be more than 0");
}

void parse_loki_push_api(Fields fields, LokiPushApiConfig& push) {
  parse_push_server(fields, push.push);
  fields.read("use_incoming_timestamp", push.use_incoming_timestamp);
  if (auto own = fields.block("tailrace")) {
    parse_body_size(*own, push.push);
    own->read("keep_tenant", push.keep_tenant);
    own->finish();
  }
  fields.finish();
}

void parse_heroku_drain(Fields fields, HerokuDrainConfig& heroku) {
  parse_push_server(fields, heroku.push);
  fields.read("use_incoming_timestamp", heroku.use_incoming_timestamp);
  if (auto own = fields.block("tailrace")) {
    parse_body_size(*own, heroku.push);
    own->finish();
  }
  fields.finish();
}

void parse_otlp_receiver(Fields fields, OtlpReceiverConfig& otlp) {
  otlp.push.server.http_listen_port = kOtlpPort;
  parse_push_server(fields, otlp.push);
  parse_body_size(fields, otlp.push);
  fields.read("use_incoming_timestamp", otlp.use_incoming_timestamp);
  fields.read("keep_tenant", otlp.keep_tenant);
  fields.read("index_attributes", otlp.index_attributes);
  fields.finish();
}

}  // namespace tailrace::config
