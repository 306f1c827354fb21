// Watches one worker's pipelines for the taps.
#include "daemon/tap_observer.h"

#include <utility>

#include "base/check.h"

namespace tailrace::daemon {

TapObserver::TapObserver(const Clock& clock, std::size_t worker)
    : clock_(clock), worker_(worker), recorder_(clock, [this](const debugger::EntryTrace& trace) {
        const SteadyTime now = clock_.steady_now();
        for (std::size_t i = 0; i < taps_.size(); ++i) {
          if ((wanted_ & (1U << i)) != 0) taps_[i]->offer(worker_, trace, now);
        }
      }) {}

// Shared with the hub, see there.
void TapObserver::set_taps(std::vector<std::shared_ptr<Tap>> taps) {
  TAILRACE_CHECK(open_.empty() && taps.size() <= kTapsMax);
  taps_ = std::move(taps);
  for (const auto& tap : taps_)
    tap->forget(worker_);
}

TapObserver::Interest TapObserver::begin(const Entry& entry, const LabelSet& labels,
                                         std::size_t first_stage,
                                         const pipeline::StageContext& context) {
  const SteadyTime now = clock_.steady_now();
  std::uint32_t wanted = 0;
  for (std::size_t i = 0; i < taps_.size(); ++i) {
    if (taps_[i]->wants(worker_, labels, context, now)) wanted |= 1U << i;
  }
  if (wanted == 0) return Interest::kNone;
  open_.push_back(wanted);
  return recorder_.begin(entry, labels, first_stage, context);
}

void TapObserver::before(std::size_t number, pipeline::Stage& stage, const Entry& entry,
                         pipeline::StageContext& context) {
  recorder_.before(number, stage, entry, context);
}

void TapObserver::after(std::size_t number, pipeline::Stage& stage, const Entry& entry,
                        pipeline::StageContext& context, pipeline::Verdict verdict) {
  recorder_.after(number, stage, entry, context, verdict);
}

void TapObserver::end(const Entry& entry, const LabelSet* labels) {
  wanted_ = open_.back();
  open_.pop_back();
  recorder_.end(entry, labels);
}

}  // namespace tailrace::daemon
