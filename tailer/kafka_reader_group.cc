// The reader as a member of its group: partitions that come and go, commits, the end.
#include "tailer/kafka_reader.h"

namespace tailrace::tailer {
namespace {

constexpr std::chrono::seconds kStopTimeout{8};
constexpr std::chrono::milliseconds kCommitAgain{200};

}  // namespace

void KafkaReader::on_assign(const std::vector<TopicPartition>& partitions) {
  rebalances_.increment();
  offsets_.assign(partitions);
  drop_invalid();
  member_id_ = client_->member_id();
  assigned_ = true;
  trouble_.clear();
  backoff_.reset();
  client_->assign(partitions);
  world_.log.info("kafka: partitions assigned", {{"job", options_.job},
                                                 {"partitions", std::to_string(partitions.size())},
                                                 {"member", member_id_}});
}

void KafkaReader::on_revoke(const std::vector<TopicPartition>& partitions, Group group) {
  rebalances_.increment();
  offsets_.revoke(partitions);
  drop_invalid();
  leaving_partitions_ = partitions;
  if (group == Group::kLost || !offsets_.has_unstored()) {
    return group == Group::kLost ? end_leaving() : commit_leaving();
  }
  leaving_ = Leaving::kCutting;
  leave_by_ = SteadyTime::max();
}

void KafkaReader::commit_leaving() {
  if (leaving_ != Leaving::kCommitting) leave_by_ = SteadyTime::max();
  leaving_ = Leaving::kCommitting;
  const std::vector<PartitionOffset> offsets = offsets_.stored_of(leaving_partitions_);
  if (offsets.empty() || !client_->commit(offsets, Purpose::kLeaving)) end_leaving();
}

void KafkaReader::end_leaving() {
  leaving_ = Leaving::kNo;
  leave_by_ = SteadyTime::max();
  forget_due_ = true;
  world_.log.info(
      "kafka: partitions leave",
      {{"job", options_.job}, {"partitions", std::to_string(leaving_partitions_.size())}});
  client_->unassign(std::exchange(leaving_partitions_, {}));
  commit_accepted();  // Of what stays: that had to wait.
}

void KafkaReader::on_rebalance_failed(const std::string& why) {
  on_trouble("rebalance: " + why, Severity::kTransient);
}

void KafkaReader::on_committed(const std::vector<PartitionOffset>& offsets, Purpose purpose,
                               const std::string& error) {
  for (const PartitionOffset& offset : offsets)
    offsets_.committed(offset);
  if (!error.empty()) {
    commit_failures_.increment();
    world_.log.warn("kafka: commit of offsets failed", {{"job", options_.job}, {"error", error}});
  }
  if (purpose == Purpose::kAccepted) {
    commit_in_flight_ = false;
    if (error.empty()) commit_accepted();
  }
  if (!error.empty()) {
    // The group is being shared out anew: it takes commits again in a moment.
    commit_again_at_ = world_.clock.steady_now() + kCommitAgain;
  } else if (purpose == Purpose::kAccepted) {
    return;
  } else if (leaving_ == Leaving::kCommitting) {
    end_leaving();
  } else if (stop_ == Stop::kCommitting) {
    stop_ = Stop::kClosing;
  }
}

void KafkaReader::on_trouble(const std::string& what, Severity severity) {
  trouble_ = what;
  fatal_ = fatal_ || severity == Severity::kFatal;
  world_.log.warn("kafka", {{"job", options_.job}, {"error", what}});
}

void KafkaReader::on_broker_up() {
  trouble_.clear();
}

void KafkaReader::continue_leaving(SteadyTime now) {
  const bool late = now >= leave_by_;
  if (leaving_ == Leaving::kCutting && (!offsets_.has_unstored() || late)) {
    commit_leaving();
  } else if (leaving_ == Leaving::kCommitting && late) {
    end_leaving();
  }
  if (leaving_ != Leaving::kNo && leave_by_ == SteadyTime::max()) leave_by_ = now + kLeaveTimeout;
}

void KafkaReader::accepted(const ResumePoint& point) {
  offsets_.accept(point);
  commit_accepted();
}

void KafkaReader::commit_accepted() {
  if (client_ == nullptr || commit_in_flight_ || stop_ != Stop::kNo || leaving_ != Leaving::kNo) {
    return;
  }
  const std::vector<PartitionOffset> offsets = offsets_.acceptable();
  if (offsets.empty()) return;
  const auto begun = client_->commit(offsets, Purpose::kAccepted);
  commit_in_flight_ = begun.has_value();
  if (!begun) commit_again_at_ = world_.clock.steady_now() + kCommitAgain;
}

void KafkaReader::commit_again() {
  commit_again_at_ = SteadyTime::max();
  if (leaving_ == Leaving::kCommitting) return commit_leaving();
  if (stop_ == Stop::kCommitting) stop_ = Stop::kCutting;
  commit_accepted();
}

void KafkaReader::begin_stop() {
  if (stop_ != Stop::kNo) return;
  stop_ = Stop::kCutting;
  waiting_.clear();
  waiting_bytes_ = 0;
  signalled_ = true;
}

// What ran is cut, then committed, then the group is left: each in turns of the worker.
void KafkaReader::continue_stop(SteadyTime now) {
  if (stop_ == Stop::kNo || stop_ == Stop::kDone) return;
  if (stop_by_ == SteadyTime::max()) stop_by_ = now + kStopTimeout;
  if (now >= stop_by_ || client_->closed()) {
    stop_ = Stop::kDone;
    return;
  }
  if (stop_ == Stop::kCommitting && now >= stop_by_ - kLeaveTimeout / 2) stop_ = Stop::kClosing;
  if (stop_ == Stop::kCutting && !offsets_.has_unstored()) {
    stop_ = Stop::kCommitting;
    std::vector<TopicPartition> ours;
    for (const auto& [at, partition] : offsets_.partitions()) {
      if (partition.assigned) ours.push_back(at);
    }
    const std::vector<PartitionOffset> offsets = offsets_.stored_of(ours);
    if (offsets.empty() || !client_->commit(offsets, Purpose::kLeaving)) stop_ = Stop::kClosing;
  }
  if (stop_ == Stop::kClosing) client_->begin_close();
}

}  // namespace tailrace::tailer
