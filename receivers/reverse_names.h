// Names of peers, found out where waiting hurts nobody.
#pragma once

#include <optional>
#include <string>

#include "receivers/peer_address.h"

namespace tailrace::receivers {

// Threading: any thread.
class ReverseNames {
 public:
  virtual ~ReverseNames() = default;
  // The name; empty: it has none. Nothing: it is being asked for. Never
  // waits.
  virtual std::optional<std::string> find(const PeerAddress& peer) = 0;
};

}  // namespace tailrace::receivers
