// `limit`: lets so many entries per second pass.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/stage_config.h"
#include "model/label_set.h"
#include "pipeline/rate_limit.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"

namespace tailrace::pipeline {

// Without `drop` the job waits until there is a token for its next line, as Promtail's readers do.
// Entries that ran before a restart have had their token and pass.
class LimitStage final : public Stage {
 public:
  LimitStage(const config::LimitStageConfig& config, RateLimit& shared)
      : config_(config), shared_(shared) {}

  static Result<std::unique_ptr<Stage>> create(const config::LimitStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "limit"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;
  void publish(JobState& job) override;

 private:
  // The bucket of a label set, as long as its serial and the generation are the same.
  struct Known {
    std::uint64_t serial = 0;
    std::uint64_t generation = 0;
    // Shared with other workers. Null: the label set has no such label.
    std::shared_ptr<TokenBucket> bucket;
    std::string value;
    std::uint64_t dropped = 0;  // Since the last publish().
  };

  Known& known(const LabelSet& labels, StageContext& context);

  const config::LimitStageConfig config_;
  RateLimit& shared_;
  LabelSlot label_ = 0;
  std::vector<Known> known_;               // By LabelSet::index().
  std::vector<std::uint32_t> with_drops_;  // Indices into known_.
  std::uint64_t dropped_ = 0;              // Since the last publish().
};

}  // namespace tailrace::pipeline
