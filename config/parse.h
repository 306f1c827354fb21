// The parsers of the configuration's blocks; internal to config/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/fields.h"
#include "config/report.h"
#include "config/server_tls.h"
#include "config/yaml_document.h"

namespace tailrace::config {

// What the file says, before flags, merging and the checks that look at the whole.
struct ParsedFile {
  Config config;
  ClientConfig client_block;
  bool has_client_block = false;
  ServerTlsLocations server_tls;
  bool clients_are_readable = true;  // Else nothing is said about their number.
  SourceLocation begin;              // Of the file's map: where a missing key is reported.
};

// Whether jobs read their own targets; with `-stdin` they only lend their stages.
enum class JobSources { kTargets, kStdin };

// The whole file. `sources`: what the command line says; the file's target_config.stdin counts too.
ParsedFile parse_file(const YamlNode& root, JobSources sources, Report& report);

void parse_server(Fields fields, ServerConfig& server, ServerTlsLocations& locations);
void parse_client(Fields fields, ClientConfig& client);
// The keys that all HTTP clients share; the caller finishes `fields`.
void parse_http_client(Fields& fields, HttpClientConfig& http);
// The keys of a tls_config block, wherever they stand; the caller finishes `fields`.
void parse_tls_keys(Fields& fields, TlsConfig& tls);
// Blocks of a job.
void parse_kafka(Fields fields, KafkaConfig& kafka);
void parse_azure_event_hubs(Fields fields, AzureEventHubsConfig& hubs);
void parse_cloudflare(Fields fields, CloudflareConfig& cloudflare);
void parse_windows_events(Fields fields, WindowsEventsConfig& events);
std::vector<ScrapeConfig> parse_scrape_configs(const YamlNode& list, JobSources sources,
                                               Report& report);
void parse_journal(Fields fields, JournalConfig& journal);
std::vector<RelabelConfig> parse_relabel_configs(const YamlNode& list, const std::string& path,
                                                 Report& report);
std::vector<StageConfig> parse_pipeline_stages(const YamlNode& list, const std::string& path,
                                               Report& report);
std::optional<MetricsStageConfig> parse_metrics_stage(const YamlNode& body, const std::string& path,
                                                      Report& report);

void parse_file_sd(Fields fields, FileSdConfig& file);
void parse_http_sd(Fields fields, HttpSdConfig& http);
void parse_dns_sd(Fields fields, DnsSdConfig& dns);
void parse_consul_sd(Fields fields, ConsulSdConfig& consul);
void parse_consulagent_sd(Fields fields, ConsulAgentSdConfig& consul);
void parse_kubernetes_sd(Fields fields, KubernetesSdConfig& kubernetes);

// A duration in Prometheus' grammar ("30s", "1d") that is more than 0: what service discoveries
// call refresh_interval.
void read_interval(Fields& fields, std::string_view key, std::chrono::nanoseconds& interval);
void parse_docker_sd(Fields fields, DockerSdConfig& docker);
void parse_dockerswarm_sd(Fields fields, DockerSwarmSdConfig& swarm);
// Blocks of a job.
void parse_loki_push_api(Fields fields, LokiPushApiConfig& push);
void parse_heroku_drain(Fields fields, HerokuDrainConfig& heroku);
void parse_otlp_receiver(Fields fields, OtlpReceiverConfig& otlp);
void parse_gcplog(Fields fields, GcplogConfig& gcplog);
// What those to which others push have in common; the caller finishes `fields`.
void parse_push_server(Fields& fields, PushServerConfig& push);
void parse_body_size(Fields& fields, PushServerConfig& push);

// A map of labels: names are checked, values keep their source text.
void parse_labels(Fields& fields, std::string_view key, TextPairs& labels);
// Labels as a map, or as text that is YAML, which is how a configuration dump writes them.
void parse_external_labels(Fields& fields, TextPairs& labels);
// `{size, when_full}` of a `tailrace.outbox` block.
void parse_outbox_size(Fields& fields, std::optional<std::uint64_t>& bytes);
void parse_when_full(Fields& fields, std::optional<ClientConfig::WhenFull>& when_full);
// Reports a duration below zero.
void refuse_negative(Fields& fields, std::string_view key, std::chrono::nanoseconds value);

// Inputs that listen: listen_address and listen_protocol; of `tailrace:` max_connections and
// receive_buffer. The caller finishes `fields`.
void parse_listen(Fields& fields, ListenConfig& listen);
void parse_listen_limits(Fields& fields, ListenConfig& listen);
void parse_listen_tls(Fields fields, ListenTlsConfig& tls);
void parse_syslog(Fields fields, SyslogConfig& syslog);
void parse_gelf(Fields fields, GelfConfig& gelf);

}  // namespace tailrace::config
