// `drop`: ends entries that meet all given conditions.
#include "pipeline/stages/drop_stage.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "pipeline/explanation.h"
#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {
namespace {

std::string_view concatenate(std::string_view a, std::string_view b, std::string_view c,
                             Arena& arena) {
  char* const text = arena.allocate(a.size() + b.size() + c.size());
  char* out = std::copy(a.begin(), a.end(), text);
  out = std::copy(b.begin(), b.end(), out);
  std::copy(c.begin(), c.end(), out);
  return {text, a.size() + b.size() + c.size()};
}

}  // namespace

Result<std::unique_ptr<Stage>> DropStage::create(const config::DropStageConfig& config,
                                                 StageBuild& build) {
  auto stage = std::make_unique<DropStage>(config);
  if (config.sources.has_value()) {
    stage->sources_.emplace();
    for (const std::string& source : *config.sources) {
      stage->sources_->push_back(build.names.extracted(source));
    }
  }
  if (config.expression.has_value()) {
    auto matcher = RegexMatcher::create(*config.expression, {});
    if (!matcher.has_value()) return fail(matcher.error());
    stage->expression_ = std::move(*matcher);
  }
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict DropStage::run(Entry& entry, StageContext& context) {
  if (!applies(entry, context)) return Verdict::kKeep;
  // Context was sent before.
  if (entry.role != EntryRole::kContext) ++dropped_;
  return Verdict::kDrop;
}

bool DropStage::applies(const Entry& entry, StageContext& context) const {
  if (config_.longer_than.has_value() && entry.line.size() <= *config_.longer_than) return false;
  if (config_.older_than.has_value() && !is_old(entry, context)) return false;
  if (!config_.value.has_value() && expression_ == nullptr) {
    return !sources_.has_value() ||
           std::all_of(sources_->begin(), sources_->end(),
                       [&entry](ExtractedSlot slot) { return entry.extracted[slot].present(); });
  }
  const std::optional<std::string_view> text =
      sources_.has_value() ? joined_sources(entry, context) : entry.line;
  if (!text.has_value()) return false;
  return config_.value.has_value() ? *text == *config_.value : expression_->matches(*text);
}

void DropStage::explain(const Entry& entry, StageContext& context, Explanation& explanation) {
  explanation.drop_reason = config_.drop_counter_reason;
  if (config_.longer_than.has_value()) {
    const bool longer = entry.line.size() > *config_.longer_than;
    explanation.reasons.push_back(fmt::format("longer_than: the line has {} bytes, {} than {}",
                                              entry.line.size(), longer ? "more" : "not more",
                                              *config_.longer_than));
  }
  if (config_.older_than.has_value()) {
    const bool is_fresh = entry.role == EntryRole::kFresh;
    const auto now = static_cast<double>(is_fresh ? context.wall_now_ns() : context.received_ns());
    const double age = now / 1e9 - static_cast<double>(entry.time.seconds) -
                       static_cast<double>(entry.time.nanoseconds) / 1e9;
    explanation.reasons.push_back(
        fmt::format("older_than: the entry is {:.3f} s old, {} than {:.3f} s", age,
                    is_old(entry, context) ? "more" : "not more",
                    std::chrono::duration<double>(*config_.older_than).count()));
  }
  explain_text(entry, context, explanation);
}

void DropStage::explain_text(const Entry& entry, StageContext& context,
                             Explanation& explanation) const {
  if (sources_.has_value()) {
    for (std::size_t i = 0; i < sources_->size(); ++i) {
      const bool present = entry.extracted[(*sources_)[i]].present();
      explanation.reasons.push_back(fmt::format("source \"{}\" is {}", (*config_.sources)[i],
                                                present ? "there" : "not there"));
    }
  }
  if (!config_.value.has_value() && expression_ == nullptr) return;
  const std::optional<std::string_view> text =
      sources_.has_value() ? joined_sources(entry, context) : entry.line;
  if (!text.has_value()) {
    explanation.reasons.emplace_back("a source has no text");
  } else if (config_.value.has_value()) {
    explanation.reasons.push_back(fmt::format("value: {} {} {}", in_quotes(*text),
                                              *text == *config_.value ? "is" : "is not",
                                              in_quotes(*config_.value)));
  } else {
    explanation.reasons.push_back(fmt::format(
        "expression: {} {} `{}`", in_quotes(*text),
        expression_->matches(*text) ? "matches" : "does not match", *config_.expression));
  }
}

bool DropStage::is_old(const Entry& entry, const StageContext& context) const {
  // A replayed line is judged as when it was read: it was kept then.
  const bool is_fresh = entry.role == EntryRole::kFresh;
  const std::int64_t now = is_fresh ? context.wall_now_ns() : context.received_ns();
  std::int64_t limit = 0;
  return !__builtin_sub_overflow(now, config_.older_than->count(), &limit) &&
         entry.time < Timestamp::of_ns(limit);
}

std::optional<std::string_view> DropStage::joined_sources(const Entry& entry,
                                                          StageContext& context) const {
  std::optional<std::string_view> joined;
  for (const ExtractedSlot slot : *sources_) {
    const Value& value = entry.extracted[slot];
    if (!value.present())
      continue;  // Left out, without an empty place (docs/compatibility.md, drop).
    const std::optional<std::string_view> text = text_of(value, context.arena());
    if (!text.has_value()) return std::nullopt;
    joined = joined.has_value() ? concatenate(*joined, config_.separator, *text, context.arena())
                                : *text;
  }
  return joined.value_or("");
}

void DropStage::publish(JobState& job) {
  if (dropped_ == 0) return;
  job.count_dropped(config_.drop_counter_reason, dropped_);
  dropped_ = 0;
}

}  // namespace tailrace::pipeline
