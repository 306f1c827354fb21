// `loki_push_api` of a job: from its block to an input.
#include <utility>

#include "daemon/inputs/push_input.h"
#include "receivers/loki_push_format.h"

namespace tailrace::daemon {

void add_input(const config::LokiPushApiConfig& push, const InputBuild& build) {
  using Format = receivers::LokiPushFormat;
  Format::Options format{
      .times = push.use_incoming_timestamp ? Format::Times::kIncoming : Format::Times::kOurs,
      .tenants = push.keep_tenant ? Format::Tenants::kKeep : Format::Tenants::kIgnore,
      .raw_bytes_max = push.push.body_bytes_max,
      .has_labels = !push.push.labels.empty()};
  PushInput input;
  input.type = "loki_push_api";
  input.push = push.push;
  input.metrics_prefix = "promtail_";
  using Tenant = discovery::LineRelabeler::Options::Tenant;
  input.relabel.tenant = push.keep_tenant ? Tenant::kKeep : Tenant::kHide;
  input.make_format = [format] { return std::make_unique<Format>(format); };
  add_push_input(std::move(input), build);
}

}  // namespace tailrace::daemon
