// `docker`: takes the lines of Docker's json-file log driver apart.
#include "pipeline/stages/docker_stage.h"

#include <array>
#include <optional>
#include <utility>

#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {

Result<std::unique_ptr<Stage>> DockerStage::create(const config::DockerStageConfig& /*config*/,
                                                   StageBuild& build) {
  auto json = JsonExtractor::create({"log", "stream", "time"});
  if (!json.has_value()) return fail(json.error());
  auto time_parser = TimeParser::create("RFC3339Nano", std::nullopt);
  if (!time_parser.has_value()) return fail(time_parser.error());
  auto stage = std::make_unique<DockerStage>();
  stage->json_ = std::move(*json);
  stage->time_parser_ = std::move(*time_parser);
  stage->output_ = build.names.extracted("output");
  stage->stream_ = build.names.extracted("stream");
  stage->timestamp_ = build.names.extracted("timestamp");
  stage->stream_label_ = build.names.label("stream");
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict DockerStage::run(Entry& entry, StageContext& context) {
  context.copy_labels_to_extracted();
  std::array<Value, 3> values;
  if (json_->extract(entry.line, values, context.arena()) == JsonExtractor::Outcome::kOk) {
    entry.extracted[output_] = values[0];
    entry.extracted[stream_] = values[1];
    entry.extracted[timestamp_] = values[2];
  }
  const auto text = [&](ExtractedSlot slot) {
    return text_of(entry.extracted[slot], context.arena());
  };
  const auto stream = text(stream_);
  if (stream.has_value() && is_valid_utf8(*stream)) context.set_label(stream_label_, *stream);

  const auto time_text = text(timestamp_);
  std::optional<std::int64_t> time;
  if (time_text.has_value()) time = time_parser_->parse(*time_text, context.received_ns());
  if (time.has_value()) {
    last_times_.set(context.label_set(), *time);
  } else {
    time = last_times_.next(context.label_set());
  }
  entry.time_ns = time.value_or(entry.time_ns);
  entry.line = text(output_).value_or(entry.line);
  return Verdict::kKeep;
}

}  // namespace tailrace::pipeline
