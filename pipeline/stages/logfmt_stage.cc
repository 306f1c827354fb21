// `logfmt`: values of `key=value` texts become extracted values.
#include "pipeline/stages/logfmt_stage.h"

#include <utility>

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

}  // namespace tailrace::pipeline
