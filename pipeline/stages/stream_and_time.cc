// What `docker` and `cri` do alike: the label `stream` and the time of a container's line.
#include "pipeline/stages/stream_and_time.h"

#include <optional>
#include <utility>

#include "pipeline/explanation.h"
#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {

Result<std::unique_ptr<StreamAndTime>> StreamAndTime::create(std::string_view time_name,
                                                             Names& names) {
  auto time_parser = TimeParser::create("RFC3339Nano", std::nullopt);
  if (!time_parser.has_value()) return fail(time_parser.error());
  auto result = std::make_unique<StreamAndTime>();
  result->time_parser_ = std::move(*time_parser);
  result->stream_ = names.extracted("stream");
  result->time_ = names.extracted(time_name);
  result->stream_label_ = names.label("stream");
  return result;
}

void StreamAndTime::apply(Entry& entry, StageContext& context) {
  const auto stream = text_of(entry.extracted[stream_], context.arena());
  if (stream.has_value() && is_valid_utf8(*stream)) context.set_label(stream_label_, *stream);

  const auto text = text_of(entry.extracted[time_], context.arena());
  std::optional<Timestamp> time;
  if (text.has_value()) time = time_parser_->parse(*text, context.received_ns());
  entry.time = last_times_.settle(context.label_set(), time).value_or(entry.time);
}

void StreamAndTime::explain_time(const Value& time, StageContext& context,
                                 Explanation& explanation) const {
  const auto text = text_of(time, context.arena());
  if (text.has_value()) {
    if (time_parser_->parse(*text, context.received_ns()).has_value()) return;
    explanation.reasons.push_back(in_quotes(*text) + " does not fit \"RFC3339Nano\"");
  }
  explanation.reasons.emplace_back(
      "no time: 1 ns after the last time of a line with the same labels, if there was one");
}

}  // namespace tailrace::pipeline
