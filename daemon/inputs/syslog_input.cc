// `syslog` of a job: from its block to an input.
#include <utility>

#include "daemon/build_inputs.h"
#include "daemon/inputs/listening.h"
#include "daemon/reverse_lookup.h"
#include "pipeline/go_time/zone_files.h"
#include "receivers/syslog_receiver.h"

namespace tailrace::daemon {
namespace {

using config::SyslogConfig;
using receivers::SyslogFramer;
using receivers::SyslogReceiver;

constexpr std::string_view kPeerName = "__syslog_connection_hostname";

SyslogFramer::Framing framing_of(SyslogConfig::Framing framing) {
  switch (framing) {
    case SyslogConfig::Framing::kNewline:
      return SyslogFramer::Framing::kNewline;
    case SyslogConfig::Framing::kOctetCounted:
      return SyslogFramer::Framing::kOctetCounted;
    case SyslogConfig::Framing::kNul:
      return SyslogFramer::Framing::kNul;
    case SyslogConfig::Framing::kAuto:
      break;
  }
  return SyslogFramer::Framing::kAuto;
}

// Everything but what the worker has to say.
SyslogReceiver::Options receiver_options(const SyslogConfig& syslog, const InputBuild& build,
                                         std::shared_ptr<const Listener> socket) {
  SyslogReceiver::Options options;
  receivers::ListeningInput::Options& listening = options.listening;
  listening.job = build.job.job_name;
  listening.kind = "syslog";
  listening.listen = syslog.listen;
  listening.descriptor = socket->descriptor();
  listening.park = &socket->park();
  listening.socket = std::move(socket);
  listening.tls = listen_tls_options(syslog.tls);
  listening.idle_timeout = syslog.idle_timeout;
  options.leniency =
      syslog.tolerant ? receivers::SyslogLeniency::kTolerant : receivers::SyslogLeniency::kPromtail;
  listening.framer = {.framing = framing_of(syslog.framing),
                      .leniency = options.leniency,
                      .counted_bytes_max = syslog.max_message_length};
  listening.datagram_bytes_max =
      std::min<std::size_t>(syslog.max_message_length, std::size_t{256} << 10U);
  options.format = syslog.format == SyslogConfig::Format::kRfc5424
                       ? receivers::SyslogFormat::kRfc5424
                       : receivers::SyslogFormat::kRfc3164;
  options.label_structured_data = syslog.label_structured_data;
  options.use_incoming_timestamp = syslog.use_incoming_timestamp;
  options.use_rfc5424_message = syslog.use_rfc5424_message;
  return options;
}

std::string describe(const SyslogConfig& syslog) {
  return std::to_string(syslog.idle_timeout.count()) + " " +
         std::to_string(syslog.max_message_length) + " " +
         std::to_string(static_cast<int>(syslog.framing)) +
         std::to_string(static_cast<int>(syslog.format)) + (syslog.tolerant ? "t" : "-") +
         (syslog.label_structured_data ? "d" : "-") + (syslog.use_incoming_timestamp ? "i" : "-") +
         (syslog.use_rfc5424_message ? "m" : "-") + syslog.timezone + ";";
}

// Runs on the worker.
Result<std::unique_ptr<Input>> make_receiver(const SyslogConfig& syslog,
                                             const std::vector<config::RelabelConfig>& rules,
                                             SyslogReceiver::Options options,
                                             const InputWorld& world, const InputStart& start) {
  std::vector<config::Diagnostic> diagnostics;
  auto relabeler = discovery::Relabeler::compile(rules, diagnostics);
  if (!relabeler) return fail(relabeler.error());
  if (relabeler->reads(kPeerName)) options.names = std::make_shared<ReverseLookup>();
  auto line_relabeler = std::make_unique<discovery::LineRelabeler>(
      std::move(*relabeler),
      discovery::LineRelabeler::Options{.labels = {syslog.labels.begin(), syslog.labels.end()},
                                        .fixed = discovery::LineRelabeler::Options::Fixed::kUnder},
      world.label_sets);
  options.listening.id = start.id;
  if (start.resume) options.listening.begin = start.resume->position;
  options.listening.labels = &fixed_labels(syslog.labels, world.label_sets);
  options.line_bytes_max = world.line_bytes_max;
  SyslogFramer::Options& framer = options.listening.framer;
  framer.line_bytes_max = world.line_bytes_max;
  framer.counted_bytes_max = std::min(framer.counted_bytes_max, world.line_bytes_max);
  auto receiver = SyslogReceiver::create(
      std::move(options),
      {.clock = world.clock, .log = world.log, .metrics = world.metrics, .loop = world.loop},
      std::move(line_relabeler));
  if (!receiver) return fail(receiver.error());
  return std::move(*receiver);
}

}  // namespace

void add_input(const config::SyslogConfig& syslog, const InputBuild& build) {
  const std::string name = listening_name(build, "syslog");
  auto zone = pipeline::go_time::load_zone(pipeline::go_time::ZoneFiles::system(), syslog.timezone);
  if (!zone) {
    build.error(build.job.location, "timezone: " + zone.error().message);
    return;
  }
  auto socket = open_listener(syslog.listen, name, build);
  if (!socket) return;
  // A certificate that cannot be used is an error, where it is to be used.
  if (syslog.tls.enabled() && socket->descriptor() >= 0) {
    const auto tls = http::ServerTls::create(listen_tls_options(syslog.tls), nullptr);
    if (!tls) build.error(build.job.location, "tls_config: " + tls.error().message);
  }
  InputPlan plan;
  plan.job = build.job.job_name;
  plan.kind = SourceKind::kReceiver;
  plan.name = name;
  plan.type = "syslog";
  plan.labels = {syslog.labels.begin(), syslog.labels.end()};
  plan.definition = describe_listen(syslog.listen, *socket) + describe_tls(syslog.tls) +
                    describe(syslog) + describe_labels(syslog.labels) + describe_rules(build.job);
  auto use = socket->park().join(plan.job + "/" + plan.name + "/" + plan.definition,
                                 describe_tls(syslog.tls));
  SyslogReceiver::Options options = receiver_options(syslog, build, std::move(socket));
  options.listening.use = std::move(use);
  options.zone = std::move(*zone);
  plan.make = [syslog, rules = build.job.relabel_configs, options = std::move(options)](
                  const InputWorld& world, InputStart start) {
    return make_receiver(syslog, rules, options, world, start);
  };
  build.plans.push_back(std::move(plan));
}

}  // namespace tailrace::daemon
