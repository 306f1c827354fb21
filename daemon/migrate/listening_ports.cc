// The ports that a configuration listens on.
#include "daemon/migrate/listening_ports.h"

#include <optional>
#include <variant>

namespace tailrace::daemon::migrate {
namespace {

ListeningPort of_server(std::string what, const config::ServerConfig& server) {
  return {std::move(what),
          server.http_listen_address + ":" + std::to_string(server.http_listen_port),
          server.http_listen_port};
}

ListeningPort of_listener(std::string what, const config::ListenConfig& listen) {
  using Protocol = config::ListenConfig::Protocol;
  ListeningPort port{std::move(what), listen.address, 0};
  if (listen.protocol == Protocol::kTcp || listen.protocol == Protocol::kUdp) {
    if (const auto parts = config::split_listen_address(listen.address)) port.port = parts->port;
  }
  return port;
}

// Nothing for what asks others.
struct Visitor {
  const std::string& job;

  std::optional<ListeningPort> operator()(const config::SyslogConfig& input) const {
    return of_listener(name("syslog"), input.listen);
  }
  std::optional<ListeningPort> operator()(const config::GelfConfig& input) const {
    return of_listener(name("gelf"), input.listen);
  }
  std::optional<ListeningPort> operator()(const config::LokiPushApiConfig& input) const {
    return of_server(name("loki_push_api"), input.push.server);
  }
  std::optional<ListeningPort> operator()(const config::HerokuDrainConfig& input) const {
    return of_server(name("heroku_drain"), input.push.server);
  }
  std::optional<ListeningPort> operator()(const config::OtlpReceiverConfig& input) const {
    return of_server(name("otlp"), input.push.server);
  }
  std::optional<ListeningPort> operator()(const config::GcplogConfig& input) const {
    if (input.subscription_type == config::GcplogConfig::Subscription::kPull) return std::nullopt;
    return of_server(name("gcplog"), input.push.server);
  }
  template <typename Other>
  std::optional<ListeningPort> operator()(const Other& /*input*/) const {
    return std::nullopt;
  }
  std::string name(const char* kind) const { return "job " + job + " (" + kind + ")"; }
};

}  // namespace

std::vector<ListeningPort> listening_ports(const config::Config& config) {
  std::vector<ListeningPort> ports;
  if (!config.server.disable) ports.push_back(of_server("status pages", config.server));
  for (const config::ScrapeConfig& job : config.scrape_configs) {
    for (const config::InputConfig& input : job.inputs) {
      if (auto port = std::visit(Visitor{job.job_name}, input)) ports.push_back(std::move(*port));
    }
  }
  return ports;
}

}  // namespace tailrace::daemon::migrate
