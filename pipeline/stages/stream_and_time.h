// What `docker` and `cri` do alike: the label `stream` and the time of a container's line.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "pipeline/go_time/layout.h"
#include "pipeline/names.h"
#include "pipeline/stage.h"
#include "pipeline/stages/last_times.h"

namespace tailrace::pipeline {

// Stands for the `labels` and `timestamp` stages of Promtail's nested pipelines
// (docs/compatibility.md, docker).
class StreamAndTime {
 public:
  // `time_name`: the extracted value that holds the time.
  static Result<std::unique_ptr<StreamAndTime>> create(std::string_view time_name, Names& names);

  ExtractedSlot stream_slot() const { return stream_; }
  ExtractedSlot time_slot() const { return time_; }

  // Sets label and time from the extracted values. A time that is missing or cannot be read is
  // fudged from the last one of the label set.
  void apply(Entry& entry, StageContext& context);
  // Says so where `time` cannot be read.
  void explain_time(const Value& time, StageContext& context, Explanation& explanation) const;

 private:
  std::unique_ptr<TimeParser> time_parser_;
  ExtractedSlot stream_ = 0;
  ExtractedSlot time_ = 0;
  LabelSlot stream_label_ = 0;
  LastTimes last_times_;
};

}  // namespace tailrace::pipeline
