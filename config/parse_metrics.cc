// The body of a metrics stage.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "config/names.h"
#include "config/parse.h"

namespace tailrace::config {
namespace {

using Type = MetricConfig::Type;
using MetricAction = MetricConfig::Action;

// docs/compatibility.md, stage metrics: the client library's default buckets.
constexpr double kDefaultBuckets[] = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

std::optional<Type> parse_type(std::string_view text) {
  const std::string lower = to_lower_ascii(text);
  if (lower == "counter") return Type::kCounter;
  if (lower == "gauge") return Type::kGauge;
  if (lower == "histogram") return Type::kHistogram;
  return std::nullopt;
}

std::optional<MetricAction> parse_action(Type type, std::string_view text) {
  const std::string lower = to_lower_ascii(text);
  if (lower == "inc") return MetricAction::kInc;
  if (lower == "add") return MetricAction::kAdd;
  if (type != Type::kGauge) return std::nullopt;
  if (lower == "set") return MetricAction::kSet;
  if (lower == "dec") return MetricAction::kDec;
  if (lower == "sub") return MetricAction::kSub;
  return std::nullopt;
}

void read_action(Fields& fields, MetricConfig& metric) {
  std::string text;
  fields.read("action", text);
  if (metric.type == Type::kHistogram) return;
  if (const auto action = parse_action(metric.type, text)) {
    metric.action = *action;
    return;
  }
  const YamlNode* node = fields.present("action");
  if (node != nullptr && node->type != YamlType::kText) return;  // Already reported.
  const std::string_view choices =
      metric.type == Type::kGauge ? "set, inc, dec, add or sub" : "inc or add";
  fields.error("action", text.empty() ? fmt::format("is required: {}", choices)
                                      : fmt::format("must be {}, not \"{}\"", choices, text));
}

void read_buckets(Fields& fields, MetricConfig& metric) {
  fields.ignore("buckets");
  if (metric.type != Type::kHistogram) return;
  const YamlNode* list = fields.list("buckets");
  if (list == nullptr || list->items.empty()) {
    metric.buckets.assign(std::begin(kDefaultBuckets), std::end(kDefaultBuckets));
    return;
  }
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const YamlNode& item = *list->items[i];
    double bound = 0;
    if (item.type == YamlType::kFloat) {
      bound = item.scalar.number;
    } else if (item.type == YamlType::kInteger) {
      const auto magnitude = static_cast<double>(item.scalar.integer.magnitude);
      bound = item.scalar.integer.negative ? -magnitude : magnitude;
    } else {
      fields.report().error(item, fmt::format("{}[{}]", fields.path_of("buckets"), i),
                            fmt::format("must be a number, not {}", describe(item.type)));
      return;
    }
    if (std::isnan(bound) || (!metric.buckets.empty() && !(bound > metric.buckets.back()))) {
      fields.report().error(item, fmt::format("{}[{}]", fields.path_of("buckets"), i),
                            "buckets must rise");
      return;
    }
    metric.buckets.push_back(bound);
  }
}

// `config` of a counter or gauge is required, since an action is.
void parse_update(Fields& parent, MetricConfig& metric) {
  auto block = parent.block("config");
  if (!block) {
    if (parent.present("config") != nullptr) return;  // Not a map: reported.
    if (metric.type == Type::kHistogram) {
      metric.buckets.assign(std::begin(kDefaultBuckets), std::end(kDefaultBuckets));
    } else {
      parent.error("config", "is required, with an action");
    }
    return;
  }
  read_buckets(*block, metric);
  block->read("value", metric.value);
  read_action(*block, metric);
  block->read("match_all", metric.match_all);
  block->read("count_entry_bytes", metric.count_entry_bytes);
  block->finish();
  if (metric.type != Type::kCounter) {
    metric.match_all = false;
    metric.count_entry_bytes = false;
    return;
  }
  if (metric.match_all && metric.value) block->error("value", "excludes match_all");
  if (metric.count_entry_bytes && (!metric.match_all || metric.action != MetricAction::kAdd)) {
    block->error("count_entry_bytes", "needs `match_all: true` and `action: add`");
  }
}

void read_max_idle(Fields& fields, MetricConfig& metric) {
  std::chrono::nanoseconds idle = metric.max_idle;
  fields.read("max_idle_duration", idle);
  metric.max_idle = std::chrono::duration_cast<std::chrono::seconds>(idle);
  if (idle < std::chrono::seconds(1)) {
    fields.error("max_idle_duration", "must be at least 1s");
  }
}

MetricConfig parse_metric(const YamlEntry& entry, const std::string& path, Report& report) {
  MetricConfig metric;
  metric.name = entry.key;
  Fields fields = Fields::stage(*entry.value, path, report);
  std::string type;
  fields.read("type", type);
  const auto known_type = parse_type(type);
  if (known_type) {
    metric.type = *known_type;
  } else if (fields.present("type") == nullptr || fields.present("type")->type == YamlType::kText) {
    fields.error("type",
                 type.empty()
                     ? std::string("is required: counter, gauge or histogram")
                     : fmt::format("must be counter, gauge or histogram, not \"{}\"", type));
  }
  fields.read("description", metric.description);
  fields.read("prefix", metric.prefix);
  if (metric.prefix.empty()) metric.prefix = MetricConfig{}.prefix;
  metric.source = metric.name;
  fields.read("source", metric.source);
  read_max_idle(fields, metric);
  if (known_type) {
    parse_update(fields, metric);
  } else {
    fields.ignore("config");
  }
  fields.finish();
  const std::string full_name = metric.prefix + metric.name;
  if (!is_metric_name(full_name)) {
    report.error({path, entry.line, entry.column},
                 fmt::format("\"{}\" is not a valid metric name", full_name));
  }
  return metric;
}

}  // namespace

std::optional<MetricsStageConfig> parse_metrics_stage(const YamlNode& body, const std::string& path,
                                                      Report& report) {
  MetricsStageConfig config;
  if (body.is_null()) return config;
  if (body.type != YamlType::kMap) {
    report.error(body, path,
                 fmt::format("must be a map of metric names, not {}", describe(body.type)));
    return std::nullopt;
  }
  for (const YamlEntry& entry : body.entries) {
    const std::string metric_path = fmt::format("{}.{}", path, entry.key);
    if (entry.key_type != YamlType::kText) {
      report.error({metric_path, entry.line, entry.column},
                   "the metric's name must be text; put it in quotes");
      continue;
    }
    if (entry.value->is_null()) {
      report.error({metric_path, entry.line, entry.column}, "needs a type");
      continue;
    }
    config.metrics.push_back(parse_metric(entry, metric_path, report));
  }
  return config;
}

}  // namespace tailrace::config
