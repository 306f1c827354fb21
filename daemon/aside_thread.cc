// A queue and a detached thread that share a state.
#include "daemon/aside_thread.h"

#include <deque>
#include <system_error>
#include <thread>
#include <utility>

#include "base/mutex.h"

namespace tailrace::daemon {

struct AsideThread::State {
  struct Piece {
    Call work;
    Call done;
  };
  Mutex mutex;
  std::deque<Piece> pieces TAILRACE_GUARDED_BY(mutex);
  bool running TAILRACE_GUARDED_BY(mutex) = false;
  bool ended TAILRACE_GUARDED_BY(mutex) = false;
};

AsideThread::AsideThread() : state_(std::make_shared<State>()) {}

AsideThread::~AsideThread() {
  std::deque<State::Piece> dropped;  // They go when the lock is free again.
  const MutexLock lock(state_->mutex);
  state_->ended = true;
  dropped.swap(state_->pieces);
}

// The thread shares the state.
void AsideThread::run(const std::shared_ptr<State>& state) {
  while (true) {
    State::Piece piece;
    {
      const MutexLock lock(state->mutex);
      if (state->pieces.empty()) {
        state->running = false;
        return;
      }
      piece = std::move(state->pieces.front());
      state->pieces.pop_front();
    }
    piece.work();
    // Under the lock: the end waits for it, and then it is not called.
    const MutexLock lock(state->mutex);
    if (!state->ended) piece.done();
  }
}

void AsideThread::post(Call work, Call done) {
  const MutexLock lock(state_->mutex);
  if (state_->ended) return;
  state_->pieces.push_back({std::move(work), std::move(done)});
  if (std::exchange(state_->running, true)) return;
  try {
    std::thread(&AsideThread::run, state_).detach();
  } catch (const std::system_error&) {
    const State::Piece piece = std::move(state_->pieces.back());  // The only one.
    state_->pieces.clear();
    state_->running = false;
    piece.done();
  }
}

}  // namespace tailrace::daemon
