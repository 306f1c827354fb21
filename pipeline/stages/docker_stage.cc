// `docker`: takes the lines of Docker's json-file log driver apart.
#include "pipeline/stages/docker_stage.h"

#include <array>
#include <utility>

#include "pipeline/explanation.h"
#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {

Result<std::unique_ptr<Stage>> DockerStage::create(const config::DockerStageConfig& /*config*/,
                                                   StageBuild& build) {
  auto json = JsonExtractor::create({"log", "stream", "time"});
  if (!json.has_value()) return fail(json.error());
  auto stream_and_time = StreamAndTime::create("timestamp", build.names);
  if (!stream_and_time.has_value()) return fail(stream_and_time.error());
  auto stage = std::make_unique<DockerStage>();
  stage->json_ = std::move(*json);
  stage->stream_and_time_ = std::move(*stream_and_time);
  stage->output_ = build.names.extracted("output");
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict DockerStage::run(Entry& entry, StageContext& context) {
  context.copy_labels_to_extracted();
  std::array<Value, 3> values;
  if (json_->extract(entry.line, values, context.arena()) == JsonExtractor::Outcome::kOk) {
    entry.extracted[output_] = values[0];
    entry.extracted[stream_and_time_->stream_slot()] = values[1];
    entry.extracted[stream_and_time_->time_slot()] = values[2];
  }
  stream_and_time_->apply(entry, context);
  entry.line = text_of(entry.extracted[output_], context.arena()).value_or(entry.line);
  return Verdict::kKeep;
}

void DockerStage::explain(const Entry& entry, StageContext& context, Explanation& explanation) {
  std::array<Value, 3> values;
  if (json_->extract(entry.line, values, context.arena()) != JsonExtractor::Outcome::kOk) {
    explanation.reasons.push_back("not a line of Docker's: " +
                                  json_->trouble(entry.line, context.arena()));
    stream_and_time_->explain_time({}, context, explanation);
    return;
  }
  constexpr std::array<std::string_view, 3> kFields = {"log", "stream", "time"};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].kind == Value::Kind::kNil) {
      explanation.reasons.push_back("there is no " + in_quotes(kFields[i]) + " in the line");
    }
  }
  stream_and_time_->explain_time(values[2], context, explanation);
}

}  // namespace tailrace::pipeline
