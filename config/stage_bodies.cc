// The bodies of single stages; internal to config/.
#include "config/stage_bodies.h"

#include <utility>

#include <fmt/format.h>

#include "config/parse.h"
#include "model/label_set.h"

namespace tailrace::config {
namespace {

constexpr std::int64_t kDistinctLabelsMin = 10'000;

// Empty stands for the default.
void read_reason(Fields& fields, std::string& reason) {
  const std::string fallback = reason;
  fields.read("drop_counter_reason", reason);
  if (reason.empty()) reason = fallback;
}

void check_label_name(const Body& body, const YamlEntry& entry) {
  if (entry.key_type != YamlType::kText || is_label_name(entry.key)) return;
  body.report.error({fmt::format("{}.{}", body.path, entry.key), entry.line, entry.column},
                    fmt::format("\"{}\" is not a valid label name", entry.key));
}

// A null or empty value stands for the key itself.
void read_names(const Body& body, const YamlNode& map, const std::string& path, NamePairs& names) {
  for (const YamlEntry& entry : map.entries) {
    const std::string entry_path = fmt::format("{}.{}", path, entry.key);
    if (entry.key_type != YamlType::kText) {
      body.report.error({entry_path, entry.line, entry.column},
                        fmt::format("the name must be text, not {} ({}); put it in quotes",
                                    describe(entry.key_type), entry.key));
      continue;
    }
    const YamlNode& value = *entry.value;
    if (value.type != YamlType::kText && !value.is_null()) {
      body.report.error(value, entry_path,
                        fmt::format("must be text, not {}{}", describe(value.type),
                                    value.is_scalar() ? "; put it in quotes" : ""));
      continue;
    }
    names.emplace_back(entry.key, value.text.empty() || value.is_null() ? entry.key : value.text);
  }
}

}  // namespace

// `source: ""` would name no key; Promtail refuses it at start.
void read_source(Fields& fields, std::optional<std::string>& source) {
  fields.read("source", source);
  if (source && source->empty()) fields.error("source", "may not be empty");
}

void read_required_names(const Body& body, Fields& fields, std::string_view key, NamePairs& names) {
  if (const YamlNode* const map = fields.map(key)) {
    read_names(body, *map, fields.path_of(key), names);
    if (map->entries.empty()) fields.error(key, "may not be empty");
  } else if (fields.present(key) == nullptr) {
    fields.error(key, "is required");
  }
}

NamePairs read_label_names(const Body& body) {
  NamePairs names;
  if (body.node.is_null()) return names;
  if (body.node.type != YamlType::kMap) {
    body.error(fmt::format("must be a map of label names, not {}", describe(body.node.type)));
    return names;
  }
  read_names(body, body.node, body.path, names);
  for (const YamlEntry& entry : body.node.entries)
    check_label_name(body, entry);
  return names;
}

std::vector<std::string> read_label_list(const Body& body) {
  std::vector<std::string> names;
  if (body.node.type != YamlType::kList || body.node.items.empty()) {
    body.error(
        body.node.type == YamlType::kList || body.node.is_null()
            ? std::string("needs at least one label name")
            : fmt::format("must be a list of label names, not {}", describe(body.node.type)));
    return names;
  }
  for (std::size_t i = 0; i < body.node.items.size(); ++i) {
    const YamlNode& item = *body.node.items[i];
    if (item.type == YamlType::kText) {
      names.push_back(item.text);
    } else {
      body.report.error(item, fmt::format("{}[{}]", body.path, i),
                        fmt::format("must be text, not {}", describe(item.type)));
    }
  }
  return names;
}

// Promtail does not look at the body of these two.
DockerStageConfig parse_docker_stage(const Body& body) {
  if (body.node.type == YamlType::kMap) body.strict().finish();
  return {};
}

DecolorizeStageConfig parse_decolorize_stage(const Body& body) {
  if (body.node.type == YamlType::kMap) body.strict().finish();
  return {};
}

StaticLabelsStageConfig parse_static_labels_stage(const Body& body) {
  StaticLabelsStageConfig config;
  if (body.node.is_null()) return config;
  if (body.node.type != YamlType::kMap) {
    body.error(fmt::format("must be a map of labels, not {}", describe(body.node.type)));
    return config;
  }
  NamePairs names;  // Checks keys and types; a value that is missing does nothing.
  read_names(body, body.node, body.path, names);
  for (const YamlEntry& entry : body.node.entries) {
    check_label_name(body, entry);
    if (entry.value->type == YamlType::kText && !entry.value->text.empty()) {
      config.labels.emplace_back(entry.key, entry.value->text);
    }
  }
  return config;
}

LabelAllowStageConfig parse_labelallow_stage(const Body& body) {
  return {.names = read_label_list(body)};
}

MatchStageConfig parse_match_stage(const Body& body) {
  MatchStageConfig config;
  Fields fields = body.strict();
  fields.read("selector", config.selector);
  fields.require("selector");
  std::string action;
  fields.read("action", action);
  const bool drops = action == "drop";
  if (!action.empty() && !drops && action != "keep") {
    fields.error("action", fmt::format("must be keep or drop, not \"{}\"", action));
  }
  config.action = drops ? MatchStageConfig::Action::kDrop : MatchStageConfig::Action::kKeep;
  read_reason(fields, config.drop_counter_reason);
  std::optional<std::string> pipeline_name;  // Does nothing in Promtail either.
  fields.read("pipeline_name", pipeline_name);
  if (pipeline_name && pipeline_name->empty()) fields.error("pipeline_name", "may not be empty");
  const YamlNode* const stages = fields.present("stages");
  const bool has_stages =
      stages != nullptr && !(stages->type == YamlType::kList && stages->items.empty());
  if (has_stages && stages->type != YamlType::kList) {
    fields.error("stages", fmt::format("must be a list, not {}", describe(stages->type)));
  } else if (drops && has_stages) {
    fields.error("stages", "must not be given with action drop: an entry that matches ends here");
  } else if (!drops && !has_stages) {
    fields.error("stages", "is required: what is to be done with the entries that match?");
  } else if (has_stages) {
    config.stages = parse_pipeline_stages(*stages, fields.path_of("stages"), body.report);
  }
  fields.finish();
  return config;
}

ReplaceStageConfig parse_replace_stage(const Body& body) {
  ReplaceStageConfig config;
  Fields fields = body.strict();
  fields.read("expression", config.expression);
  fields.require("expression");
  read_source(fields, config.source);
  fields.read("replace", config.replace);
  fields.finish();
  return config;
}

TemplateStageConfig parse_template_stage(const Body& body) {
  TemplateStageConfig config;
  Fields fields = body.strict();
  fields.read("source", config.source);
  fields.require("source");
  fields.read("template", config.text);
  fields.finish();
  return config;
}

PackStageConfig parse_pack_stage(const Body& body) {
  PackStageConfig config;
  if (body.node.is_null()) return config;
  Fields fields = body.weak();
  fields.read("labels", config.labels);
  fields.read("ingest_timestamp", config.ingest_timestamp);
  fields.finish();
  return config;
}

LogfmtStageConfig parse_logfmt_stage(const Body& body) {
  LogfmtStageConfig config;
  Fields fields = body.strict();
  read_required_names(body, fields, "mapping", config.mapping);
  read_source(fields, config.source);
  fields.finish();
  return config;
}

TenantStageConfig parse_tenant_stage(const Body& body) {
  TenantStageConfig config;
  Fields fields = body.strict();
  int given = 0;
  const auto read = [&](std::string_view key, std::optional<std::string>& field) {
    const bool present = fields.present(key) != nullptr;
    fields.read(key, field);
    if (field && field->empty()) field.reset();
    if (present && (field || fields.present(key)->type != YamlType::kText)) ++given;
  };
  read("source", config.source);
  read("label", config.label);
  read("value", config.value);
  if (given != 1) {
    fields.report().error({fields.path(), fields.node().line, fields.node().column},
                          "needs exactly one of source, label, value");
  }
  fields.finish();
  return config;
}

StructuredMetadataStageConfig parse_structured_metadata_stage(const Body& body) {
  return {.names = read_label_names(body)};
}

LimitStageConfig parse_limit_stage(const Body& body) {
  LimitStageConfig config;
  Fields fields = body.weak();
  fields.read("rate", config.rate);
  double burst = 0;  // A fraction is cut.
  fields.read("burst", burst);
  if (!(config.rate > 0)) fields.error("rate", "must be above 0");
  if (!(burst >= 1)) {
    fields.error("burst", "must be at least 1");
  } else {
    config.burst = burst < 9e18 ? static_cast<std::int64_t>(burst) : INT64_MAX;
  }
  bool drop = false;
  fields.read("drop", drop);
  config.excess = drop ? LimitStageConfig::Excess::kDrop : LimitStageConfig::Excess::kWait;
  fields.read("by_label_name", config.by_label);
  if (config.by_label && config.by_label->empty()) config.by_label.reset();
  if (config.by_label && !drop) fields.error("by_label_name", "needs drop: true");
  fields.read("max_distinct_labels", config.distinct_labels_max);
  if (config.distinct_labels_max < kDistinctLabelsMin) {
    if (config.by_label) {
      fields.warning("max_distinct_labels", fmt::format("is raised to {}", kDistinctLabelsMin));
    }
    config.distinct_labels_max = kDistinctLabelsMin;
  }
  fields.finish();
  return config;
}

SamplingStageConfig parse_sampling_stage(const Body& body) {
  SamplingStageConfig config;
  if (!body.node.is_null()) {
    Fields fields = body.weak();
    fields.read("rate", config.rate);
    if (!(config.rate >= 0 && config.rate <= 1)) fields.error("rate", "must be from 0 to 1");
    read_reason(fields, config.drop_counter_reason);
    fields.finish();
  }
  if (config.rate == 0) {
    body.report.warning(body.node, body.path, "the rate is 0: every entry is dropped");
  }
  return config;
}

EventLogMessageStageConfig parse_eventlogmessage_stage(const Body& body) {
  EventLogMessageStageConfig config;
  if (body.node.is_null()) return config;
  Fields fields = body.strict();
  fields.read("source", config.source);
  if (!is_label_name(config.source)) {
    fields.error("source", fmt::format("\"{}\" is not a valid label name", config.source));
  }
  fields.read("drop_invalid_labels", config.drop_invalid_labels);
  fields.read("overwrite_existing", config.overwrite_existing);
  fields.finish();
  return config;
}

GeoIpStageConfig parse_geoip_stage(const Body& body) {
  GeoIpStageConfig config;
  Fields fields = body.strict();
  fields.read("db", config.database);
  fields.require("db");
  fields.read("source", config.source);
  fields.read("db_type", config.database_type);
  if (fields.present("db_type") == nullptr) fields.error("db_type", "is required");
  fields.finish();
  return config;
}

}  // namespace tailrace::config
