// `match`: runs stages on the entries that a selector selects, or drops them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/logql/selector.h"
#include "pipeline/matching/regex_matcher.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"

namespace tailrace::pipeline {

class MatchStage final : public Stage {
 public:
  static Result<std::unique_ptr<Stage>> create(const config::MatchStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "match"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;
  std::size_t nested_stages() const override { return nested_stages_; }
  void publish(JobState& job) override;

  // The stages nested in this one follow it in the pipeline; an entry that is not selected skips
  // them.
  void set_nested_stages(std::size_t count) { nested_stages_ = count; }

 private:
  struct LabelTest {
    LabelSlot label = 0;
    logql::LabelMatcher matcher;
    std::unique_ptr<RegexMatcher> regex;  // Null: the text is compared.
    // The last text that the expression was asked about, and the answer.
    std::string last_text;
    std::optional<bool> last_answer;
  };
  struct LineTest {
    logql::LineFilter filter;
    std::unique_ptr<RegexMatcher> regex;  // Null: the text is searched for.
  };

  bool selects(const Entry& entry, const StageContext& context);
  static bool label_holds(LabelTest& test, const StageContext& context);
  static bool line_holds(const LineTest& test, std::string_view line);

  std::vector<LabelTest> labels_;
  std::vector<LineTest> lines_;
  config::MatchStageConfig::Action action_ = config::MatchStageConfig::Action::kKeep;
  std::string drop_reason_;
  std::size_t nested_stages_ = 0;
  std::uint64_t dropped_ = 0;  // Since the last publish().
};

}  // namespace tailrace::pipeline
