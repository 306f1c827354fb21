// The configuration of a rehearsal: Promtail's, without what listens, sends or writes.
#include "daemon/migrate/rehearsal_config.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <variant>

#include "config/expand_env.h"
#include "config/yaml_document.h"
#include "config/yaml_writer.h"

namespace tailrace::daemon::migrate {
namespace {

using config::YamlNode;

// Written anew, or of no use in a dry run.
constexpr auto kOwnKeys =
    std::to_array<std::string_view>({"server", "client", "clients", "positions", "scrape_configs",
                                     "limits_config", "wal", "tracing", "tailrace"});
// Both send nothing: the address is only well-formed.
constexpr std::string_view kNobody = "http://127.0.0.1:1/loki/api/v1/push";

bool reads_files(const config::ScrapeConfig& job) {
  const bool asks_docker =
      std::any_of(job.discoveries.begin(), job.discoveries.end(), [](const auto& discovery) {
        return std::holds_alternative<config::DockerSdConfig>(discovery);
      });
  return job.inputs.empty() && !asks_docker;
}

bool has_key(const YamlNode& node, std::string_view key) {
  const auto has_it = [key](const config::YamlEntry& entry) {
    return entry.key == key || has_key(*entry.value, key);
  };
  return std::any_of(node.entries.begin(), node.entries.end(), has_it) ||
         std::any_of(node.items.begin(), node.items.end(),
                     [key](const YamlNode* item) { return has_key(*item, key); });
}

void write_jobs(const YamlNode& jobs, const std::vector<config::ScrapeConfig>& configs,
                config::YamlWriter& writer, RehearsalConfig& result) {
  writer.begin("scrape_configs");
  for (std::size_t i = 0; i < std::min(jobs.items.size(), configs.size()); ++i) {
    if (!reads_files(configs[i])) {
      result.left_out.push_back(configs[i].job_name + " (not read from files)");
      continue;
    }
    result.jobs.push_back(configs[i].job_name);
    result.has_sampling = result.has_sampling || has_key(*jobs.items[i], "sampling");
    writer.begin_item();
    for (const config::YamlEntry& entry : jobs.items[i]->entries)
      writer.node(entry.key, *entry.value, config::YamlWriter::Show::kAll);
    writer.end();
  }
  writer.end();
}

}  // namespace

Result<RehearsalConfig> rehearsal_config(const InstalledPromtail& promtail,
                                         const std::string& positions) {
  if (!promtail.loaded.config) {
    return fail(Error::kInvalid,
                config::format_diagnostics(promtail.loaded.diagnostics, promtail.config_file,
                                           promtail.config_text));
  }
  std::string text = promtail.config_text;
  if (promtail.line.expand_env) {
    auto expanded = config::expand_env(text, promtail.variable);
    if (!expanded) return fail(expanded.error());
    text = std::move(*expanded);
  }
  const config::YamlDocument document = config::YamlDocument::parse(text);
  RehearsalConfig result;
  config::YamlWriter writer;
  writer.begin("server");
  writer.boolean("disable", true);
  writer.end();
  writer.begin("positions");
  writer.text("filename", positions);
  writer.end();
  writer.begin("clients");
  writer.begin_item();
  writer.text("url", kNobody);
  writer.end();
  writer.end();
  for (const config::YamlEntry& entry : document.root()->entries) {
    if (entry.key == "scrape_configs") {
      write_jobs(*entry.value, promtail.loaded.config->scrape_configs, writer, result);
    } else if (std::find(kOwnKeys.begin(), kOwnKeys.end(), entry.key) == kOwnKeys.end()) {
      writer.node(entry.key, *entry.value, config::YamlWriter::Show::kAll);
    }
  }
  if (result.jobs.empty()) return fail(Error::kInvalid, "no job reads files");
  result.yaml = writer.result();
  return result;
}

}  // namespace tailrace::daemon::migrate
