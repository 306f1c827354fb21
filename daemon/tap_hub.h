// All taps: made and polled by requests, gone when nobody polls them any more.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/result.h"
#include "daemon/tap.h"
#include "daemon/tap_observer.h"
#include "daemon/worker.h"

namespace tailrace::daemon {

// Puts an observer into the pipelines of every worker while there is a tap, and takes it out with
// the last one: nothing is asked per line meanwhile.
//
// Ownership: owns the observers, so it must outlive the workers' pipelines. Borrows the clock.
// Threading: poll() and end() on any thread; the rest on the main thread.
class TapHub {
 public:
  static constexpr std::chrono::seconds kSilenceMax{10};  // Then a tap is gone.
  static constexpr std::size_t kIdBytesMax = 64;

  struct Options {
    std::size_t workers = 1;
    std::function<void(std::size_t worker, WorkerTask)> post;  // Any thread.
    std::function<void()> wake_main;                           // next_deadline() is another.
    MetricValue* taps = nullptr;  // Set to how many there are; may be null.
  };

  TapHub(const Clock& clock, Options options);
  TapHub(const TapHub&) = delete;
  TapHub& operator=(const TapHub&) = delete;

  // What has queued since the last call. An id that is not known makes a tap; one that is known,
  // with another selector, rate or detail, makes a new one in its place.
  // Errors: kInvalid for what is asked; kExhausted: there are as many taps as there may be.
  Result<TapAnswer> poll(const TapRequest& request);
  void end(const std::string& id);

  void remove_silent();
  // When remove_silent() has something to do; SteadyTime::max(): there is no tap.
  SteadyTime next_deadline() const;
  // The workers have other pipelines.
  void refresh();

 private:
  struct Polled {
    std::shared_ptr<Tap> tap;  // Shared with the observers, which get it by a message.
    SteadyTime last_poll;
  };

  void tell_workers() TAILRACE_REQUIRES(mutex_);

  const Clock& clock_;
  const Options options_;
  std::vector<std::unique_ptr<TapObserver>> observers_;  // By worker.
  mutable Mutex mutex_;
  std::map<std::string, Polled> taps_ TAILRACE_GUARDED_BY(mutex_);
};

}  // namespace tailrace::daemon
