// `heroku_drain` of a job: from its block to an input.
#include <utility>

#include "daemon/inputs/push_input.h"
#include "receivers/heroku_format.h"

namespace tailrace::daemon {

void add_input(const config::HerokuDrainConfig& heroku, const InputBuild& build) {
  using Format = receivers::HerokuFormat;
  using Relabel = discovery::LineRelabeler::Options;
  const Format::Options format{
      .times = heroku.use_incoming_timestamp ? Format::Times::kIncoming : Format::Times::kOurs,
      .raw_bytes_max = heroku.push.body_bytes_max};
  PushInput input;
  input.type = "heroku_drain";
  input.push = heroku.push;
  input.metrics_prefix = "promtail_heroku_drain_target_";
  input.relabel.fixed = Relabel::Fixed::kUnder;
  input.relabel.tenant = Relabel::Tenant::kKeep;
  input.receiver.entries_metric = "promtail_heroku_drain_target_entries_total";
  input.receiver.errors_metric = "promtail_heroku_drain_target_parsing_errors_total";
  input.make_format = [format] { return std::make_unique<Format>(format); };
  add_push_input(std::move(input), build);
}

}  // namespace tailrace::daemon
