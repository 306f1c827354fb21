// `metrics`: entries update counters, gauges and histograms.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/stage_config.h"
#include "model/label_set.h"
#include "pipeline/job_state.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"

namespace tailrace::pipeline {

// Counts in plain numbers per label set and adds them to the job's families in publish(). Entries
// that ran before a restart or reload pass uncounted.
class MetricsStage final : public Stage {
 public:
  static Result<std::unique_ptr<Stage>> create(const config::MetricsStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "metrics"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;
  void publish(JobState& job) override;

 private:
  // What happened to the series of one label set since the last publish().
  struct Series {
    std::uint64_t serial = 0;  // Of the label set; 0: none yet.
    const LabelSet* labels = nullptr;
    SeriesHandle handle;
    bool has_le = false;  // A histogram cannot have a label of that name.
    bool changed = false;
    bool replaces = false;
    double amount = 0;   // Since the last publish().
    double reached = 0;  // The same on top of what was there then.
    std::vector<std::uint64_t> bucket_counts;
  };
  struct Metric {
    config::MetricConfig config;
    MetricFamilyId family = 0;
    ExtractedSlot source = 0;
    std::vector<Series> series;          // By LabelSet::index().
    std::vector<std::uint32_t> changed;  // Indices into series.
    std::uint64_t negative_adds = 0;     // Promtail dies of these two.
    std::uint64_t le_labels = 0;
  };

  static std::optional<double> operand(const Metric& metric, const Entry& entry,
                                       StageContext& context);
  // Where operand() gives nothing.
  static std::string why_no_operand(const Metric& metric, const Entry& entry,
                                    StageContext& context);
  static Series& series_of(Metric& metric, const LabelSet& labels);
  static void apply(Metric& metric, Series& series, double operand);

  std::vector<Metric> metrics_;
  std::vector<SeriesUpdate> updates_;
};

}  // namespace tailrace::pipeline
