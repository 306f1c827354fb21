// Makes and removes taps, and tells the workers.
#include "daemon/tap_hub.h"

#include <algorithm>
#include <utility>

namespace tailrace::daemon {

TapHub::TapHub(const Clock& clock, Options options) : clock_(clock), options_(std::move(options)) {
  for (std::size_t i = 0; i < options_.workers; ++i)
    observers_.push_back(std::make_unique<TapObserver>(clock, i));
}

Result<TapAnswer> TapHub::poll(const TapRequest& request) {
  if (request.id.empty() || request.id.size() > kIdBytesMax) {
    return fail(Error::kInvalid,
                "id: wants a text of 1 to " + std::to_string(kIdBytesMax) + " bytes");
  }
  std::shared_ptr<Tap> tap;  // Shared with the observers.
  bool is_new = false;
  {
    const MutexLock lock(mutex_);
    const auto found = taps_.find(request.id);
    const bool known = found != taps_.end();
    if (known && found->second.tap->does(request)) {
      found->second.last_poll = clock_.steady_now();
      tap = found->second.tap;
    } else {
      if (!known && taps_.size() >= TapObserver::kTapsMax) {
        return fail(Error::kExhausted, "there are " + std::to_string(TapObserver::kTapsMax) +
                                           " taps already; one that is not polled for " +
                                           std::to_string(kSilenceMax.count()) + " s goes away");
      }
      auto made =
          Tap::create(known ? found->second.tap->completed(request) : request, options_.workers);
      if (!made) return fail(made.error());
      tap = std::move(*made);
      taps_.insert_or_assign(request.id, Polled{tap, clock_.steady_now()});
      tell_workers();
      is_new = true;
    }
  }
  if (is_new && options_.wake_main) options_.wake_main();
  return tap->take();
}

void TapHub::end(const std::string& id) {
  const MutexLock lock(mutex_);
  if (taps_.erase(id) > 0) tell_workers();
}

void TapHub::remove_silent() {
  const SteadyTime now = clock_.steady_now();
  const MutexLock lock(mutex_);
  const std::size_t gone = std::erase_if(
      taps_, [now](const auto& one) { return one.second.last_poll + kSilenceMax <= now; });
  if (gone > 0) tell_workers();
}

SteadyTime TapHub::next_deadline() const {
  const MutexLock lock(mutex_);
  SteadyTime deadline = SteadyTime::max();
  for (const auto& [id, one] : taps_)
    deadline = std::min(deadline, one.last_poll + kSilenceMax);
  return deadline;
}

void TapHub::refresh() {
  const MutexLock lock(mutex_);
  if (!taps_.empty()) tell_workers();
}

// With the lock: two changes reach every worker in the same order.
void TapHub::tell_workers() {
  std::vector<std::shared_ptr<Tap>> taps;
  for (const auto& [id, one] : taps_)
    taps.push_back(one.tap);
  if (options_.taps != nullptr) options_.taps->set(static_cast<double>(taps.size()));
  for (std::size_t i = 0; i < observers_.size(); ++i) {
    options_.post(i, WorkerTask([observer = observers_[i].get(), taps](Worker& self) {
                    observer->set_taps(taps);
                    self.intake().observe(taps.empty() ? nullptr : observer);
                  }));
  }
}

}  // namespace tailrace::daemon
