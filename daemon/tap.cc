// One tap: which entries it takes, and its queue.
#include "daemon/tap.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

namespace tailrace::daemon {
namespace {

// A tenant is a label for selectors.
std::map<std::string, std::string> labels_of(const debugger::EntrySnapshot& entry) {
  std::map<std::string, std::string> labels = entry.labels;
  if (entry.tenant) labels.emplace("__tenant_id__", *entry.tenant);
  return labels;
}

}  // namespace

bool TapRate::has(SteadyTime now) {
  if (filled_) {
    const double seconds = std::chrono::duration<double>(now - *filled_).count();
    tokens_ = std::min(per_second_, tokens_ + std::max(seconds, 0.0) * per_second_);
  }
  filled_ = now;
  return tokens_ >= 1;
}

bool TapRate::take(SteadyTime now) {
  if (!has(now)) return false;
  tokens_ -= 1;
  return true;
}

Tap::Tap(std::string selector, std::uint32_t rate, debugger::TraceDetail detail)
    : selector_(std::move(selector)), rate_(rate), detail_(detail) {}

// Shared by hub and workers, see there.
Result<std::shared_ptr<Tap>> Tap::create(const TapRequest& request, std::size_t workers) {
  const std::uint32_t rate = request.rate.value_or(kRateDefault);
  if (rate == 0 || rate > kRateMax) {
    return fail(Error::kInvalid, "rate: wants a number from 1 to " + std::to_string(kRateMax));
  }
  auto tap = std::make_shared<Tap>(request.selector.value_or(""), rate,
                                   request.detail.value_or(debugger::TraceDetail::kEntry));
  for (std::size_t i = 0; i < workers; ++i) {
    auto selection = pipeline::Selection::create(tap->selector_);
    if (!selection) return fail(selection.error());
    tap->seats_.push_back({std::move(*selection), TapRate(rate), TapRate(rate * kLooksPerTrace)});
  }
  return tap;
}

bool Tap::does(const TapRequest& request) const {
  return request.selector.value_or(selector_) == selector_ &&
         request.rate.value_or(rate_) == rate_ && request.detail.value_or(detail_) == detail_;
}

TapRequest Tap::completed(TapRequest request) const {
  if (!request.selector) request.selector = selector_;
  if (!request.rate) request.rate = rate_;
  if (!request.detail) request.detail = detail_;
  return request;
}

bool Tap::wants(std::size_t worker, const LabelSet& labels, const pipeline::StageContext& context,
                SteadyTime now) {
  Seat& seat = seats_[worker];
  using Answer = pipeline::Selection::Answer;
  const Answer answer = seat.selection->begins(labels, context);
  if (answer == Answer::kNo) return false;
  seen_.fetch_add(1, std::memory_order_relaxed);
  // Taken when it is known that the trace is wanted.
  if (seat.traces.has(now) && (answer == Answer::kYes || seat.looks.take(now))) return true;
  sampled_out_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

void Tap::offer(std::size_t worker, const debugger::EntryTrace& trace, SteadyTime now) {
  Seat& seat = seats_[worker];
  // wants() asked before the size was known.
  const double more = static_cast<double>(debugger::bytes_of(trace) / kBytesPerToken);
  seat.looks.charge(more);
  const debugger::EntrySnapshot end = debugger::last_seen(trace);
  if (!seat.selection->ends(labels_of(trace.before), labels_of(end), end.line)) return;
  if (!seat.traces.take(now)) {  // Entries that began within this one took the rest.
    sampled_out_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  seat.traces.charge(more);
  queue(debugger::trace_json(trace, detail_));
}

void Tap::queue(std::string trace) {
  const MutexLock lock(mutex_);
  if (trace.size() > kQueueBytesMax) {  // All others would go for it, and it as well.
    ++dropped_;
    return;
  }
  queue_bytes_ += trace.size();
  queue_.push_back(std::move(trace));
  while (queue_.size() > kQueueTracesMax || queue_bytes_ > kQueueBytesMax) {
    queue_bytes_ -= queue_.front().size();
    queue_.pop_front();
    ++dropped_;
  }
}

TapAnswer Tap::take() {
  TapAnswer answer;
  answer.seen = seen_.exchange(0, std::memory_order_relaxed);
  answer.sampled_out = sampled_out_.exchange(0, std::memory_order_relaxed);
  std::deque<std::string> queue;
  {
    const MutexLock lock(mutex_);
    queue.swap(queue_);
    queue_bytes_ = 0;
    answer.dropped_queue = std::exchange(dropped_, 0);
  }
  answer.traces.assign(std::make_move_iterator(queue.begin()),
                       std::make_move_iterator(queue.end()));
  return answer;
}

}  // namespace tailrace::daemon
