// `docker_sd_configs` of a job: from containers to inputs.
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "daemon/build_inputs.h"
#include "discovery/docker_discovery.h"
#include "tailer/docker_reader.h"

namespace tailrace::daemon {
namespace {

using discovery::LabelMap;
// By tailer::DockerStream; nothing: a rule drops its lines.
using StreamLabels = std::array<std::optional<LabelMap>, 2>;

constexpr std::string_view kStreamLabel = "__meta_docker_container_log_stream";
constexpr std::array<std::string_view, 2> kStreamNames = {"stdout", "stderr"};

StreamLabels relabel_container(const discovery::Relabeler& relabeler, const LabelMap& discovered) {
  StreamLabels streams;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    LabelMap labels = discovered;
    labels[std::string(kStreamLabel)] = kStreamNames[i];
    if (relabeler.run(labels) == discovery::Relabeler::Verdict::kDrop) continue;
    std::erase_if(labels, [](const auto& label) { return label.first.starts_with("__"); });
    streams[i] = std::move(labels);
  }
  return streams;
}

// Texts one behind the other so that no two lists look the same.
class DockerDefinition {
 public:
  DockerDefinition& add(std::string_view text) {
    text_ += fmt::format("{}:{} ", text.size(), text);
    return *this;
  }
  DockerDefinition& add(const config::TextPairs& pairs) {
    for (const auto& [name, value] : pairs)
      add(name).add(value);
    return add("");
  }
  DockerDefinition& add(const std::vector<std::string>& texts) {
    for (const std::string& text : texts)
      add(text);
    return add("");
  }
  DockerDefinition& add(const LabelMap& labels) {
    for (const auto& [name, value] : labels)
      add(name).add(value);
    return add("");
  }
  DockerDefinition& add(const config::TlsConfig& tls) {
    for (const std::string* text :
         {&tls.ca, &tls.ca_file, &tls.cert, &tls.cert_file, &tls.key, &tls.key_file,
          &tls.server_name, &tls.min_version, &tls.max_version})
      add(*text);
    return add(tls.insecure_skip_verify ? "insecure" : "");
  }
  DockerDefinition& add(const config::ProxyConfig& proxy) {
    add(proxy.url).add(proxy.no_proxy).add(proxy.from_environment ? "environment" : "");
    return add(proxy.connect_headers);
  }
  DockerDefinition& add(const config::HttpClientConfig& http) {
    if (http.basic_auth) {
      add("basic").add(http.basic_auth->username).add(http.basic_auth->username_file);
      add(http.basic_auth->password).add(http.basic_auth->password_file);
    }
    if (http.authorization) {
      add("authorization").add(http.authorization->type).add(http.authorization->credentials);
      add(http.authorization->credentials_file);
    }
    if (http.oauth2) {
      add("oauth2").add(http.oauth2->client_id).add(http.oauth2->client_secret);
      add(http.oauth2->client_secret_file).add(http.oauth2->token_url).add(http.oauth2->scopes);
      add(http.oauth2->endpoint_params).add(http.oauth2->tls).add(http.oauth2->proxy);
    }
    for (const config::HeaderConfig& header : http.http_headers)
      add(header.name).add(header.values).add(header.secrets).add(header.files);
    return add(http.tls).add(http.proxy).add(http.follow_redirects ? "follow" : "");
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string define_container(const config::DockerSdConfig& config, const StreamLabels& streams,
                             std::string_view run) {
  DockerDefinition definition;
  definition.add(config.host).add(config.http).add(run);
  for (const auto& labels : streams) {
    definition.add(labels ? "kept" : "dropped");
    if (labels) definition.add(*labels);
  }
  return definition.take();
}

const LabelSet* intern_labels(const std::optional<LabelMap>& labels, LabelSetTable& table) {
  if (!labels) return nullptr;
  std::vector<LabelPair> pairs;
  for (const auto& [name, value] : *labels)
    pairs.push_back({name, value});
  return &table.intern(pairs);
}

struct DockerInput {
  std::string job, name, id, shown_name, run;
  config::DockerSdConfig config;
  StreamLabels streams;
};

Result<std::unique_ptr<Input>> make_docker_reader(const DockerInput& container,
                                                  const InputWorld& world, InputStart start) {
  using Still = tailer::DockerReader::Options::Still;
  auto endpoint = discovery::docker_endpoint(container.config.host, container.config.http);
  if (!endpoint) return fail(endpoint.error());
  tailer::DockerReader::Options options{
      .id = start.id,
      .job = container.job,
      .name = container.name,
      .container_id = container.id,
      .container_name = container.shown_name,
      .endpoint = std::move(*endpoint),
      .labels = {intern_labels(container.streams[0], world.label_sets),
                 intern_labels(container.streams[1], world.label_sets)},
      .still = container.run == discovery::kDockerStill ? Still::kLeave : Still::kRead,
      .line_bytes_max = world.line_bytes_max,
      .resume = std::move(start.resume),
      .stored_cursor = std::move(start.stored_cursor)};
  return std::make_unique<tailer::DockerReader>(
      std::move(options),
      tailer::DockerReader::World{.api = {world.clock, world.file_system, world.transport},
                                  .log = world.log,
                                  .metrics = world.metrics});
}

std::map<std::string, const config::DockerSdConfig*> docker_entries(
    const config::ScrapeConfig& job) {
  std::map<std::string, const config::DockerSdConfig*> entries;
  for (const config::DiscoveryConfig& discovery : job.discoveries) {
    if (const auto* const docker = std::get_if<config::DockerSdConfig>(&discovery)) {
      entries.emplace(fmt::format("docker_sd_configs[{}]", entries.size()), docker);
    }
  }
  return entries;
}

std::string label_of_target(const LabelMap& labels, std::string_view name) {
  const auto found = labels.find(std::string(name));
  return found == labels.end() ? std::string() : found->second;
}

}  // namespace

void build_docker_inputs(const InputBuild& build, const std::vector<discovery::Target>& targets,
                         std::vector<discovery::DroppedTarget>& dropped) {
  const discovery::Relabeler relabeler = build.relabeler();
  const auto entries = docker_entries(build.job);
  std::set<std::string> seen;
  for (const discovery::Target& target : targets) {
    const std::string id = label_of_target(target.labels, "__meta_docker_container_id");
    const auto entry = entries.find(label_of_target(target.labels, discovery::kDockerEntryLabel));
    // A container is one target, whatever networks and ports it has (docs/compatibility.md,
    // docker_sd_configs).
    if (entry == entries.end() || !seen.insert(id).second) continue;
    const auto container = std::make_shared<DockerInput>(
        DockerInput{.job = build.job.job_name,
                    .name = "cursor-" + id,
                    .id = id,
                    .shown_name = label_of_target(target.labels, "__meta_docker_container_name"),
                    .run = label_of_target(target.labels, discovery::kDockerRunLabel),
                    .config = *entry->second,
                    .streams = relabel_container(relabeler, target.labels)});
    if (!container->streams[0] && !container->streams[1]) {
      dropped.push_back(
          {build.job.job_name, target.labels, target.found_by, discovery::DropReason::kDropped});
      continue;
    }
    build.plans.push_back(
        {.job = container->job,
         .kind = SourceKind::kDocker,
         .name = container->name,
         .type = "docker",
         .labels = container->streams[0] ? *container->streams[0] : *container->streams[1],
         .definition = define_container(container->config, container->streams, container->run),
         .make = [container](const InputWorld& world, InputStart start) {
           return make_docker_reader(*container, world, std::move(start));
         }});
  }
}

}  // namespace tailrace::daemon
