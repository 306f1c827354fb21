// `timestamp`: an extracted value becomes the entry's time.
#include "pipeline/stages/timestamp_stage.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/explanation.h"
#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {

using OnFailure = config::TimestampStageConfig::OnFailure;

Result<std::unique_ptr<Stage>> TimestampStage::create(const config::TimestampStageConfig& config,
                                                      StageBuild& build) {
  auto stage = std::make_unique<TimestampStage>();
  std::vector<std::string> formats = {config.format};
  formats.insert(formats.end(), config.fallback_formats.begin(), config.fallback_formats.end());
  for (const std::string& format : formats) {
    auto parser = TimeParser::create(format, config.location);
    if (!parser.has_value()) return fail(parser.error());
    stage->formats_.push_back(std::move(*parser));
  }
  stage->format_texts_ = std::move(formats);
  stage->source_ = build.names.extracted(config.source);
  stage->on_failure_ = config.on_failure;
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict TimestampStage::run(Entry& entry, StageContext& context) {
  const std::optional<std::string_view> text = text_of(entry.extracted[source_], context.arena());
  std::optional<Timestamp> time;
  if (text.has_value()) {
    // A layout without a year takes it from the time at which the line was read.
    for (const auto& format : formats_) {
      time = format->parse(*text, context.received_ns());
      if (time.has_value()) break;
    }
  }
  if (on_failure_ == OnFailure::kFudge) time = last_times_.settle(context.label_set(), time);
  entry.time = time.value_or(entry.time);
  return Verdict::kKeep;
}

void TimestampStage::explain(const Entry& entry, StageContext& context, Explanation& explanation) {
  std::vector<std::string>& reasons = explanation.reasons;
  if (const auto text = source_or_reason(source_, entry, context, explanation)) {
    for (std::size_t i = 0; i < formats_.size(); ++i) {
      const bool fits = formats_[i]->parse(*text, context.received_ns()).has_value();
      reasons.push_back(in_quotes(*text) + (fits ? " fits " : " does not fit ") +
                        in_quotes(format_texts_[i]));
      if (fits) return;
    }
  }
  if (on_failure_ == OnFailure::kSkip) {
    reasons.emplace_back("action_on_failure skip: the entry keeps its time");
  } else if (last_times_.knows(context.label_set())) {
    reasons.emplace_back(
        "action_on_failure fudge: 1 ns after the last time of an entry with these labels");
  } else {
    reasons.emplace_back(
        "action_on_failure fudge: the entry keeps its time, no entry with these labels had one "
        "before");
  }
}

}  // namespace tailrace::pipeline
