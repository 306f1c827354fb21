// One server for each such block.
#include "daemon/inputs/push_input.h"

#include <utility>
#include <vector>

#include "base/ascii.h"
#include "daemon/server_tls_options.h"
#include "http/page_path.h"
#include "http/request_metrics.h"

namespace tailrace::daemon {
namespace {

using http::MicrohttpdServer;
using receivers::PushReceiver;

// Senders' answers are on their way when an input ends.
constexpr auto kAnswerPatience = std::chrono::seconds(1);
// The longest bodies for which there is room at once: one that trickles does not keep out others.
constexpr std::uint64_t kBodiesAtOnce = 4;

// A job's name as a part of a metric's (docs/compatibility.md, metrics).
std::string metric_part(const std::string& job) {
  std::string out;
  for (const char c : job) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
    out += fits ? c : '_';
  }
  return out;
}

ListenAddress listen_address(const config::ServerConfig& server, std::string owner) {
  ListenAddress address;
  address.host = server.http_listen_address;
  if (address.host.empty() && server.http_listen_network == "tcp4") address.host = "0.0.0.0";
  address.port = server.http_listen_port;
  if (address.port == 0) address.owner = std::move(owner);
  return address;
}

MicrohttpdServer::Options server_options(const config::PushServerConfig& push,
                                         const InputWorld& world, const std::string& prefix) {
  const config::ServerConfig& server = push.server;
  MicrohttpdServer::Options options;
  options.connections_max = server.http_listen_conn_limit;
  options.read_header_timeout = server.http_read_header_timeout;
  options.read_timeout = server.http_read_timeout;
  options.write_timeout = server.http_write_timeout;
  options.idle_timeout = server.http_idle_timeout;
  options.shutdown_timeout = kAnswerPatience;
  options.tls = server_tls_options(server);
  options.log = &world.log;
  options.clock = &world.clock;
  options.body_bytes_max = push.body_bytes_max;
  options.bodies_bytes_max = kBodiesAtOnce * push.body_bytes_max;
  options.connections = &http::connection_metrics(
      world.metrics,
      options.connections_max == 0 ? MicrohttpdServer::kConnectionsMax : options.connections_max,
      prefix);
  return options;
}

// What is made on the worker, from what was read on the main thread.
struct Recipe {
  PushInput input;
  std::vector<config::RelabelConfig> rules;
  std::shared_ptr<const Listener> listener;

  Result<std::unique_ptr<Input>> make(const InputWorld& world, const InputStart& start) const {
    std::vector<config::Diagnostic> diagnostics;
    auto relabeler = discovery::Relabeler::compile(rules, diagnostics);
    if (!relabeler) return fail(relabeler.error());
    PushReceiver::Options options = input.receiver;
    options.id = start.id;
    options.line_bytes_max = world.line_bytes_max;
    auto receiver = std::make_unique<PushReceiver>(
        PushReceiver::Parts{.clock = world.clock,
                            .log = world.log,
                            .metrics = world.metrics,
                            .loop = world.loop,
                            .label_sets = world.label_sets,
                            .format = input.make_format(),
                            .relabeler = std::make_unique<discovery::LineRelabeler>(
                                std::move(*relabeler), input.relabel, world.label_sets)},
        std::move(options), start.resume);
    MicrohttpdServer::Options server =
        server_options(input.push, world, input.receiver.inbox.metrics_prefix);
    server.listen_descriptor = listener->descriptor();
    if (Status listens = receiver->listen(std::move(server)); !listens) {
      return fail(listens.error());
    }
    world.log.info("listening for what is pushed", {{"job", input.receiver.job},
                                                    {"input", input.type},
                                                    {"port", std::to_string(listener->port())}});
    return receiver;
  }
};

}  // namespace

void add_push_input(PushInput input, const InputBuild& build) {
  const std::string& job = build.job.job_name;
  const std::string name = input.type + "/" + job + "/" + std::to_string(build.plans.size());
  auto listener = build.listeners.open(listen_address(input.push.server, name));
  if (!listener) {
    build.error(build.job.location, input.type + ": " + listener.error().message);
    return;
  }
  input.relabel.labels = {input.push.labels.begin(), input.push.labels.end()};
  input.receiver.job = job;
  input.receiver.name = name;
  input.receiver.fixed_labels = input.push.labels;
  input.receiver.inbox = {.path_prefix = http::normal_prefix(input.push.server.http_path_prefix),
                          .metrics_prefix = input.metrics_prefix + metric_part(job) + "_"};
  InputPlan plan;
  plan.job = job;
  plan.kind = SourceKind::kReceiver;
  plan.name = name;
  plan.type = input.type;
  plan.labels = input.push.labels;
  // The key is not among what can be shown.
  plan.definition = input.type + "\n" + build.job.keys_as_yaml + input.push.server.http_tls.key;
  auto recipe = std::make_shared<const Recipe>(
      Recipe{std::move(input), build.job.relabel_configs, std::move(*listener)});
  plan.make = [recipe = std::move(recipe)](const InputWorld& world, InputStart start) {
    return recipe->make(world, start);
  };
  build.plans.push_back(std::move(plan));
}

}  // namespace tailrace::daemon
