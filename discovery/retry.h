// When to try again, and what to say meanwhile.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "discovery/discoverer.h"

namespace tailrace::discovery {

// Why a discoverer, or a part of it, does not get on.
//
// Ownership: borrows the world and the Random.
// Threading: confined to the main thread.
class Retry {
 public:
  static constexpr Backoff::Options kWaits = {std::chrono::seconds(1), std::chrono::seconds(60)};
  // Longer than a server may ask us to wait (docs/compatibility.md, Retries).
  static constexpr std::chrono::seconds kRetryAfterMax{600};

  Retry(std::string name, const DiscoveryWorld& world, Random& random)
      : name_(std::move(name)), log_(&world.log), backoff_(kWaits, random) {}

  // Says when to try again.
  SteadyTime failed(std::string trouble, SteadyTime now, std::chrono::seconds retry_after = {}) {
    trouble_ = std::move(trouble);
    log_->warn("discovery does not get on",
               {{.key = "discovery", .value = name_}, {.key = "reason", .value = trouble_}});
    const std::chrono::nanoseconds asked = std::min(retry_after, kRetryAfterMax);
    return now + std::max(backoff_.next(), asked);
  }

  void worked() {
    if (trouble_.empty()) return;
    trouble_.clear();
    backoff_.reset();
    log_->info("discovery gets on again", {{.key = "discovery", .value = name_}});
  }

  const std::string& trouble() const { return trouble_; }

 private:
  std::string name_;
  Log* log_;
  std::string trouble_;
  Backoff backoff_;
};

// A seed for the jitter, another one for each discoverer.
inline std::uint64_t random_seed(const std::string& name, const DiscoveryWorld& world) {
  return std::hash<std::string>{}(name) ^
         static_cast<std::uint64_t>(unix_nanoseconds(world.clock.wall_now()));
}

}  // namespace tailrace::discovery
