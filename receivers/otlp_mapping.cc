// Labels and metadata of a record, in Loki's order: resource, scope, the record's own.
#include "receivers/otlp_mapping.h"

#include <limits>

#include "base/ascii.h"
#include "shippers/label_text.h"

namespace tailrace::receivers {
namespace {

// Nothing for what is zero, which is how "not there" looks.
void add_number(std::string_view name, std::uint64_t value, PushedLines& lines) {
  if (value != 0) lines.add_metadata(name, lines.keep(std::to_string(value)));
}

void add_text(std::string_view name, std::string_view value, PushedLines& lines) {
  if (!value.empty()) lines.add_metadata(name, value);
}

std::int64_t as_time(std::uint64_t ns) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(ns < kMost ? ns : kMost);
}

}  // namespace

// docs/compatibility.md, otlp: Loki's defaults.
const std::vector<std::string>& OtlpMapping::default_index() {
  static const std::vector<std::string> kNames = {"service.name",
                                                  "service.namespace",
                                                  "service.instance.id",
                                                  "deployment.environment",
                                                  "deployment.environment.name",
                                                  "cloud.region",
                                                  "cloud.availability_zone",
                                                  "k8s.cluster.name",
                                                  "k8s.namespace.name",
                                                  "k8s.pod.name",
                                                  "k8s.container.name",
                                                  "container.name",
                                                  "k8s.replicaset.name",
                                                  "k8s.deployment.name",
                                                  "k8s.statefulset.name",
                                                  "k8s.daemonset.name",
                                                  "k8s.cronjob.name",
                                                  "k8s.job.name"};
  return kNames;
}

std::string otlp_label_name(std::string_view attribute) {
  std::string out;
  if (attribute.empty() || is_digit(attribute.front())) out = "key_";
  for (const char c : attribute) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
    out += fits ? c : '_';
  }
  return out;
}

void OtlpMapping::begin_resource(const std::vector<LabelPair>& attributes,
                                 std::uint64_t dropped_attributes, std::string_view tenant,
                                 PushedLines& lines) {
  resource_.clear();
  lines.begin_group();
  if (!tenant.empty()) lines.add_label(shippers::kTenantLabel, tenant);
  bool has_label = options_.has_labels;
  for (const LabelPair& attribute : attributes) {
    const std::string name = otlp_label_name(attribute.name);
    if (options_.index_attributes.contains(attribute.name)) {
      lines.add_label(lines.keep(name), attribute.value);
      has_label = has_label || !attribute.value.empty();
    } else {
      resource_.push_back({lines.keep(name), attribute.value});
    }
    // For rules, whatever is in the index.
    lines.add_label(lines.keep("__otlp_resource_" + name), attribute.value);
  }
  // A stream must have a label; Loki calls it so too.
  if (!has_label) lines.add_label("service_name", "unknown_service");
  if (dropped_attributes != 0) {
    resource_.push_back(
        {"resource_dropped_attributes_count", lines.keep(std::to_string(dropped_attributes))});
  }
}

void OtlpMapping::begin_scope(const OtlpScope& scope, PushedLines& lines) {
  scope_.clear();
  for (const LabelPair& attribute : scope.attributes)
    scope_.push_back({lines.keep(otlp_label_name(attribute.name)), attribute.value});
  if (!scope.name.empty()) scope_.push_back({"scope_name", scope.name});
  if (!scope.version.empty()) scope_.push_back({"scope_version", scope.version});
  if (scope.dropped_attributes != 0) {
    scope_.push_back(
        {"scope_dropped_attributes_count", lines.keep(std::to_string(scope.dropped_attributes))});
  }
}

void OtlpMapping::add(const OtlpRecord& record, PushedLines& lines) {
  const std::uint64_t time = record.time_ns != 0 ? record.time_ns : record.observed_ns;
  lines.add_line(record.body, options_.times == Times::kOurs ? 0 : as_time(time));
  for (const LabelPair& attribute : record.attributes)
    lines.add_metadata(lines.keep(otlp_label_name(attribute.name)), attribute.value);
  add_number("observed_timestamp", record.observed_ns, lines);
  add_number("severity_number", record.severity_number, lines);
  add_text("severity_text", record.severity_text, lines);
  add_number("dropped_attributes_count", record.dropped_attributes, lines);
  add_number("flags", record.flags, lines);
  add_text("trace_id", record.trace_id, lines);
  add_text("span_id", record.span_id, lines);
  add_text("event_name", record.event_name, lines);
  for (const LabelPair& pair : resource_)
    lines.add_metadata(pair.name, pair.value);
  for (const LabelPair& pair : scope_)
    lines.add_metadata(pair.name, pair.value);
}

}  // namespace tailrace::receivers
