// `eventlogmessage`: takes the text of a Windows event apart.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"

namespace tailrace::pipeline {

class EventLogMessageStage final : public Stage {
 public:
  static Result<std::unique_ptr<Stage>> create(const config::EventLogMessageStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "eventlogmessage"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;

 private:
  // A key that some stage reads.
  struct Known {
    std::string name;
    ExtractedSlot slot = 0;
    std::optional<ExtractedSlot> extracted_slot;  // Of name + "_extracted".
  };

  // `seen`: the keys of the parts before.
  void explain_part(std::string_view part, const Entry& entry, StageContext& context,
                    std::set<std::string_view>& seen, std::vector<std::string>& reasons) const;
  void store(Entry& entry, std::string_view key, std::string_view value) const;

  bool drops_invalid_ = false;
  bool overwrites_ = false;
  ExtractedSlot source_ = 0;
  std::vector<Known> known_;
};

}  // namespace tailrace::pipeline
