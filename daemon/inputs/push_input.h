// What the inputs to which others push by HTTP are built from.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "config/push_config.h"
#include "daemon/build_inputs.h"
#include "discovery/line_relabeler.h"
#include "receivers/push_format.h"
#include "receivers/push_receiver.h"

namespace tailrace::daemon {

// One of them.
struct PushInput {
  std::string type;  // The key in the configuration.
  config::PushServerConfig push;
  // In front of the names of its server's metrics, with "<job>_" behind it.
  std::string metrics_prefix;
  discovery::LineRelabeler::Options relabel;
  std::function<std::unique_ptr<receivers::PushFormat>()> make_format;  // On the worker.
  // What the caller does not set: id, job, name, labels, inbox.
  receivers::PushReceiver::Options receiver;
};

// Opens its socket and adds its plan.
void add_push_input(PushInput input, const InputBuild& build);

}  // namespace tailrace::daemon
