// Service discovery that goes on while the program runs.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "config/discovery_config.h"
#include "discovery/target.h"
#include "http/transport.h"

namespace tailrace::discovery {

// What discoverers work with. All of it outlives them.
struct DiscoveryWorld {
  const Clock& clock;
  FileSystem& file_system;
  Log& log;
  Metrics& metrics;
  http::Transport& transport;  // On the main thread's event loop.
  // Runs `work` on a thread of its own, for what may hang (DNS). `done` runs on the main thread
  // afterwards, in a turn before poll(), and not at all when the program ends first: let it hold
  // the discoverer weakly.
  std::function<void(std::function<void()> work, std::function<void()> done)> run_aside;
  std::string host_name;          // $HOSTNAME, else the system's.
  std::string working_directory;  // For relative paths.
  // The value of an environment variable.
  std::function<std::optional<std::string>(std::string_view)> environment;
};

// Finds the targets of one entry of `..._sd_configs`.
//
// Ownership: owned by the job's discovery; borrows the world.
// Threading: confined to the main thread.
// Errors: a server that is away or answers nonsense leaves the targets as they are and is asked
//   again with Backoff; logged once and then at doubling intervals; trouble() says it.
class Discoverer {
 public:
  virtual ~Discoverer() = default;
  Discoverer() = default;
  Discoverer(const Discoverer&) = delete;
  Discoverer& operator=(const Discoverer&) = delete;

  // Takes answers, asks what is due; never waits. True: targets() has changed.
  virtual bool poll(SteadyTime now) = 0;
  // When poll() has something to do without an event.
  virtual SteadyTime next_deadline() const = 0;
  // Complete as of the last poll(), in an order that does not change by itself. Target::found_by is
  // like "kubernetes_sd_configs[0] pod/default/web-1".
  virtual const std::vector<Target>& targets() const = 0;
  // The first complete answer came: an empty list means that there is nothing.
  virtual bool knows() const = 0;
  // Why there are no news; empty: nothing is wrong.
  virtual std::string trouble() const = 0;
};

// `name`: for messages, "kubernetes_sd_configs[0]".
// Errors: kInvalid for what only shows when it is built (a certificate that cannot be read is not
//   among it: that is tried again).
Result<std::unique_ptr<Discoverer>> make_discoverer(const config::DiscoveryConfig& config,
                                                    std::string name, const DiscoveryWorld& world);

}  // namespace tailrace::discovery
