// `gcplog` of a job: from its block to an input.
#include <utility>

#include "daemon/inputs/push_input.h"
#include "receivers/gcp_push_format.h"
#include "receivers/gcplog_puller.h"

namespace tailrace::daemon {
namespace {

using receivers::GcplogPuller;

// The environment as Google's own libraries read it.
GcplogPuller::Options pull_options(const config::GcplogConfig& gcplog, const InputBuild& build) {
  GcplogPuller::Options options;
  options.job = build.job.job_name;
  options.name = "gcplog/" + options.job;
  options.project = gcplog.project_id;
  options.subscription = gcplog.subscription;
  options.times =
      gcplog.use_incoming_timestamp ? receivers::GcpTimes::kIncoming : receivers::GcpTimes::kOurs;
  options.lines =
      gcplog.use_full_line ? receivers::GcpLines::kFull : receivers::GcpLines::kTextPayload;
  for (const auto& [name, value] : gcplog.push.labels)
    options.labels.insert_or_assign(name, value);
  options.token.credentials_path = build.environment("GOOGLE_APPLICATION_CREDENTIALS").value_or("");
  if (const auto host = build.environment("GCE_METADATA_HOST")) options.token.metadata_host = *host;
  if (const auto emulator = build.environment("PUBSUB_EMULATOR_HOST")) {
    options.api_url = "http://" + *emulator;
    options.token.wanted = receivers::GcpToken::Options::Wanted::kNo;
  }
  return options;
}

Result<std::unique_ptr<Input>> make_puller(GcplogPuller::Options options,
                                           const std::vector<config::RelabelConfig>& rules,
                                           const InputWorld& world, InputStart start) {
  std::vector<config::Diagnostic> diagnostics;
  auto relabeler = discovery::Relabeler::compile(rules, diagnostics);
  if (!relabeler) return fail(relabeler.error());
  options.id = start.id;
  options.resume = std::move(start.resume);
  options.line_bytes_max = world.line_bytes_max;
  return Result<std::unique_ptr<Input>>(std::make_unique<GcplogPuller>(
      std::move(options), std::move(*relabeler),
      GcplogPuller::World{world.clock, world.file_system, world.log, world.metrics, world.transport,
                          world.label_sets}));
}

void add_pull(const config::GcplogConfig& gcplog, const InputBuild& build) {
  InputPlan plan;
  GcplogPuller::Options options = pull_options(gcplog, build);
  plan.job = build.job.job_name;
  plan.kind = SourceKind::kGcplog;
  plan.name = options.name;
  plan.type = "gcplog";
  for (const auto& [name, value] : options.labels) {
    if (!name.starts_with("__")) plan.labels.insert_or_assign(name, value);
  }
  plan.definition =
      build.job.keys_as_yaml + options.api_url + "\n" + options.token.credentials_path;
  plan.make = [options = std::move(options), rules = build.job.relabel_configs](
                  const InputWorld& world, InputStart start) {
    return make_puller(options, rules, world, std::move(start));
  };
  build.plans.push_back(std::move(plan));
}

}  // namespace

void add_input(const config::GcplogConfig& gcplog, const InputBuild& build) {
  if (gcplog.subscription_type == config::GcplogConfig::Subscription::kPull) {
    add_pull(gcplog, build);
    return;
  }
  using Format = receivers::GcpPushFormat;
  const Format::Options format{.times = gcplog.use_incoming_timestamp
                                            ? receivers::GcpTimes::kIncoming
                                            : receivers::GcpTimes::kOurs,
                               .lines = gcplog.use_full_line ? receivers::GcpLines::kFull
                                                             : receivers::GcpLines::kTextPayload,
                               .raw_bytes_max = gcplog.push.body_bytes_max};
  PushInput input;
  input.type = "gcplog";
  input.push = gcplog.push;
  input.metrics_prefix = "promtail_gcp_push_target_";
  input.relabel.tenant = discovery::LineRelabeler::Options::Tenant::kKeep;
  input.receiver.answer_timeout = gcplog.push_timeout;
  input.receiver.entries_metric = "promtail_gcp_push_target_entries_total";
  input.receiver.errors_metric = "promtail_gcp_push_target_parsing_errors_total";
  input.receiver.errors = receivers::PushReceiver::Options::Errors::kByReason;
  input.make_format = [format] { return std::make_unique<Format>(format); };
  add_push_input(std::move(input), build);
}

}  // namespace tailrace::daemon
