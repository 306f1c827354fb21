// `tailrace: {otlp: ...}` of a job: from its block to an input.
#include <utility>

#include "daemon/inputs/push_input.h"
#include "receivers/otlp_format.h"

namespace tailrace::daemon {

void add_input(const config::OtlpReceiverConfig& otlp, const InputBuild& build) {
  using Format = receivers::OtlpFormat;
  using receivers::OtlpMapping;
  Format::Options format;
  format.tenants = otlp.keep_tenant ? Format::Tenants::kKeep : Format::Tenants::kIgnore;
  format.raw_bytes_max = otlp.push.body_bytes_max;
  format.mapping.times =
      otlp.use_incoming_timestamp ? OtlpMapping::Times::kIncoming : OtlpMapping::Times::kOurs;
  format.mapping.has_labels = !otlp.push.labels.empty();
  const std::vector<std::string>& index =
      otlp.index_attributes.empty() ? OtlpMapping::default_index() : otlp.index_attributes;
  format.mapping.index_attributes = {index.begin(), index.end()};
  PushInput input;
  input.type = "otlp";
  input.push = otlp.push;
  input.metrics_prefix = "tailrace_otlp_";
  using Tenant = discovery::LineRelabeler::Options::Tenant;
  input.relabel.tenant = otlp.keep_tenant ? Tenant::kKeep : Tenant::kHide;
  input.make_format = [format] { return std::make_unique<Format>(format); };
  add_push_input(std::move(input), build);
}

}  // namespace tailrace::daemon
