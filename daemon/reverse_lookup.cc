// getnameinfo() beside the workers.
#include "daemon/reverse_lookup.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <deque>
#include <map>
#include <system_error>
#include <thread>
#include <utility>

#include <netinet/in.h>

#include "base/mutex.h"

namespace tailrace::daemon {
namespace {

using receivers::PeerAddress;

// Empty: it has none.
std::string ask(const PeerAddress& peer) {
  sockaddr_storage address{};
  socklen_t size = 0;
  if (peer.family == PeerAddress::Family::kIpv4) {
    auto& ipv4 = reinterpret_cast<sockaddr_in&>(address);
    ipv4.sin_family = AF_INET;
    std::copy_n(peer.bytes.begin(), 4, reinterpret_cast<std::uint8_t*>(&ipv4.sin_addr));
    size = sizeof ipv4;
  } else {
    auto& ipv6 = reinterpret_cast<sockaddr_in6&>(address);
    ipv6.sin6_family = AF_INET6;
    std::copy_n(peer.bytes.begin(), 16, ipv6.sin6_addr.s6_addr);
    size = sizeof ipv6;
  }
  char name[NI_MAXHOST] = {};
  const int code = getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, name, sizeof name,
                               nullptr, 0, NI_NAMEREQD);
  return code == 0 ? std::string(name) : std::string();
}

}  // namespace

struct ReverseLookup::State {
  Mutex mutex;
  std::map<PeerAddress, std::string> known TAILRACE_GUARDED_BY(mutex);
  std::deque<PeerAddress> queued TAILRACE_GUARDED_BY(mutex);
  bool answering TAILRACE_GUARDED_BY(mutex) = false;
};

ReverseLookup::ReverseLookup() : state_(std::make_shared<State>()) {}

ReverseLookup::~ReverseLookup() {
  const MutexLock lock(state_->mutex);
  state_->queued.clear();
}

// The thread shares the state.
void ReverseLookup::answer_all(const std::shared_ptr<State>& state) {
  while (true) {
    PeerAddress peer;
    {
      const MutexLock lock(state->mutex);
      if (state->queued.empty()) {
        state->answering = false;
        return;
      }
      peer = state->queued.front();
    }
    std::string name = ask(peer);
    const MutexLock lock(state->mutex);
    if (state->known.size() >= kKnownMax) state->known.clear();
    state->known[peer] = std::move(name);
    std::erase(state->queued, peer);
  }
}

std::optional<std::string> ReverseLookup::find(const PeerAddress& peer) {
  if (peer.family == PeerAddress::Family::kNone) return std::string();
  const MutexLock lock(state_->mutex);
  if (const auto known = state_->known.find(peer); known != state_->known.end()) {
    return known->second;
  }
  const auto queued = std::find(state_->queued.begin(), state_->queued.end(), peer);
  if (queued != state_->queued.end()) return std::nullopt;
  if (state_->queued.size() >= kQueuedMax) return std::string();
  state_->queued.push_back(peer);
  if (!std::exchange(state_->answering, true)) {
    try {
      std::thread(&ReverseLookup::answer_all, state_).detach();
    } catch (const std::system_error&) {
      // No thread to be had: no names.
      state_->answering = false;
      state_->queued.clear();
      return std::string();
    }
  }
  return std::nullopt;
}

}  // namespace tailrace::daemon
