// `pack`: puts labels into the line, as JSON.
#include "pipeline/stages/pack_stage.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "pipeline/explanation.h"
#include "pipeline/json/json_text.h"
#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {
namespace {

constexpr std::string_view kEntryKey = "\"_entry\":";  // docs/compatibility.md, pack.

}  // namespace

Result<std::unique_ptr<Stage>> PackStage::create(const config::PackStageConfig& config,
                                                 StageBuild& build) {
  auto stage = std::make_unique<PackStage>();
  std::vector<std::string> names = config.labels;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const std::string& name : names) {
    stage->packed_.push_back(
        {.name = name, .source = build.names.extracted(name), .label = build.names.label(name)});
  }
  stage->stamps_ = config.ingest_timestamp;
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict PackStage::run(Entry& entry, StageContext& context) {
  text_ = '{';
  for (const Packed& packed : packed_) {
    const std::optional<std::string_view> value =
        text_of(entry.extracted[packed.source], context.arena());
    if (!value.has_value()) continue;
    json::append_valid_string(text_, packed.name);
    text_ += ':';
    json::append_valid_string(text_, *value);
    text_ += ',';
    if (context.label(packed.label) != nullptr) context.remove_label(packed.label);
  }
  text_ += kEntryKey;
  json::append_valid_string(text_, entry.line);
  text_ += '}';
  entry.line = context.arena().copy(text_);
  // What ran before a restart keeps the time at which it was read.
  if (stamps_) {
    const bool is_fresh = entry.role == EntryRole::kFresh;
    entry.time = Timestamp::of_ns(is_fresh ? context.wall_now_ns() : context.received_ns());
  }
  return Verdict::kKeep;
}

void PackStage::explain(const Entry& entry, StageContext& context, Explanation& explanation) {
  for (const Packed& packed : packed_) {
    if (text_of(entry.extracted[packed.source], context.arena()).has_value()) continue;
    explanation.reasons.push_back(fmt::format("\"{}\" is not packed: {}", packed.name,
                                              no_text(packed.source, entry, context)));
  }
  if (stamps_) {
    explanation.reasons.emplace_back("ingest_timestamp: the entry gets the time of packing");
  }
}

}  // namespace tailrace::pipeline
