// Asks DNS for the names of peers, on a thread of its own.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "receivers/reverse_names.h"

namespace tailrace::daemon {

// One question at a time. The thread lives while there are questions, and may outlive this: a
// question to DNS cannot be taken back, and nobody should wait for it to end.
//
// Threading: any thread.
// Memory: at most kKnownMax names, then it begins anew, and kQueuedMax questions: beyond them a
//   peer has no name.
class ReverseLookup final : public receivers::ReverseNames {
 public:
  static constexpr std::size_t kKnownMax = 4096;
  static constexpr std::size_t kQueuedMax = 64;

  ReverseLookup();
  ~ReverseLookup() override;

  std::optional<std::string> find(const receivers::PeerAddress& peer) override;

 private:
  struct State;
  // On the thread that shares it.
  static void answer_all(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;  // Shared with the thread, which may outlive this.
};

}  // namespace tailrace::daemon
