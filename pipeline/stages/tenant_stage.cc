// `tenant`: sets the tenant that an entry is sent for.
#include "pipeline/stages/tenant_stage.h"

#include <utility>

#include <fmt/format.h>

#include "pipeline/explanation.h"
#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {

Result<std::unique_ptr<Stage>> TenantStage::create(const config::TenantStageConfig& config,
                                                   StageBuild& build) {
  auto stage = std::make_unique<TenantStage>();
  // The shipper takes the label off and makes the header of it.
  stage->tenant_ = build.names.label("__tenant_id__");
  if (config.source.has_value()) stage->source_ = build.names.extracted(*config.source);
  if (config.label.has_value()) stage->label_ = build.names.label(*config.label);
  stage->value_ = config.value.value_or("");
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict TenantStage::run(Entry& entry, StageContext& context) {
  std::string_view tenant = value_;
  if (source_.has_value()) {
    tenant = text_of(entry.extracted[*source_], context.arena()).value_or("");
  } else if (label_.has_value()) {
    const std::string_view* const value = context.label(*label_);
    if (value != nullptr) tenant = *value;
  }
  if (!tenant.empty()) context.set_label(tenant_, tenant);
  return Verdict::kKeep;
}

void TenantStage::explain(const Entry& entry, StageContext& context, Explanation& explanation) {
  if (source_.has_value()) {
    const auto text = source_or_reason(source_, entry, context, explanation);
    if (text.has_value() && text->empty()) {
      explanation.reasons.push_back(
          fmt::format("the value \"{}\" is empty", context.names().extracted_names()[*source_]));
    }
  } else if (label_.has_value()) {
    const std::string_view* const value = context.label(*label_);
    if (value != nullptr && !value->empty()) return;
    const std::string& name = context.names().label_names()[*label_];
    explanation.reasons.push_back(value == nullptr ? "there is no label \"" + name + "\""
                                                   : "the label \"" + name + "\" is empty");
  }
}

}  // namespace tailrace::pipeline
