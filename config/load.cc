// Parsing, flags and validation, in this order.
#include "config/load.h"

#include <algorithm>
#include <utility>

#include "config/finish_config.h"
#include "config/parse.h"
#include "config/report.h"
#include "config/yaml_document.h"

namespace tailrace::config {
namespace {

bool is_error(const Diagnostic& diagnostic) {
  return diagnostic.severity == Diagnostic::Severity::kError;
}

// Calls `visit` with the place of each stage, those nested in `match` too.
template <typename Visit>
void visit_locations(std::vector<StageConfig>& stages, const Visit& visit) {
  for (StageConfig& stage : stages) {
    visit(stage.location);
    if (auto* match = std::get_if<MatchStageConfig>(&stage.stage))
      visit_locations(match->stages, visit);
  }
}

}  // namespace

std::vector<StageConfig> load_stages(const YamlNode& list, const std::string& path,
                                     Report& report) {
  return parse_pipeline_stages(list, path, report);
}

LoadResult load_text(std::string_view text, std::string_view /*file_name*/,
                     const Overrides& overrides) {
  LoadResult result;
  const YamlDocument document = YamlDocument::parse(text);
  result.diagnostics = document.diagnostics();
  Report report;
  if (document.root() != nullptr) {
    const JobSources sources =
        overrides.stdin_source.value_or(false) ? JobSources::kStdin : JobSources::kTargets;
    ParsedFile file = parse_file(*document.root(), sources, report);
    result.config = finish_config(std::move(file), overrides, report);
  }
  for (Diagnostic& diagnostic : report.take())
    result.diagnostics.push_back(std::move(diagnostic));
  if (report.has_errors() ||
      std::any_of(result.diagnostics.begin(), result.diagnostics.end(), is_error)) {
    result.despite_errors = std::exchange(result.config, std::nullopt);
  }
  std::stable_sort(result.diagnostics.begin(), result.diagnostics.end(),
                   [](const Diagnostic& a, const Diagnostic& b) {
                     return std::pair(a.location.line, a.location.column) <
                            std::pair(b.location.line, b.location.column);
                   });
  return result;
}

LoadResult load_text_expanding(std::string_view text, std::string_view file_name,
                               const Overrides& overrides, const EnvLookup& lookup) {
  auto expanded = expand_env_mapped(text, lookup);
  if (!expanded) {
    LoadResult result;
    result.diagnostics.push_back({Diagnostic::Severity::kError,
                                  location_at(text, expanded.error().offset),
                                  std::move(expanded.error().message)});
    return result;
  }
  LoadResult result = load_text(expanded->text, file_name, overrides);
  const auto to_original = [&](SourceLocation& location) {
    if (location.line == 0) return;
    const std::size_t offset = offset_at(expanded->text, location);
    const SourceLocation original = location_at(text, expanded->original_offset(offset));
    location.line = original.line;
    location.column = original.column;
  };
  for (Diagnostic& diagnostic : result.diagnostics)
    to_original(diagnostic.location);
  std::optional<Config>& config = result.config ? result.config : result.despite_errors;
  if (config) {
    for (ClientConfig& client : config->clients)
      to_original(client.location);
    for (ScrapeConfig& job : config->scrape_configs) {
      to_original(job.location);
      to_original(job.encoding_location);
      visit_locations(job.pipeline_stages, to_original);
      for (RelabelConfig& rule : job.relabel_configs)
        to_original(rule.location);
    }
  }
  for (ExpandedText::Warning& warning : expanded->warnings) {
    result.diagnostics.push_back({Diagnostic::Severity::kWarning,
                                  location_at(text, warning.original), std::move(warning.message)});
  }
  return result;
}

}  // namespace tailrace::config
