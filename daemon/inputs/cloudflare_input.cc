// `cloudflare` of a job: from its block to an input.
#include "daemon/build_inputs.h"
#include "tailer/cloudflare_reader.h"

namespace tailrace::daemon {

void add_input(const config::CloudflareConfig& cloudflare, const InputBuild& build) {
  if (!build.job.relabel_configs.empty()) {
    build.diagnostics.push_back({config::Diagnostic::Severity::kWarning, build.job.location,
                                 "`relabel_configs` are not used for `cloudflare`, as in Promtail: "
                                 "use `labels` and `pipeline_stages`"});
  }
  InputPlan plan;
  plan.job = build.job.job_name;
  plan.kind = SourceKind::kCloudflare;
  plan.name = "cursor-" + cloudflare.zone_id;  // docs/compatibility.md, cloudflare.
  plan.type = "cloudflare";
  for (const auto& [name, value] : cloudflare.labels) {
    if (!name.starts_with("__")) plan.labels.insert_or_assign(name, value);
  }
  plan.definition = build.job.keys_as_yaml + cloudflare.api_token;
  plan.make = [job = plan.job, cloudflare](const InputWorld& world, InputStart start) {
    tailer::CloudflareReader::Options options;
    options.id = start.id;
    options.job = job;
    options.cloudflare = cloudflare;
    options.resume = std::move(start.resume);
    options.stored_cursor = std::move(start.stored_cursor);
    options.line_bytes_max = world.line_bytes_max;
    return Result<std::unique_ptr<Input>>(std::make_unique<tailer::CloudflareReader>(
        std::move(options), tailer::CloudflareReader::World{world.clock, world.log, world.metrics,
                                                            world.transport, world.label_sets}));
  };
  build.plans.push_back(std::move(plan));
}

}  // namespace tailrace::daemon
