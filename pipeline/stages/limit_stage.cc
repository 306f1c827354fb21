// `limit`: lets so many entries per second pass.
#include "pipeline/stages/limit_stage.h"

#include <fmt/format.h>

#include "pipeline/explanation.h"
#include "pipeline/stage_context.h"

namespace tailrace::pipeline {
namespace {

constexpr const char* kReason = "ratelimit_drop_stage";  // docs/compatibility.md, limit.

}  // namespace

Result<std::unique_ptr<Stage>> LimitStage::create(const config::LimitStageConfig& config,
                                                  StageBuild& build) {
  auto stage = std::make_unique<LimitStage>(config, build.job.rate_limit(build.number, config));
  if (config.by_label.has_value()) stage->label_ = build.names.label(*config.by_label);
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict LimitStage::run(Entry& entry, StageContext& context) {
  if (entry.role != EntryRole::kFresh) return Verdict::kKeep;
  if (config_.excess == config::LimitStageConfig::Excess::kWait) {
    context.pause_job_until(shared_.all().take(context.steady_now()));
    return Verdict::kKeep;
  }
  if (!config_.by_label.has_value()) {
    if (shared_.all().try_take(context.steady_now())) return Verdict::kKeep;
    ++dropped_;
    return Verdict::kDrop;
  }
  const LabelSet& labels = context.label_set();
  Known& known = this->known(labels, context);
  if (known.bucket == nullptr || known.bucket->try_take(context.steady_now())) {
    return Verdict::kKeep;
  }
  ++dropped_;
  if (known.dropped++ == 0) with_drops_.push_back(labels.index());
  return Verdict::kDrop;
}

void LimitStage::explain(const Entry& entry, StageContext& context, Explanation& explanation) {
  if (entry.role != EntryRole::kFresh) {
    explanation.reasons.emplace_back("had its token when it was read before the restart");
    return;
  }
  std::string reason = fmt::format("rate {} per second, burst {}", config_.rate, config_.burst);
  if (config_.excess == config::LimitStageConfig::Excess::kWait) {
    explanation.reasons.push_back(
        reason + ": the entry passes, and the next line waits where there is no token for it");
    return;
  }
  explanation.drop_reason = kReason;
  bool has_token = true;
  if (config_.by_label.has_value()) {
    const std::string_view* const value = context.label(label_);
    if (value == nullptr) {
      explanation.reasons.push_back(reason + " by label \"" + *config_.by_label +
                                    "\", which is not there: not limited");
      return;
    }
    reason += " for " + *config_.by_label + "=" + in_quotes(*value);
    has_token = shared_.has_token(*value, context.steady_now());
  } else {
    has_token = shared_.all().has_token(context.steady_now());
  }
  explanation.reasons.push_back(reason + (has_token ? ": there is a token" : ": no token is left"));
}

LimitStage::Known& LimitStage::known(const LabelSet& labels, StageContext& context) {
  if (labels.index() >= known_.size()) known_.resize(labels.index() + 1);
  Known& known = known_[labels.index()];
  const std::uint64_t generation = shared_.generation();
  if (known.serial == labels.serial() && known.generation == generation) return known;
  const std::string_view* const value = context.label(label_);
  known.serial = labels.serial();
  known.bucket = value == nullptr ? nullptr : shared_.bucket_of(*value, context.steady_now());
  known.value = value == nullptr ? std::string_view() : *value;
  known.generation = generation;
  return known;
}

void LimitStage::publish(JobState& job) {
  if (dropped_ == 0) return;
  job.count_dropped(kReason, dropped_);
  dropped_ = 0;
  for (const std::uint32_t index : with_drops_) {
    shared_.count_dropped(known_[index].value, known_[index].dropped);
    known_[index].dropped = 0;
  }
  with_drops_.clear();
}

}  // namespace tailrace::pipeline
