// `gelf` of a job: from its block to an input.
#include <utility>

#include "daemon/build_inputs.h"
#include "daemon/inputs/listening.h"
#include "receivers/gelf_receiver.h"

namespace tailrace::daemon {
namespace {

using receivers::GelfReceiver;

// Runs on the worker.
Result<std::unique_ptr<Input>> make_receiver(const config::GelfConfig& gelf,
                                             const std::vector<config::RelabelConfig>& rules,
                                             GelfReceiver::Options options, const InputWorld& world,
                                             const InputStart& start) {
  std::vector<config::Diagnostic> diagnostics;
  auto relabeler = discovery::Relabeler::compile(rules, diagnostics);
  if (!relabeler) return fail(relabeler.error());
  auto line_relabeler = std::make_unique<discovery::LineRelabeler>(
      std::move(*relabeler),
      discovery::LineRelabeler::Options{.labels = {gelf.labels.begin(), gelf.labels.end()},
                                        .fixed = discovery::LineRelabeler::Options::Fixed::kUnder},
      world.label_sets);
  options.listening.id = start.id;
  if (start.resume) options.listening.begin = start.resume->position;
  options.listening.labels = &fixed_labels(gelf.labels, world.label_sets);
  options.listening.framer.line_bytes_max = world.line_bytes_max;
  options.line_bytes_max = world.line_bytes_max;
  auto receiver = GelfReceiver::create(
      std::move(options),
      {.clock = world.clock, .log = world.log, .metrics = world.metrics, .loop = world.loop},
      std::move(line_relabeler));
  if (!receiver) return fail(receiver.error());
  return std::move(*receiver);
}

}  // namespace

void add_input(const config::GelfConfig& gelf, const InputBuild& build) {
  const std::string name = listening_name(build, "gelf");
  auto socket = open_listener(gelf.listen, name, build);
  if (!socket) return;
  InputPlan plan;
  plan.job = build.job.job_name;
  plan.kind = SourceKind::kReceiver;
  plan.name = name;
  plan.type = "gelf";
  plan.labels = {gelf.labels.begin(), gelf.labels.end()};
  plan.definition = describe_listen(gelf.listen, *socket) +
                    (gelf.use_incoming_timestamp ? "i;" : "-;") + describe_labels(gelf.labels) +
                    describe_rules(build.job);
  GelfReceiver::Options options;
  options.use_incoming_timestamp = gelf.use_incoming_timestamp;
  receivers::ListeningInput::Options& listening = options.listening;
  listening.job = build.job.job_name;
  listening.kind = "gelf";
  listening.listen = gelf.listen;
  listening.descriptor = socket->descriptor();
  listening.park = &socket->park();
  listening.use = socket->park().join(plan.job + "/" + plan.name + "/" + plan.definition);
  listening.socket = std::move(socket);
  listening.framer.framing = receivers::SyslogFramer::Framing::kNul;
  // No idle_timeout: who logs over GELF may be silent for hours, and loses what it sends to a
  // connection that was closed meanwhile.
  listening.datagram_bytes_max = std::size_t{64} << 10U;
  listening.message_bytes_max = receivers::GelfChunks::kBytesMax;
  plan.make = [gelf, rules = build.job.relabel_configs, options = std::move(options)](
                  const InputWorld& world, InputStart start) {
    return make_receiver(gelf, rules, options, world, start);
  };
  build.plans.push_back(std::move(plan));
}

}  // namespace tailrace::daemon
