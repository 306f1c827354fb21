// Names of peers, found out where waiting hurts nobody.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "receivers/peer_address.h"

namespace tailrace::receivers {

// Threading: any thread.
class ReverseNames {
 public:
  virtual ~ReverseNames() = default;
  // The name, as it was known last; empty: it has none, or none could be found. Nothing: it is
  // being asked for, or will be. Never waits.
  virtual std::optional<std::string> find(const PeerAddress& peer, SteadyTime now) = 0;
};

}  // namespace tailrace::receivers
