// What the Kafka client is told, read back from the client.
#include "tailer/kafka_options.h"

#include <array>
#include <map>
#include <string>

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

namespace tailrace::tailer {
namespace {

using config::KafkaAuthenticationConfig;
using config::KafkaConfig;

// The client's whole configuration, with ours set.
std::map<std::string, std::string> dump(const KafkaSettings& settings) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  for (const auto& [name, value] : settings) {
    std::array<char, 256> fault{};
    EXPECT_EQ(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), fault.data(), fault.size()),
              RD_KAFKA_CONF_OK)
        << fault.data();
  }
  std::size_t count = 0;
  const char** const texts = rd_kafka_conf_dump(conf, &count);
  std::map<std::string, std::string> result;
  for (std::size_t i = 0; i + 1 < count; i += 2)
    result[texts[i]] = texts[i + 1];
  rd_kafka_conf_dump_free(texts, count);
  rd_kafka_conf_destroy(conf);
  return result;
}

KafkaConfig usual() {
  KafkaConfig kafka;
  kafka.brokers = {"k1:9092", "k2:9092"};
  kafka.topics = {"logs"};
  return kafka;
}

TEST(KafkaOptions, of_a_plain_consumer) {
  auto conf = dump(kafka_settings(usual()));
  EXPECT_EQ(conf["metadata.broker.list"], "k1:9092,k2:9092");
  EXPECT_EQ(conf["group.id"], "promtail");
  EXPECT_EQ(conf["partition.assignment.strategy"], "range");
  EXPECT_EQ(conf["enable.auto.commit"], "false");
  EXPECT_EQ(conf["security.protocol"], "plaintext");
  EXPECT_EQ(conf["topic.metadata.refresh.interval.ms"], "30000");
  KafkaConfig sticky = usual();
  sticky.assignor = KafkaConfig::Assignor::kSticky;
  sticky.group_instance_id = "host-1";
  conf = dump(kafka_settings(sticky));
  EXPECT_EQ(conf["partition.assignment.strategy"], "cooperative-sticky");
  EXPECT_EQ(conf["group.instance.id"], "host-1");
}

TEST(KafkaOptions, of_tls) {
  KafkaConfig kafka = usual();
  kafka.authentication.type = KafkaAuthenticationConfig::Type::kSsl;
  kafka.authentication.tls.ca_file = "/ca";
  kafka.authentication.tls.cert_file = "/cert";
  kafka.authentication.tls.key_file = "/key";
  auto conf = dump(kafka_settings(kafka));
  EXPECT_EQ(conf["security.protocol"], "ssl");
  EXPECT_EQ(conf["ssl.ca.location"], "/ca");
  EXPECT_EQ(conf["ssl.certificate.location"], "/cert");
  EXPECT_EQ(conf["ssl.key.location"], "/key");
  EXPECT_EQ(conf["ssl.endpoint.identification.algorithm"], "https");
  EXPECT_EQ(conf["enable.ssl.certificate.verification"], "true");
  kafka.authentication.tls.insecure_skip_verify = true;
  EXPECT_EQ(dump(kafka_settings(kafka))["enable.ssl.certificate.verification"], "false");
}

TEST(KafkaOptions, of_each_sasl_mechanism) {
  for (const char* const mechanism : {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}) {
    KafkaConfig kafka = usual();
    kafka.authentication.type = KafkaAuthenticationConfig::Type::kSasl;
    kafka.authentication.mechanism = mechanism;
    kafka.authentication.user = "me";
    kafka.authentication.password = "secret";
    kafka.authentication.tls.ca_file = "/ca";
    auto conf = dump(kafka_settings(kafka));
    EXPECT_EQ(conf["security.protocol"], "sasl_plaintext");
    EXPECT_EQ(conf["sasl.mechanisms"], mechanism);
    EXPECT_EQ(conf["sasl.username"], "me");
    EXPECT_EQ(conf.count("ssl.ca.location"), 0U);
    kafka.authentication.use_tls = true;
    conf = dump(kafka_settings(kafka));
    EXPECT_EQ(conf["security.protocol"], "sasl_ssl");
    EXPECT_EQ(conf["ssl.ca.location"], "/ca");
  }
}

TEST(KafkaOptions, of_event_hubs) {
  config::AzureEventHubsConfig hubs;
  hubs.fully_qualified_namespace = "x.servicebus.windows.net:9093";
  hubs.connection_string = "Endpoint=sb://x";
  auto conf = dump(kafka_settings(hubs));
  EXPECT_EQ(conf["metadata.broker.list"], "x.servicebus.windows.net:9093");
  EXPECT_EQ(conf["security.protocol"], "sasl_ssl");
  EXPECT_EQ(conf["sasl.mechanisms"], "PLAIN");
  EXPECT_EQ(conf["sasl.username"], "$ConnectionString");
}

TEST(KafkaOptions, names_of_topics_stay_and_patterns_are_translated) {
  EXPECT_EQ(kafka_topics({"a.b", R"(^a\d)"}), (std::vector<std::string>{"a.b", "^a[0-9]"}));
}

}  // namespace
}  // namespace tailrace::tailer
