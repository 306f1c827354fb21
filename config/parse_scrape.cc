// Entries of `scrape_configs`: the job, its inputs, labels and file options.
#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "config/go_duration.h"
#include "config/names.h"
#include "config/parse.h"
#include "config/yaml_writer.h"

namespace tailrace::config {
namespace {

// Service discoveries of clouds and of registries that we do not speak with
// (docs/compatibility.md, scrape_configs). The first nine are Promtail's.
constexpr std::array<std::string_view, 23> kDiscoveriesRefused = {
    "ec2_sd_configs",          "gce_sd_configs",      "azure_sd_configs",
    "openstack_sd_configs",    "triton_sd_configs",   "marathon_sd_configs",
    "digitalocean_sd_configs", "nerve_sd_configs",    "serverset_sd_configs",
    "eureka_sd_configs",       "nomad_sd_configs",    "hetzner_sd_configs",
    "linode_sd_configs",       "uyuni_sd_configs",    "scaleway_sd_configs",
    "puppetdb_sd_configs",     "kuma_sd_configs",     "lightsail_sd_configs",
    "vultr_sd_configs",        "ovhcloud_sd_configs", "ionos_sd_configs",
    "stackit_sd_configs",      "zookeeper_sd_configs"};

bool is_given(const YamlNode* node) {
  return node != nullptr && !(node->type == YamlType::kList && node->items.empty());
}

void parse_static_config(const YamlNode& node, std::string path, Report& report,
                         StaticTargetGroup& group) {
  Fields fields = Fields::strict(node, std::move(path), report);
  fields.read("targets", group.targets);
  TextPairs labels;
  parse_labels(fields, "labels", labels);
  for (auto& [name, value] : labels)
    group.labels.insert_or_assign(name, std::move(value));
  fields.finish();
}

// A block of a job, such as `journal`; `parse` finishes its fields.
template <typename T>
void read_input(Fields& fields, std::string_view key, void (*parse)(Fields, T&),
                ScrapeConfig& job) {
  if (!is_given(fields.present(key))) return;
  if (auto block = fields.block(key)) {
    T input;
    parse(std::move(*block), input);
    job.inputs.emplace_back(std::move(input));
  }
}

// A list of a job, such as `file_sd_configs`.
template <typename T>
void read_discoveries(Fields& fields, std::string_view key, void (*parse)(Fields, T&),
                      ScrapeConfig& job) {
  const YamlNode* const list = fields.list(key);
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    T discovery;
    parse(Fields::strict(*list->items[i], fmt::format("{}[{}]", fields.path_of(key), i),
                         fields.report()),
          discovery);
    job.discoveries.emplace_back(std::move(discovery));
  }
}

// In the order of the variants DiscoveryConfig and InputConfig.
void parse_other_sources(Fields& fields, ScrapeConfig& job) {
  read_discoveries(fields, "file_sd_configs", parse_file_sd, job);
  read_discoveries(fields, "http_sd_configs", parse_http_sd, job);
  read_discoveries(fields, "dns_sd_configs", parse_dns_sd, job);
  read_discoveries(fields, "consul_sd_configs", parse_consul_sd, job);
  read_discoveries(fields, "consulagent_sd_configs", parse_consulagent_sd, job);
  read_discoveries(fields, "kubernetes_sd_configs", parse_kubernetes_sd, job);
  read_discoveries(fields, "dockerswarm_sd_configs", parse_dockerswarm_sd, job);
  read_discoveries(fields, "docker_sd_configs", parse_docker_sd, job);
  read_input(fields, "journal", parse_journal, job);
  read_input(fields, "syslog", parse_syslog, job);
  read_input(fields, "gelf", parse_gelf, job);
  read_input(fields, "loki_push_api", parse_loki_push_api, job);
  read_input(fields, "heroku_drain", parse_heroku_drain, job);
  if (auto own = fields.block("tailrace")) read_input(*own, "otlp", parse_otlp_receiver, job);
  read_input(fields, "gcplog", parse_gcplog, job);
  read_input(fields, "kafka", parse_kafka, job);
  read_input(fields, "azure_event_hubs", parse_azure_event_hubs, job);
  read_input(fields, "cloudflare", parse_cloudflare, job);
  read_input(fields, "windows_events", parse_windows_events, job);
}

// A job may have several. With stdin, none is needed and what is there is not used.
void parse_inputs(Fields& fields, JobSources sources, ScrapeConfig& job) {
  const YamlNode* groups = fields.list("static_configs");
  if (groups != nullptr) {
    for (std::size_t i = 0; i < groups->items.size(); ++i) {
      parse_static_config(*groups->items[i],
                          fmt::format("{}[{}]", fields.path_of("static_configs"), i),
                          fields.report(), job.static_configs.emplace_back());
    }
  }
  bool has_input = is_given(groups);
  for (const std::string_view key : kDiscoveriesRefused) {
    if (!is_given(fields.present(key))) continue;
    has_input = true;
    if (sources == JobSources::kStdin) continue;
    fields.report().error(
        fields.key_location(key),
        fmt::format("`{}` is not supported: let a program of yours write the targets into a file "
                    "(file_sd_configs) or serve them (http_sd_configs)",
                    key));
  }
  parse_other_sources(fields, job);
  has_input = has_input || !job.inputs.empty() || !job.discoveries.empty();
  if (!has_input && sources == JobSources::kTargets) {
    fields.report().error(
        {fields.path(), fields.node().line, fields.node().column},
        fmt::format("the job \"{}\" has no input, such as static_configs", job.job_name));
  }
}

void parse_decompression(Fields fields, DecompressionConfig& decompression) {
  std::string format;
  fields.read("enabled", decompression.enabled);
  fields.read("initial_delay", decompression.initial_delay);
  fields.read("format", format);
  if (format == "gz") {
    decompression.format = DecompressionConfig::Format::kGzip;
  } else if (format == "z") {
    decompression.format = DecompressionConfig::Format::kZlib;
  } else if (format == "bz2") {
    decompression.format = DecompressionConfig::Format::kBzip2;
  } else if (format == "zst") {
    decompression.format = DecompressionConfig::Format::kZstd;
  } else if (decompression.enabled) {
    fields.error("format", fmt::format("must be gz, z, bz2 or zst, not \"{}\"", format));
  }
  refuse_negative(fields, "initial_delay", decompression.initial_delay);
  fields.finish();
}

// Our own keys take days too, and no bare numbers: "7d", "12h".
void read_span(Fields& fields, std::string_view key, std::chrono::nanoseconds& span) {
  std::optional<std::string> text;
  fields.note_duration(key, span);
  fields.read(key, text);
  if (!text) return;
  auto duration = parse_prometheus_duration(*text);
  if (!duration) duration = parse_go_duration(*text);
  if (duration) {
    span = *duration;
    refuse_negative(fields, key, span);
  } else {
    fields.error(key, duration.error().message);
  }
}

void parse_file_options(Fields fields, FileOptionsConfig& files) {
  fields.ignore("otlp");  // An input.
  std::optional<std::string> start_at;
  fields.read("start_at", start_at);
  if (start_at && *start_at == "end") {
    files.start_at = FileOptionsConfig::StartAt::kEnd;
  } else if (start_at && *start_at != "beginning") {
    fields.error("start_at", fmt::format("must be beginning or end, not \"{}\"", *start_at));
  }
  read_span(fields, "ignore_older", files.ignore_older);
  read_span(fields, "close_inactive", files.close_inactive);
  fields.finish();
}

// What is nobody's secret, however its keys are called.
bool is_free_of_secrets(std::string_view key) {
  return key == "pipeline_stages" || key == "relabel_configs" || key == "static_configs";
}

// The job as an item of scrape_configs, for dumps.
std::string write_job(const YamlNode& job) {
  YamlWriter yaml(2);
  yaml.begin_item();
  for (const YamlEntry& entry : job.entries) {
    yaml.node(
        entry.key, *entry.value,
        is_free_of_secrets(entry.key) ? YamlWriter::Show::kAll : YamlWriter::Show::kNoSecrets);
  }
  return yaml.result();
}

void refuse_removed(Fields& fields) {
  fields.refuse("entry_parser",
                "`entry_parser` was removed in 2.0: use `pipeline_stages` with `- docker: {}` or "
                "`- cri: {}`");
  fields.refuse("tail_from_end", "`tail_from_end` is not a key: use `tailrace: {start_at: end}`");
}

void parse_scrape_config(Fields fields, JobSources sources, ScrapeConfig& job) {
  fields.read("job_name", job.job_name);
  if (job.job_name.empty()) fields.error("job_name", "is required");
  if (const YamlNode* stages = fields.list("pipeline_stages")) {
    job.pipeline_stages =
        parse_pipeline_stages(*stages, fields.path_of("pipeline_stages"), fields.report());
  }
  if (const YamlNode* rules = fields.list("relabel_configs")) {
    job.relabel_configs =
        parse_relabel_configs(*rules, fields.path_of("relabel_configs"), fields.report());
  }
  fields.read("encoding", job.encoding);
  job.encoding_location = fields.location("encoding");
  if (auto block = fields.block("decompression")) {
    parse_decompression(std::move(*block), job.decompression);
  }
  if (auto block = fields.block("tailrace")) parse_file_options(std::move(*block), job.files);
  parse_inputs(fields, sources, job);
  job.keys_as_yaml = write_job(fields.node());
  refuse_removed(fields);
  fields.finish();
}

}  // namespace

std::vector<ScrapeConfig> parse_scrape_configs(const YamlNode& list, JobSources sources,
                                               Report& report) {
  std::vector<ScrapeConfig> jobs;
  std::map<std::string, int> lines;  // job_name -> where it was first used.
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const YamlNode& item = *list.items[i];
    std::string path = fmt::format("scrape_configs[{}]", i);
    ScrapeConfig& job = jobs.emplace_back();
    job.location = {path, item.line, item.column};
    Fields fields = Fields::strict(item, path, report);
    const SourceLocation name_location = fields.location("job_name");
    parse_scrape_config(std::move(fields), sources, job);
    if (job.job_name.empty()) continue;
    const auto [first, fresh] = lines.try_emplace(job.job_name, name_location.line);
    if (!fresh) {
      report.error(name_location,
                   fmt::format("another job has the name \"{}\" (line {}); each needs its own",
                               job.job_name, first->second));
    }
  }
  return jobs;
}

}  // namespace tailrace::config
