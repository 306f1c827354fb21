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

using receivers::PeerAddress;

std::string ReverseLookup::ask_resolver(const PeerAddress& peer) {
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

struct ReverseLookup::State {
  struct Known {
    std::string name;
    SteadyTime asked_at;
  };
  struct Queued {
    PeerAddress peer;
    SteadyTime at;
  };
  explicit State(Ask how) : ask(std::move(how)) {}

  const Ask ask;
  Mutex mutex;
  std::map<PeerAddress, Known> known TAILRACE_GUARDED_BY(mutex);
  std::deque<Queued> queued TAILRACE_GUARDED_BY(mutex);
  bool answering TAILRACE_GUARDED_BY(mutex) = false;
};

ReverseLookup::ReverseLookup(Ask ask) : state_(std::make_shared<State>(std::move(ask))) {}

ReverseLookup::~ReverseLookup() {
  const MutexLock lock(state_->mutex);
  state_->queued.clear();
}

// The thread shares the state.
void ReverseLookup::answer_all(const std::shared_ptr<State>& state) {
  while (true) {
    State::Queued next{};
    {
      const MutexLock lock(state->mutex);
      if (state->queued.empty()) {
        state->answering = false;
        return;
      }
      next = state->queued.front();
    }
    std::string name = state->ask(next.peer);
    const MutexLock lock(state->mutex);
    if (state->known.size() >= kKnownMax) state->known.clear();
    state->known[next.peer] = {std::move(name), next.at};
    std::erase_if(state->queued, [&](const State::Queued& one) { return one.peer == next.peer; });
  }
}

std::optional<std::string> ReverseLookup::find(const PeerAddress& peer, SteadyTime now) {
  if (peer.family == PeerAddress::Family::kNone) return std::string();
  const MutexLock lock(state_->mutex);
  std::optional<std::string> answer;
  if (const auto at = state_->known.find(peer); at != state_->known.end()) {
    const State::Known& known = at->second;
    answer = known.name;
    const std::chrono::nanoseconds lasts =
        known.name.empty() ? std::chrono::nanoseconds(kNothingLasts) : kNameLasts;
    if (now < known.asked_at + lasts) return answer;
  }
  const bool asked = std::any_of(state_->queued.begin(), state_->queued.end(),
                                 [&](const State::Queued& one) { return one.peer == peer; });
  if (asked || state_->queued.size() >= kQueuedMax) return answer;
  state_->queued.push_back({peer, now});
  if (!std::exchange(state_->answering, true)) {
    try {
      std::thread(&ReverseLookup::answer_all, state_).detach();
    } catch (const std::system_error&) {
      // No thread to be had: no names.
      state_->answering = false;
      state_->queued.clear();
    }
  }
  return answer;
}

}  // namespace tailrace::daemon
