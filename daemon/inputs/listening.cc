// Names, sockets and descriptions of listening inputs.
#include "daemon/inputs/listening.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "receivers/datagram_listener.h"

namespace tailrace::daemon {
namespace {

using config::ListenConfig;

ListenAddress::Protocol protocol_of(ListenConfig::Protocol protocol) {
  switch (protocol) {
    case ListenConfig::Protocol::kUdp:
      return ListenAddress::Protocol::kUdp;
    case ListenConfig::Protocol::kUnixStream:
      return ListenAddress::Protocol::kUnixStream;
    case ListenConfig::Protocol::kUnixDatagram:
      return ListenAddress::Protocol::kUnixDatagram;
    case ListenConfig::Protocol::kTcp:
      break;
  }
  return ListenAddress::Protocol::kTcp;
}

// Sizes in front: no text can be mistaken for two.
void add(std::string& out, const std::string& text) {
  out += fmt::format("{}:{};", text.size(), text);
}

}  // namespace

std::string listening_name(const InputBuild& build, const std::string& kind) {
  const std::string beginning = kind + "/" + build.job.job_name + "/";
  const auto same = std::count_if(
      build.plans.begin(), build.plans.end(),
      [&beginning](const InputPlan& plan) { return plan.name.starts_with(beginning); });
  return beginning + std::to_string(same);
}

std::shared_ptr<const Listener> open_listener(const config::ListenConfig& listen,
                                              const std::string& name, const InputBuild& build) {
  ListenAddress address{.protocol = protocol_of(listen.protocol)};
  const bool local = listen.protocol == ListenConfig::Protocol::kUnixStream ||
                     listen.protocol == ListenConfig::Protocol::kUnixDatagram;
  if (local) {
    address.path = listen.address;
  } else {
    const auto split = config::split_listen_address(listen.address);
    if (!split) {
      build.error(build.job.location, split.error().message);
      return nullptr;
    }
    address.host = split->host;
    address.port = split->port;
    if (address.port == 0) address.owner = name;
  }
  auto opened = build.listeners.open(address);
  if (opened) {
    const bool datagrams = listen.protocol == ListenConfig::Protocol::kUdp ||
                           listen.protocol == ListenConfig::Protocol::kUnixDatagram;
    if (datagrams && (*opened)->descriptor() >= 0) {
      // At the start root may still have more than its workers may later.
      receivers::DatagramListener::widen_buffer(
          {.descriptor = (*opened)->descriptor(), .receive_buffer = listen.receive_buffer});
    }
    return *opened;
  }
  build.error(build.job.location, opened.error().message);
  return nullptr;
}

const LabelSet& fixed_labels(const config::TextPairs& labels, LabelSetTable& table) {
  const discovery::LabelMap sorted(labels.begin(), labels.end());
  std::vector<LabelPair> pairs;
  for (const auto& [name, value] : sorted) {
    if (!name.starts_with("__") && !value.empty()) pairs.push_back({.name = name, .value = value});
  }
  return table.intern(pairs);
}

std::string describe_listen(const config::ListenConfig& listen, const Listener& socket) {
  std::string out;
  add(out, listen.address);
  return out + fmt::format("{} {} {} {};", static_cast<int>(listen.protocol),
                           listen.max_connections, listen.receive_buffer, socket.descriptor());
}

std::string describe_tls(const config::ListenTlsConfig& tls) {
  std::string out;
  for (const std::string& text :
       {tls.ca, tls.ca_file, tls.cert, tls.cert_file, tls.key, tls.key_file, tls.min_version})
    add(out, text);
  return out;
}

std::string describe_labels(const config::TextPairs& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    add(out, name);
    add(out, value);
  }
  return out;
}

std::string describe_rules(const config::ScrapeConfig& job) {
  std::string out;
  for (const config::RelabelConfig& rule : job.relabel_configs) {
    for (const std::string& name : rule.source_labels)
      add(out, name);
    for (const std::string& text :
         {rule.separator, rule.regex, rule.target_label, rule.replacement})
      add(out, text);
    out += fmt::format("{} {};", rule.modulus, static_cast<int>(rule.action));
  }
  return out;
}

http::ServerTlsOptions listen_tls_options(const config::ListenTlsConfig& tls) {
  http::ServerTlsOptions options{.cert = tls.cert,
                                 .cert_file = tls.cert_file,
                                 .key = tls.key,
                                 .key_file = tls.key_file,
                                 .client_ca = tls.ca,
                                 .client_ca_file = tls.ca_file};
  // Promtail's: authorities mean that clients must show a certificate of theirs.
  if (!tls.ca.empty() || !tls.ca_file.empty()) {
    options.client_auth = http::ClientAuth::kRequireAndVerifyClientCert;
  }
  if (!tls.min_version.empty()) options.min_version = "Version" + tls.min_version;
  return options;
}

}  // namespace tailrace::daemon
