// Work that may take long and that nobody waits for, not even the end: questions to DNS.
#pragma once

#include <functional>
#include <memory>

namespace tailrace::daemon {

// One piece of work at a time, on a thread that lives while there is some. The thread may outlive
// this: a look-up that hangs holds up neither the stop nor what else the process does.
//
// Ownership: shares with the thread what both need. `work` must own all that it uses; `done` may
//   use what lives as long as this.
// Threading: post() any thread; destroyed when nobody posts any more.
// Errors: without a thread to be had, the work is not done and `done` is called all the same.
// Memory: what is posted and not done yet; whoever posts has a bound.
class AsideThread {
 public:
  using Call = std::function<void()>;

  AsideThread();
  // Work that has not begun is dropped, and no `done` is called any more.
  ~AsideThread();
  AsideThread(const AsideThread&) = delete;
  AsideThread& operator=(const AsideThread&) = delete;

  // `done` is called on the thread after `work`, quickly and without posting.
  void post(Call work, Call done);

 private:
  struct State;
  // On the thread, which shares the state.
  static void run(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;  // Shared with the thread, which may outlive this.
};

}  // namespace tailrace::daemon
