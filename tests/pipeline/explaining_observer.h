// Asks every stage to explain itself, as the debugger does.
#pragma once

#include <string>
#include <vector>

#include "pipeline/explanation.h"
#include "pipeline/stage_observer.h"

namespace tailrace::pipeline::testing {

class ExplainingObserver final : public StageObserver {
 public:
  // `times`: how often each stage is asked about each entry.
  explicit ExplainingObserver(int times = 1) : times_(times) {}

  Interest begin(const Entry& /*entry*/, const LabelSet& /*labels*/, std::size_t /*first_stage*/,
                 const StageContext& /*context*/) override {
    return Interest::kWatch;
  }
  void before(std::size_t /*number*/, Stage& stage, const Entry& entry,
              StageContext& context) override {
    for (int i = 0; i < times_; ++i) {
      last_ = {};
      stage.explain(entry, context, last_);
    }
  }
  void after(std::size_t /*number*/, Stage& /*stage*/, const Entry& /*entry*/,
             StageContext& /*context*/, Verdict /*verdict*/) override {}
  void end(const Entry& /*entry*/, const LabelSet* /*labels*/) override {}

  const Explanation& last() const { return last_; }

  // What the stage that was asked last said: its reasons, "group: source[begin,end)",
  // "metric action value", "counted as reason".
  std::vector<std::string> said() const {
    std::vector<std::string> said = last_.reasons;
    for (const Explanation::Group& group : last_.groups) {
      said.push_back(group.name + ": " + last_.source + "[" + std::to_string(group.begin) + "," +
                     std::to_string(group.end) + ")");
    }
    for (const Explanation::MetricUpdate& update : last_.updates) {
      said.push_back(update.metric + " " + update.action + " " +
                     std::to_string(static_cast<int>(update.value)));
    }
    if (!last_.drop_reason.empty()) said.push_back("counted as " + last_.drop_reason);
    return said;
  }

 private:
  const int times_;
  Explanation last_;
};

}  // namespace tailrace::pipeline::testing
