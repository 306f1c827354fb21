// `pipeline_stages`: the table of stages and the parser of each body but metrics.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/names.h"
#include "config/parse.h"
#include "config/stage_bodies.h"

namespace tailrace::config {
namespace {

RegexStageConfig parse_regex(const Body& body) {
  RegexStageConfig config;
  Fields fields = body.strict();
  fields.read("expression", config.expression);
  fields.require("expression");
  read_source(fields, config.source);
  fields.finish();
  return config;
}

JsonStageConfig parse_json(const Body& body) {
  JsonStageConfig config;
  Fields fields = body.strict();
  read_required_names(body, fields, "expressions", config.expressions);
  read_source(fields, config.source);
  fields.read("drop_malformed", config.drop_malformed);
  fields.finish();
  return config;
}

LabelsStageConfig parse_labels_stage(const Body& body) {
  return {.labels = read_label_names(body)};
}

LabelDropStageConfig parse_labeldrop(const Body& body) {
  return {.names = read_label_list(body)};
}

TimestampStageConfig parse_timestamp(const Body& body) {
  TimestampStageConfig config;
  Fields fields = body.strict();
  fields.read("source", config.source);
  fields.read("format", config.format);
  fields.require("source");
  fields.require("format");
  fields.read("fallback_formats", config.fallback_formats);
  fields.read("location", config.location);
  std::string action = "fudge";
  fields.read("action_on_failure", action);
  if (action == "skip") {
    config.on_failure = TimestampStageConfig::OnFailure::kSkip;
  } else if (action != "fudge") {
    fields.error("action_on_failure", fmt::format("must be fudge or skip, not \"{}\"", action));
  }
  fields.finish();
  return config;
}

OutputStageConfig parse_output(const Body& body) {
  OutputStageConfig config;
  Fields fields = body.strict();
  fields.read("source", config.source);
  fields.require("source");
  fields.finish();
  return config;
}

void check_drop(Fields& fields, const DropStageConfig& config) {
  bool has_condition = false;
  for (const char* key : {"source", "expression", "older_than", "longer_than"}) {
    has_condition = has_condition || fields.present(key) != nullptr;
  }
  if (!has_condition) {
    fields.report().error({fields.path(), fields.node().line, fields.node().column},
                          "needs at least one of source, expression, older_than, longer_than");
  }
  if (config.value && config.expression) fields.error("value", "excludes expression");
  if (config.value && !config.sources) fields.error("value", "needs source");
}

// Text or a list of text; an empty list is one that is always complete.
void read_drop_source(Fields& fields, DropStageConfig& config) {
  const YamlNode* source = fields.present("source");
  if (source == nullptr) return;
  const auto take = [&](const YamlNode& node) {
    if (node.type == YamlType::kText) {
      config.sources->push_back(node.text);
    } else {
      fields.report().error(
          node, fields.path_of("source"),
          fmt::format("must be text or a list of text, not {}{}", describe(node.type),
                      node.is_scalar() ? "; put it in quotes" : ""));
    }
  };
  config.sources.emplace();
  if (source->type != YamlType::kList) {
    take(*source);
    return;
  }
  for (const YamlNode* item : source->items)
    take(*item);
}

DropStageConfig parse_drop(const Body& body) {
  DropStageConfig config;
  Fields fields = body.weak();
  read_drop_source(fields, config);
  fields.read("separator", config.separator);
  fields.read("expression", config.expression);
  fields.read("value", config.value);
  fields.read("older_than", config.older_than);
  fields.read_bytes("longer_than", config.longer_than);
  fields.read("drop_counter_reason", config.drop_counter_reason);
  if (config.drop_counter_reason.empty()) {
    config.drop_counter_reason = DropStageConfig{}.drop_counter_reason;
  }
  check_drop(fields, config);
  fields.finish();
  return config;
}

CriStageConfig parse_cri(const Body& body) {
  CriStageConfig config;
  Fields fields = body.weak();
  fields.read("max_partial_lines", config.partial_streams_max);
  // A negative size is a huge one in Promtail: nothing is cut.
  std::int64_t size = 0;
  fields.read("max_partial_line_size", size);
  config.partial_line_bytes_max = static_cast<std::uint64_t>(size);
  fields.read("max_partial_line_size_truncate", config.truncate);
  if (config.partial_streams_max == 0)
    config.partial_streams_max = CriStageConfig{}.partial_streams_max;
  fields.finish();
  return config;
}

MultilineStageConfig parse_multiline(const Body& body) {
  MultilineStageConfig config;
  Fields fields = body.weak();
  fields.read("firstline", config.firstline);
  if (fields.present("firstline") == nullptr) fields.error("firstline", "is required");
  fields.read("max_wait_time", config.max_wait);
  std::int64_t lines_max = static_cast<std::int64_t>(config.lines_max);
  fields.read("max_lines", lines_max);
  // A negative number is a huge one in Promtail: no limit.
  config.lines_max = lines_max < 0 ? 0 : static_cast<std::uint64_t>(lines_max);
  fields.finish();
  return config;
}

using StageVariant = decltype(StageConfig::stage);

struct KnownStage {
  std::string_view name;
  StageVariant (*parse)(const Body&);
};

template <auto Parse>
StageVariant parse_as(const Body& body) {
  return Parse(body);
}

StageVariant parse_metrics(const Body& body) {
  return parse_metrics_stage(body.node, body.path, body.report).value_or(MetricsStageConfig{});
}

constexpr auto kStages = std::to_array<KnownStage>({
    {"regex", parse_as<parse_regex>},
    {"json", parse_as<parse_json>},
    {"labels", parse_as<parse_labels_stage>},
    {"labeldrop", parse_as<parse_labeldrop>},
    {"timestamp", parse_as<parse_timestamp>},
    {"output", parse_as<parse_output>},
    {"drop", parse_as<parse_drop>},
    {"cri", parse_as<parse_cri>},
    {"multiline", parse_as<parse_multiline>},
    {"metrics", parse_metrics},
    {"docker", parse_as<parse_docker_stage>},
    {"static_labels", parse_as<parse_static_labels_stage>},
    {"labelallow", parse_as<parse_labelallow_stage>},
    {"match", parse_as<parse_match_stage>},
    {"replace", parse_as<parse_replace_stage>},
    {"template", parse_as<parse_template_stage>},
    {"pack", parse_as<parse_pack_stage>},
    {"logfmt", parse_as<parse_logfmt_stage>},
    {"tenant", parse_as<parse_tenant_stage>},
    {"structured_metadata", parse_as<parse_structured_metadata_stage>},
    {"non_indexed_labels", parse_as<parse_structured_metadata_stage>},
    {"limit", parse_as<parse_limit_stage>},
    {"sampling", parse_as<parse_sampling_stage>},
    {"decolorize", parse_as<parse_decolorize_stage>},
    {"eventlogmessage", parse_as<parse_eventlogmessage_stage>},
    {"geoip", parse_as<parse_geoip_stage>},
});

// Promtail decodes stages into plain maps, where a key may not override a merged one.
void refuse_overrides(const YamlNode& node, const std::string& path, Report& report) {
  for (const YamlEntry& entry : node.entries) {
    const std::string entry_path = fmt::format("{}.{}", path, entry.key);
    if (entry.overrides_merged) {
      report.error({entry_path, entry.line, entry.column},
                   "the key is already set by a merged map");
    }
    refuse_overrides(*entry.value, entry_path, report);
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    refuse_overrides(*node.items[i], fmt::format("{}[{}]", path, i), report);
  }
}

void unknown_stage(const YamlEntry& entry, const std::string& path, Report& report) {
  std::vector<std::string_view> names;
  for (const KnownStage& stage : kStages)
    names.push_back(stage.name);
  report.error({path, entry.line, entry.column},
               fmt::format("\"{}\" is not a stage{}", entry.key, did_you_mean(entry.key, names)));
}

// The item as a map with one key, or null after an error.
const YamlEntry* stage_entry(const YamlNode& item, const std::string& path, Report& report) {
  if (item.type == YamlType::kText) {
    report.error(item, path, fmt::format("must be a map: write `{}: {{}}`", item.text));
  } else if (item.type != YamlType::kMap) {
    report.error(
        item, path,
        fmt::format("must be a map with the stage's name as its key, not {}", describe(item.type)));
  } else if (item.entries.size() != 1) {
    report.error(item, path,
                 fmt::format("must have one key, the stage's name, but has {}: is a stage's body "
                             "indented too little, or a `- ` missing?",
                             item.entries.size()));
  } else {
    return &item.entries.front();
  }
  return nullptr;
}

}  // namespace

std::vector<StageConfig> parse_pipeline_stages(const YamlNode& list, const std::string& path,
                                               Report& report) {
  std::vector<StageConfig> stages;
  if (KeyRecorder* const recorder = report.recorder()) {
    for (const KnownStage& stage : kStages)
      recorder->on_key(fmt::format("{}[0].{}", path, stage.name), KeyKind::kStage, "");
  }
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const std::string item_path = fmt::format("{}[{}]", path, i);
    const YamlEntry* entry = stage_entry(*list.items[i], item_path, report);
    if (entry == nullptr) continue;
    const std::string stage_path = fmt::format("{}.{}", item_path, entry->key);
    const auto known = std::find_if(kStages.begin(), kStages.end(), [&](const KnownStage& stage) {
      return stage.name == entry->key;
    });
    if (known == kStages.end()) {
      unknown_stage(*entry, stage_path, report);
      continue;
    }
    refuse_overrides(*entry->value, stage_path, report);
    // A null body has no place of its own.
    YamlNode body = *entry->value;
    if (body.is_null()) {
      body.line = entry->line;
      body.column = entry->column;
    }
    stages.push_back(
        {known->parse(Body{body, stage_path, report}), {stage_path, entry->line, entry->column}});
  }
  return stages;
}

}  // namespace tailrace::config
