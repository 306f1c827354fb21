// Which entries somebody wants to see: a selector, asked before an entry runs and when it has
// ended.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/label_set.h"
#include "pipeline/stage_context.h"

namespace tailrace::pipeline {

// A label that the target has is compared as the target has it, so that most entries can be left
// out before anything is recorded. Labels that only stages set, and the line, are looked at when
// the entry has ended.
//
// Threading: confined to one worker.
class Selection {
 public:
  // `{job="x", level=~"w.*"} |= "text"` (docs/formats/selector.md); empty, or `{}`: everything.
  // Errors: kInvalid, with the column where there is one.
  static Result<std::unique_ptr<Selection>> create(std::string_view selector);
  ~Selection();
  Selection(const Selection&) = delete;
  Selection& operator=(const Selection&) = delete;

  enum class Answer {
    kNo,
    kYes,
    kLater,  // ends() has something to look at.
  };
  // What the labels that an entry begins with say. `context`: of its pipeline.
  Answer begins(const LabelSet& labels, const StageContext& context);

  // Pipelines may have gone: what was learnt of them is not used again.
  void forget() { last_serial_ = 0; }

  using Labels = std::map<std::string, std::string>;
  // `first`: what the entry began with; `labels` and `line`: what it has in the end.
  bool ends(const Labels& first, const Labels& labels, std::string_view line);

  // When `labels` are meant: the first line filter that does not mean `line`, as a selector writes
  // it (|= "text").
  std::optional<std::string> failing_filter(const Labels& labels, std::string_view line) const;

  struct Tests;
  // For create() only.
  explicit Selection(std::unique_ptr<Tests> tests);

 private:
  Answer ask(const LabelSet& labels, const StageContext& context);

  const std::unique_ptr<Tests> tests_;
  // The last answer of begins(): lines of one source come together.
  std::uint64_t last_serial_ = 0;
  const StageContext* last_context_ = nullptr;
  Answer last_answer_ = Answer::kNo;
};

}  // namespace tailrace::pipeline
