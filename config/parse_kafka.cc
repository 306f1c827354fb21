// `kafka` and `azure_event_hubs` of a job.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/parse.h"

namespace tailrace::config {
namespace {

using Assignor = KafkaConfig::Assignor;
using Authentication = KafkaAuthenticationConfig::Type;

// Dots and digits, three or four numbers ("0.10.2.0", "2.1.1").
bool is_kafka_version(std::string_view text) {
  std::size_t numbers = 0;
  while (true) {
    const std::size_t end = std::min(text.find('.'), text.size());
    const std::string_view number = text.substr(0, end);
    if (number.empty() || number.find_first_not_of("0123456789") != std::string_view::npos) {
      return false;
    }
    ++numbers;
    if (end == text.size()) return numbers == 3 || numbers == 4;
    text.remove_prefix(end + 1);
  }
}

// What the TLS of the Kafka client cannot be told.
void refuse_tls_options(Fields& fields, const TlsConfig& tls) {
  if (!tls.server_name.empty()) {
    fields.error("server_name",
                 "is not supported for brokers: the name that is checked is the broker's address");
  }
  if (tls.min_version == "TLS13") {
    fields.error("min_version", "is not supported for brokers above TLS12");
  }
  if (!tls.max_version.empty()) {
    fields.error("max_version", "is not supported for brokers");
  }
}

void read_sasl(Fields fields, KafkaAuthenticationConfig& authentication) {
  fields.read("mechanism", authentication.mechanism);
  fields.read("user", authentication.user);
  fields.read_secret("password", authentication.password);
  fields.read("use_tls", authentication.use_tls);
  parse_tls_keys(fields, authentication.tls);
  if (authentication.use_tls) refuse_tls_options(fields, authentication.tls);
  constexpr std::array<std::string_view, 3> kMechanisms = {"PLAIN", "SCRAM-SHA-256",
                                                           "SCRAM-SHA-512"};
  if (std::find(kMechanisms.begin(), kMechanisms.end(), authentication.mechanism) ==
      kMechanisms.end()) {
    fields.error("mechanism",
                 fmt::format("must be PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, not \"{}\"",
                             authentication.mechanism));
  }
  fields.finish();
}

void read_authentication(Fields fields, KafkaAuthenticationConfig& authentication) {
  std::string type;
  fields.read("type", type);
  if (type == "ssl") {
    authentication.type = Authentication::kSsl;
  } else if (type == "sasl") {
    authentication.type = Authentication::kSasl;
  } else if (!type.empty() && type != "none") {
    fields.error("type", fmt::format("must be none, ssl or sasl, not \"{}\"", type));
  }
  TlsConfig tls;
  if (auto block = fields.block("tls_config")) {
    parse_tls_keys(*block, tls);
    if (authentication.type == Authentication::kSsl) refuse_tls_options(*block, tls);
    block->finish();
  }
  if (authentication.type == Authentication::kSsl) authentication.tls = std::move(tls);
  if (authentication.type != Authentication::kSasl) {
    fields.ignore("sasl_config");
  } else {
    fields.require("sasl_config");
    if (auto block = fields.block("sasl_config")) read_sasl(std::move(*block), authentication);
  }
  fields.finish();
}

void read_assignor(Fields& fields, KafkaConfig& kafka) {
  std::string assignor;
  fields.read("assignor", assignor);
  if (assignor == "roundrobin") {
    kafka.assignor = Assignor::kRoundRobin;
  } else if (assignor == "sticky") {
    kafka.assignor = Assignor::kSticky;
    fields.warning("assignor",
                   "sticky is Kafka's cooperative-sticky here, which cannot be in one group with "
                   "Promtail: end all Promtails of the group first");
  } else if (!assignor.empty() && assignor != "range") {
    fields.error("assignor",
                 fmt::format("must be range, roundrobin or sticky, not \"{}\"", assignor));
  }
}

// An empty text stands for the default.
void read_or_default(Fields& fields, std::string_view key, std::string& field) {
  std::string text = field;
  fields.read(key, text);
  if (!text.empty()) field = std::move(text);
}

// Reads what must not be empty.
void read_listed(Fields& fields, std::string_view key, std::vector<std::string>& names) {
  fields.read(key, names);
  fields.require(key);
  const YamlNode* const node = fields.present(key);
  if (node != nullptr && node->type == YamlType::kList && node->items.empty()) {
    fields.error(key, "must not be empty");
  }
}

void check_topics(Fields& fields, std::string_view key, const std::vector<std::string>& topics) {
  for (const std::string& topic : topics) {
    if (topic.empty()) fields.error(key, "has an empty name");
    if (topic.starts_with('^') && posix_topic_pattern(topic).empty()) {
      fields.error(key,
                   fmt::format("\"{}\" is not a pattern that topics can be matched with", topic));
    }
  }
}

}  // namespace

void parse_kafka(Fields fields, KafkaConfig& kafka) {
  read_listed(fields, "brokers", kafka.brokers);
  read_listed(fields, "topics", kafka.topics);
  check_topics(fields, "topics", kafka.topics);
  read_or_default(fields, "group_id", kafka.group_id);
  read_or_default(fields, "version", kafka.version);
  if (!is_kafka_version(kafka.version)) {
    fields.error("version",
                 fmt::format("must be a Kafka version such as 2.1.1, not \"{}\"", kafka.version));
  }
  read_assignor(fields, kafka);
  fields.read("use_incoming_timestamp", kafka.use_incoming_timestamp);
  parse_labels(fields, "labels", kafka.labels);
  if (auto block = fields.block("authentication")) {
    read_authentication(std::move(*block), kafka.authentication);
  }
  if (auto own = fields.block("tailrace")) {
    own->read("group_instance_id", kafka.group_instance_id);
    own->finish();
  }
  fields.finish();
}

void parse_azure_event_hubs(Fields fields, AzureEventHubsConfig& hubs) {
  fields.read("fully_qualified_namespace", hubs.fully_qualified_namespace);
  fields.require("fully_qualified_namespace");
  read_listed(fields, "event_hubs", hubs.event_hubs);
  check_topics(fields, "event_hubs", hubs.event_hubs);
  fields.read_secret("connection_string", hubs.connection_string);
  fields.require("connection_string");
  read_or_default(fields, "group_id", hubs.group_id);
  fields.read("use_incoming_timestamp", hubs.use_incoming_timestamp);
  fields.read("disallow_custom_messages", hubs.disallow_custom_messages);
  parse_labels(fields, "labels", hubs.labels);
  fields.finish();
}

}  // namespace tailrace::config
