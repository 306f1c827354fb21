// The playground of the live page.
#include "debugger/playground.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "config/yaml_document.h"
#include "config/yaml_writer.h"
#include "debugger/desk.h"
#include "debugger/stage_outline.h"
#include "debugger/summary.h"
#include "debugger/trace_json.h"

namespace tailrace::debugger {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

PlayAnswer wrong(const std::string& message) {
  return {400, text_of({{"error", message}})};
}

struct PlayRequest {
  std::string stages;
  std::vector<std::string> lines;
  config::LabelMap labels;
};

bool read_labels(const Json& json, config::LabelMap& labels) {
  if (!json.is_object()) return false;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string()) return false;
    labels[name] = value.get<std::string>();
  }
  return true;
}

bool read_lines(const Json& json, std::vector<std::string>& lines) {
  if (!json.is_array()) return false;
  for (const Json& line : json) {
    if (!line.is_string()) return false;
    lines.push_back(line.get<std::string>());
  }
  return true;
}

// The message of what is wrong; empty: nothing.
std::string read_request(std::string_view text, PlayRequest& request) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return "the request is no JSON object";
  if (!json.contains("stages") || !json["stages"].is_string()) return "\"stages\" must be a text";
  request.stages = json["stages"].get<std::string>();
  if (!json.contains("lines") || !read_lines(json["lines"], request.lines)) {
    return "\"lines\" must be a list of texts";
  }
  if (json.contains("labels") && !read_labels(json["labels"], request.labels)) {
    return "\"labels\" must be a map of texts";
  }
  std::size_t bytes = request.stages.size();
  for (const std::string& line : request.lines)
    bytes += line.size();
  for (const auto& [name, value] : request.labels)
    bytes += name.size() + value.size();
  if (bytes > kPlayBytesMax || request.lines.size() > kPlayLinesMax) {
    return fmt::format("at most {} lines and {} bytes can be tried at once", kPlayLinesMax,
                       kPlayBytesMax);
  }
  return {};
}

// A stage that opens a file could tell what files there are.
void refuse_other_databases(const std::vector<config::StageConfig>& stages,
                            const std::set<std::string>& databases,
                            std::vector<config::Diagnostic>& diagnostics) {
  for (const StageOutline& stage : outline_of(stages)) {
    const auto* const geoip = std::get_if<config::GeoIpStageConfig>(&stage.config->stage);
    if (geoip == nullptr || databases.contains(geoip->database)) continue;
    diagnostics.push_back({config::Diagnostic::Severity::kError, stage.location,
                           "only databases of the running configuration can be tried here"});
  }
}

void refuse_too_many(const std::vector<config::StageConfig>& stages,
                     std::vector<config::Diagnostic>& diagnostics) {
  const auto outline = outline_of(stages);
  const auto templates = std::count_if(outline.begin(), outline.end(), [](const auto& stage) {
    return std::holds_alternative<config::TemplateStageConfig>(stage.config->stage) ||
           std::holds_alternative<config::ReplaceStageConfig>(stage.config->stage);
  });
  if (outline.size() <= kPlayStagesMax &&
      static_cast<std::size_t>(templates) <= kPlayTemplatesMax) {
    return;
  }
  diagnostics.push_back({config::Diagnostic::Severity::kError, outline.back().location,
                         fmt::format("at most {} stages, {} of them template or replace, can be "
                                     "tried here",
                                     kPlayStagesMax, kPlayTemplatesMax)});
}

Json diagnostics_list(const std::vector<config::Diagnostic>& diagnostics) {
  Json list = Json::array();
  for (const config::Diagnostic& diagnostic : diagnostics) {
    const bool error = diagnostic.severity == config::Diagnostic::Severity::kError;
    list.push_back({{"severity", error ? "error" : "warning"},
                    {"line", diagnostic.location.line},
                    {"column", diagnostic.location.column},
                    {"message", diagnostic.message}});
  }
  return list;
}

bool has_error(const std::vector<config::Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [](const auto& diagnostic) {
    return diagnostic.severity == config::Diagnostic::Severity::kError;
  });
}

// The list under `pipeline_stages` of a job as it was read, with that key.
std::string stages_yaml(const config::ScrapeConfig& job) {
  const config::YamlDocument document = config::YamlDocument::parse(job.keys_as_yaml);
  config::YamlWriter yaml;
  if (document.root() == nullptr || document.root()->items.empty()) return {};
  for (const config::YamlEntry& entry : document.root()->items.front()->entries) {
    if (entry.key == "pipeline_stages") {
      yaml.node(entry.key, *entry.value, config::YamlWriter::Show::kNoSecrets);
    }
  }
  return yaml.result();
}

}  // namespace

PlayAnswer play(std::string_view text, const PlayWorld& world) {
  PlayRequest request;
  if (const std::string fault = read_request(text, request); !fault.empty()) return wrong(fault);
  std::vector<config::Diagnostic> diagnostics;
  const auto stages = parse_desk_stages(request.stages, diagnostics);
  if (stages) refuse_other_databases(*stages, world.databases, diagnostics);
  if (stages) refuse_too_many(*stages, diagnostics);
  Json json;
  std::optional<DeskResult> result;
  const WallTime now = world.clock.wall_now();
  DeskJob job;
  if (stages && !has_error(diagnostics)) {
    job = {"", *stages, {}};
    const DeskInput input{request.labels, request.lines};
    result = run_at_desk(job, {&input, 1},
                         {.begin = now,
                          .stopwatch = world.clock,
                          .environment = {},
                          .time_max = kPlayTimeMax,
                          .limits = {kPlayTextBytesMax, kPlayTraceBytesMax}},
                         diagnostics);
  }
  json["diagnostics"] = diagnostics_list(diagnostics);
  if (!result) return {200, text_of(json)};
  if (result->lines_left_out != 0) {
    json["stopped"] = fmt::format("{} lines were left out: it took too long or became too much",
                                  result->lines_left_out);
  }
  Summary summary(now);
  summary.add_job("", job.stages);
  std::string traces;
  for (const EntryTrace& trace : result->traces) {
    summary.add(trace);
    traces += (traces.empty() ? "" : ",") + trace_json(trace, TraceDetail::kStages);
  }
  std::string answer = text_of(json);
  answer.pop_back();
  answer += ",\"traces\":[" + traces +
            "],\"summary\":" + summary.json(samples_of(metric_names(job.stages), result->samples)) +
            "}";
  return {200, std::move(answer)};
}

std::string jobs_json(const config::Config& config) {
  Json json = Json::array();
  for (const config::ScrapeConfig& job : config.scrape_configs) {
    const auto desk = find_desk_job(config, job.job_name);
    json.push_back({{"job", job.job_name},
                    {"labels", desk ? desk->labels : config::LabelMap()},
                    {"stages", stages_yaml(job)}});
  }
  return text_of(json);
}

std::set<std::string> databases_of(const config::Config& config) {
  std::set<std::string> databases;
  for (const config::ScrapeConfig& job : config.scrape_configs) {
    for (const StageOutline& stage : outline_of(job.pipeline_stages)) {
      if (const auto* geoip = std::get_if<config::GeoIpStageConfig>(&stage.config->stage)) {
        databases.insert(geoip->database);
      }
    }
  }
  return databases;
}

}  // namespace tailrace::debugger
