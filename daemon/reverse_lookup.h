// Asks DNS for the names of peers, on a thread of its own.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "receivers/reverse_names.h"

namespace tailrace::daemon {

// One question at a time. The thread lives while there are questions, and may outlive this: a
// question to DNS cannot be taken back, and nobody should wait for it to end.
//
// Threading: any thread.
// A name is asked for again when it is kNameLasts old, and what had none after kNothingLasts: DNS
// may have been away. Until then, and while it is asked again, what was known is the answer.
//
// Memory: at most kKnownMax names, then it begins anew, and kQueuedMax questions: whoever finds no
//   room asks again.
class ReverseLookup final : public receivers::ReverseNames {
 public:
  static constexpr std::size_t kKnownMax = 4096;
  static constexpr std::size_t kQueuedMax = 64;
  static constexpr std::chrono::minutes kNameLasts{5};
  static constexpr std::chrono::seconds kNothingLasts{30};

  // The name of an address; empty: none.
  using Ask = std::function<std::string(const receivers::PeerAddress&)>;
  // getnameinfo().
  static std::string ask_resolver(const receivers::PeerAddress& peer);

  // `ask` is called on the thread, which may outlive this.
  explicit ReverseLookup(Ask ask = ask_resolver);
  ~ReverseLookup() override;

  std::optional<std::string> find(const receivers::PeerAddress& peer, SteadyTime now) override;

 private:
  struct State;
  // On the thread that shares it.
  static void answer_all(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;  // Shared with the thread, which may outlive this.
};

}  // namespace tailrace::daemon
