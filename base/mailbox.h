// Messages from one thread to another.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace tailrace {

// A queue that any thread may post to and one thread empties. `wake` is called after a post to an
// empty queue, typically EventLoop::wake() of the receiver.
//
// Threading: post() any thread; take() the owner.
template <typename Message>
class Mailbox {
 public:
  explicit Mailbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  void post(Message message) {
    bool was_empty = false;
    {
      const MutexLock lock(mutex_);
      was_empty = messages_.empty();
      messages_.push_back(std::move(message));
    }
    if (was_empty && wake_) wake_();
  }

  // All messages since the last call, oldest first.
  std::vector<Message> take() {
    std::vector<Message> result;
    const MutexLock lock(mutex_);
    result.swap(messages_);
    return result;
  }

 private:
  const std::function<void()> wake_;
  Mutex mutex_;
  std::vector<Message> messages_ TAILRACE_GUARDED_BY(mutex_);
};

}  // namespace tailrace
