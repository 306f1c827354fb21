// Waiting for descriptors and deadlines: epoll behind a few functions.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"

namespace tailrace {

// An epoll instance with one callback per descriptor.
//
// Ownership: borrows descriptors; whoever owns one calls unwatch() before closing it.
// Threading: confined to one thread, except wake(), which any thread may call.
class EventLoop {
 public:
  struct Interest {
    bool readable = false;
    bool writable = false;
  };
  // What happened: readable (also hang-up and error, so that a read reports it), writable.
  using Callback = std::function<void(bool readable, bool writable)>;

  static Result<std::unique_ptr<EventLoop>> create();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Watches `descriptor`, level-triggered; calling again replaces interest and callback.
  Status watch(int descriptor, Interest interest, Callback callback);
  void unwatch(int descriptor);

  // Waits until something happens, wake() is called or `deadline` passes, and runs the callbacks.
  // A callback may watch and unwatch anything. SteadyTime::max() waits without a limit. It may
  // return early (a signal came); whoever waits for a time looks at the clock.
  Status wait(const Clock& clock, SteadyTime deadline);

  // Ends a wait() that is going on, or the next one. Any thread; async-signal-safe.
  void wake();

 private:
  EventLoop(int epoll_descriptor, int wake_descriptor);

  const int epoll_descriptor_;
  const int wake_descriptor_;
  struct Watch {
    // Shared with the call that is going on, which may unwatch its own descriptor.
    std::shared_ptr<const Callback> callback;
    // Tells an event that was fetched before an unwatch() from one of a new watch on that number.
    std::uint32_t generation = 0;
  };
  std::unordered_map<int, Watch> watches_;
  std::uint32_t next_generation_ = 0;
};

}  // namespace tailrace
