// The bodies of single stages; internal to config/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/fields.h"
#include "config/report.h"
#include "config/stage_config.h"
#include "config/yaml_document.h"

namespace tailrace::config {

// One stage's body, with the path of its key. Errors go to the report, whatever is returned.
struct Body {
  const YamlNode& node;
  const std::string& path;
  Report& report;

  Fields strict() const { return Fields::stage(node, path, report); }
  Fields weak() const { return Fields::weak(node, path, report); }
  void error(std::string message) const { report.error(node, path, std::move(message)); }
};

// `source: ""` would name no key; Promtail refuses it at start.
void read_source(Fields& fields, std::optional<std::string>& source);
// `key` is a map of at least one name; null or empty values stand for the name itself.
void read_required_names(const Body& body, Fields& fields, std::string_view key, NamePairs& names);
// Such a map as the whole body, which may be empty, with label names as its keys.
NamePairs read_label_names(const Body& body);
// A list of at least one text as the whole body.
std::vector<std::string> read_label_list(const Body& body);

DockerStageConfig parse_docker_stage(const Body& body);
StaticLabelsStageConfig parse_static_labels_stage(const Body& body);
LabelAllowStageConfig parse_labelallow_stage(const Body& body);
MatchStageConfig parse_match_stage(const Body& body);
ReplaceStageConfig parse_replace_stage(const Body& body);
TemplateStageConfig parse_template_stage(const Body& body);
PackStageConfig parse_pack_stage(const Body& body);
LogfmtStageConfig parse_logfmt_stage(const Body& body);
TenantStageConfig parse_tenant_stage(const Body& body);
StructuredMetadataStageConfig parse_structured_metadata_stage(const Body& body);
LimitStageConfig parse_limit_stage(const Body& body);
SamplingStageConfig parse_sampling_stage(const Body& body);
DecolorizeStageConfig parse_decolorize_stage(const Body& body);
EventLogMessageStageConfig parse_eventlogmessage_stage(const Body& body);
GeoIpStageConfig parse_geoip_stage(const Body& body);

}  // namespace tailrace::config
