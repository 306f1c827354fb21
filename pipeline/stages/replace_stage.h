// `replace`: what the groups of a regular expression match is replaced by what a template says.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/go_template/template.h"
#include "pipeline/matching/regex_scanner.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"
#include "pipeline/stages/template_values.h"

namespace tailrace::pipeline {

class ReplaceStage final : public Stage {
 public:
  static Result<std::unique_ptr<Stage>> create(const config::ReplaceStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "replace"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;

 private:
  // A named group that somebody reads, and what it gets of the line at hand.
  struct Named {
    std::size_t group = 0;
    ExtractedSlot target = 0;
    bool took_part = false;
    std::string_view replacement;
  };

  // The text with its groups replaced, in result_; false: the template failed.
  bool replace(std::string_view text, const Entry& entry, StageContext& context);
  bool replace_group(std::size_t group, std::string_view text, const Entry& entry,
                     StageContext& context);
  void extract(Entry& entry) const;

  std::unique_ptr<RegexScanner> scanner_;
  std::unique_ptr<go_template::Template> template_;  // Null: it does not parse.
  TemplateValues data_;
  std::optional<ExtractedSlot> source_;
  std::vector<Named> named_;

  // Of the line at hand.
  std::string result_;
  std::size_t copied_ = 0;  // Of the text.
  bool is_first_match_ = false;
  std::optional<std::string_view> of_empty_;  // What an empty capture was replaced by.
};

}  // namespace tailrace::pipeline
