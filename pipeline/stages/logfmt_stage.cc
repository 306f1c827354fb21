// `logfmt`: values of `key=value` texts become extracted values.
#include "pipeline/stages/logfmt_stage.h"

#include <algorithm>
#include <utility>

#include "pipeline/explanation.h"
#include "pipeline/logfmt/scanner.h"
#include "pipeline/stage_context.h"
#include "pipeline/stages/source_text.h"

namespace tailrace::pipeline {

Result<std::unique_ptr<Stage>> LogfmtStage::create(const config::LogfmtStageConfig& config,
                                                   StageBuild& build) {
  auto stage = std::make_unique<LogfmtStage>();
  stage->source_ = source_slot(config.source, build.names);
  for (const auto& [name, key] : config.mapping) {
    if (!build.names.is_read(name)) continue;
    stage->wanted_.push_back({.key = key, .target = build.names.extracted(name)});
  }
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict LogfmtStage::run(Entry& entry, StageContext& context) {
  if (wanted_.empty()) return Verdict::kKeep;
  const std::optional<std::string_view> text = source_text(source_, entry, context);
  if (!text.has_value()) return Verdict::kKeep;
  logfmt::Scanner scanner(*text, context.arena());
  std::string_view key;
  std::string_view value;
  while (scanner.next(key, value) == logfmt::Scanner::Outcome::kPair) {
    for (const Wanted& wanted : wanted_) {
      if (wanted.key == key) entry.extracted[wanted.target] = Value::of(value);
    }
  }
  return Verdict::kKeep;
}

void LogfmtStage::explain(const Entry& entry, StageContext& context, Explanation& explanation) {
  if (wanted_.empty()) explanation.reasons.emplace_back("no stage uses any of its values");
  const auto text = source_or_reason(source_, entry, context, explanation);
  if (!text.has_value()) return;
  logfmt::Scanner scanner(*text, context.arena());
  std::vector<std::string_view> keys;
  std::string_view key;
  std::string_view value;
  auto outcome = scanner.next(key, value);
  for (; outcome == logfmt::Scanner::Outcome::kPair; outcome = scanner.next(key, value))
    keys.push_back(key);
  if (outcome == logfmt::Scanner::Outcome::kMalformed) {
    explanation.reasons.push_back(keys.empty()
                                      ? "malformed from the first pair on: " + in_quotes(*text)
                                      : "malformed behind the pair of " + in_quotes(keys.back()));
  }
  for (const Wanted& wanted : wanted_) {
    if (std::find(keys.begin(), keys.end(), wanted.key) == keys.end()) {
      explanation.reasons.push_back("there is no pair of " + in_quotes(wanted.key));
    }
  }
}

}  // namespace tailrace::pipeline
