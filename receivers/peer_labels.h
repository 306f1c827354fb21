// What labels say of a peer: its address and its name.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "receivers/peer_address.h"
#include "receivers/reverse_names.h"

namespace tailrace::receivers {

// A cache by address.
//
// Ownership: borrows the names. Views live until the next find().
// Threading: confined to one worker.
// Memory: at most kPeersMax peers; then it begins anew.
class PeerLabels {
 public:
  static constexpr std::size_t kPeersMax = 4096;
  struct Labels {
    std::string_view address;
    std::string_view name;
    bool name_known = true;  // Else it is being asked for.
  };

  // `names` may be null: nobody wants them.
  explicit PeerLabels(ReverseNames* names) : names_(names) {}

  Labels find(const PeerAddress& peer) {
    auto at = known_.find(peer);
    if (at == known_.end()) {
      if (known_.size() >= kPeersMax) known_.clear();
      at = known_.emplace(peer, Known{.address = peer.text()}).first;
    }
    Known& known = at->second;
    if (!known.name_known && names_ != nullptr && peer.family != PeerAddress::Family::kNone) {
      if (auto name = names_->find(peer)) {
        known.name = std::move(*name);
        known.name_known = true;
      }
      return {.address = known.address, .name = known.name, .name_known = known.name_known};
    }
    return {.address = known.address, .name = known.name};
  }

 private:
  struct Known {
    std::string address;
    std::string name{};
    bool name_known = false;
  };

  ReverseNames* const names_;
  std::map<PeerAddress, Known> known_;
};

}  // namespace tailrace::receivers
