// Each setting of the Kafka client, and why.
#include "tailer/kafka_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tailrace::tailer {
namespace {

using config::KafkaAuthenticationConfig;
using config::KafkaConfig;

void add_if_set(KafkaSettings& settings, const char* name, const std::string& value) {
  if (!value.empty()) settings.emplace_back(name, value);
}

void add_tls(KafkaSettings& settings, const config::TlsConfig& tls) {
  add_if_set(settings, "ssl.ca.location", tls.ca_file);
  add_if_set(settings, "ssl.ca.pem", tls.ca);
  add_if_set(settings, "ssl.certificate.location", tls.cert_file);
  add_if_set(settings, "ssl.certificate.pem", tls.cert);
  add_if_set(settings, "ssl.key.location", tls.key_file);
  add_if_set(settings, "ssl.key.pem", tls.key);
  if (tls.insecure_skip_verify) {
    settings.emplace_back("enable.ssl.certificate.verification", "false");
  } else {
    // As Promtail: the certificate is for the name that was dialled.
    settings.emplace_back("ssl.endpoint.identification.algorithm", "https");
  }
}

void add_authentication(KafkaSettings& settings, const KafkaAuthenticationConfig& authentication) {
  switch (authentication.type) {
    case KafkaAuthenticationConfig::Type::kNone:
      return;
    case KafkaAuthenticationConfig::Type::kSsl:
      settings.emplace_back("security.protocol", "ssl");
      return add_tls(settings, authentication.tls);
    case KafkaAuthenticationConfig::Type::kSasl:
      break;
  }
  settings.emplace_back("security.protocol",
                        authentication.use_tls ? "sasl_ssl" : "sasl_plaintext");
  settings.emplace_back("sasl.mechanism", authentication.mechanism);
  settings.emplace_back("sasl.username", authentication.user);
  settings.emplace_back("sasl.password", authentication.password);
  if (authentication.use_tls) add_tls(settings, authentication.tls);
}

std::string assignor_name(KafkaConfig::Assignor assignor) {
  switch (assignor) {
    case KafkaConfig::Assignor::kRoundRobin:
      return "roundrobin";
    case KafkaConfig::Assignor::kSticky:
      return "cooperative-sticky";
    case KafkaConfig::Assignor::kRange:
      break;
  }
  return "range";
}

}  // namespace

KafkaSettings kafka_settings(const KafkaConfig& kafka) {
  KafkaSettings settings = {
      {"bootstrap.servers", fmt::format("{}", fmt::join(kafka.brokers, ","))},
      {"client.id", "tailrace"},
      {"group.id", kafka.group_id},
      {"partition.assignment.strategy", assignor_name(kafka.assignor)},
      // Offsets are ours to commit: when Loki has what is before them.
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      // Of these four Promtail has the same: docs/compatibility.md, kafka.
      {"auto.offset.reset", "earliest"},
      {"session.timeout.ms", "10000"},
      {"heartbeat.interval.ms", "3000"},
      {"topic.metadata.refresh.interval.ms", "30000"},
      // Memory: what is fetched ahead and not taken, and one answer.
      {"queued.min.messages", "20000"},
      {"queued.max.messages.kbytes", fmt::format("{}", KafkaClient::kQueueKilobytes)},
      {"fetch.max.bytes", fmt::format("{}", KafkaClient::kFetchBytes)},
      {"fetch.message.max.bytes", "1048576"},
      {"reconnect.backoff.max.ms", "10000"},
      {"socket.keepalive.enable", "true"},
      {"log.connection.close", "false"},  // Idle connections are closed every ten minutes.
      {"statistics.interval.ms", "10000"}};
  add_if_set(settings, "group.instance.id", kafka.group_instance_id);
  add_authentication(settings, kafka.authentication);
  return settings;
}

KafkaSettings kafka_settings(const config::AzureEventHubsConfig& hubs) {
  KafkaConfig kafka;
  kafka.brokers = {hubs.fully_qualified_namespace};
  kafka.group_id = hubs.group_id;
  kafka.authentication = {.type = KafkaAuthenticationConfig::Type::kSasl,
                          .tls = {},
                          .mechanism = "PLAIN",
                          .user = "$ConnectionString",
                          .password = hubs.connection_string,
                          .use_tls = true};
  return kafka_settings(kafka);
}

std::vector<std::string> kafka_topics(const std::vector<std::string>& topics) {
  std::vector<std::string> result;
  for (const std::string& topic : topics)
    result.push_back(topic.starts_with('^') ? config::posix_topic_pattern(topic) : topic);
  return result;
}

}  // namespace tailrace::tailer
