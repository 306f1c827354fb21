// `gcplog` of a job: from its block to an input.
#include <utility>

#include "daemon/inputs/push_input.h"
#include "receivers/gcp_push_format.h"

namespace tailrace::daemon {

void add_input(const config::GcplogConfig& gcplog, const InputBuild& build) {
  if (gcplog.subscription_type == config::GcplogConfig::Subscription::kPull) {
    build.error(build.job.location, "`gcplog` with `subscription_type: pull` is not yet supported");
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
