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
// Threading: post() any thread; the rest the owner.
template <typename Message>
class Mailbox {
 public:
  explicit Mailbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  void post(Message message) {
    bool was_empty = false;
    {
      const MutexLock lock(mutex_);
      if (closed_) return;
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

  // Drops what is there and all that comes.
  void close() {
    std::vector<Message> dropped;  // They go when the lock is free again.
    const MutexLock lock(mutex_);
    closed_ = true;
    dropped.swap(messages_);
  }

 private:
  const std::function<void()> wake_;
  Mutex mutex_;
  std::vector<Message> messages_ TAILRACE_GUARDED_BY(mutex_);
  bool closed_ TAILRACE_GUARDED_BY(mutex_) = false;
};

}  // namespace tailrace
