// What the inputs that listen on a socket of their own are built from.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "config/listen_config.h"
#include "daemon/build_inputs.h"
#include "daemon/listeners.h"
#include "receivers/listening_input.h"

namespace tailrace::daemon {

// "syslog/<job>/<number>": the number among the job's inputs of this kind.
std::string listening_name(const InputBuild& build, const std::string& kind);

// The socket; nothing: a diagnostic says why.
std::shared_ptr<const Listener> open_listener(const config::ListenConfig& listen,
                                              const std::string& name, const InputBuild& build);

// The visible ones of the configured labels, as they are without any rule.
const LabelSet& fixed_labels(const config::TextPairs& labels, LabelSetTable& table);

// Everything that is equal when the socket is to do the same.
std::string describe_listen(const config::ListenConfig& listen, const Listener& socket);
std::string describe_tls(const config::ListenTlsConfig& tls);
std::string describe_labels(const config::TextPairs& labels);
// The rules of the job.
std::string describe_rules(const config::ScrapeConfig& job);

http::ServerTlsOptions listen_tls_options(const config::ListenTlsConfig& tls);

}  // namespace tailrace::daemon
