// What labels say of a peer: its address and its name.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "receivers/peer_address.h"
#include "receivers/reverse_names.h"

namespace tailrace::receivers {

// A cache by address. Names are asked for again after kAskAgain; whoever finds them knows how long
// they hold.
//
// Ownership: borrows the names. Views live until the next find().
// Threading: confined to one worker.
// Memory: at most kPeersMax peers; then it begins anew.
class PeerLabels {
 public:
  static constexpr std::size_t kPeersMax = 4096;
  static constexpr std::chrono::seconds kAskAgain{10};
  struct Labels {
    std::string_view address;
    std::string_view name;
    bool name_known = true;  // Else it is being asked for.
  };

  // `names` may be null: nobody wants them.
  explicit PeerLabels(ReverseNames* names) : names_(names) {}

  Labels find(const PeerAddress& peer, SteadyTime now) {
    auto at = known_.find(peer);
    if (at == known_.end()) {
      if (known_.size() >= kPeersMax) known_.clear();
      at = known_.emplace(peer, Known{.address = peer.text()}).first;
    }
    Known& known = at->second;
    if (names_ == nullptr || peer.family == PeerAddress::Family::kNone) {
      return {.address = known.address, .name = known.name};
    }
    if (!known.name_known || now >= known.ask_at) {
      if (auto name = names_->find(peer, now)) {
        known.name = std::move(*name);
        known.name_known = true;
        known.ask_at = now + kAskAgain;
      }
    }
    return {.address = known.address, .name = known.name, .name_known = known.name_known};
  }

 private:
  struct Known {
    std::string address;
    std::string name{};
    bool name_known = false;
    SteadyTime ask_at{};
  };

  ReverseNames* const names_;
  std::map<PeerAddress, Known> known_;
};

}  // namespace tailrace::receivers
