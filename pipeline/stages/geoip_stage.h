// `geoip`: what a MaxMind database says of an address becomes labels.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/stage_config.h"
#include "pipeline/mmdb/database.h"
#include "pipeline/stage.h"
#include "pipeline/stage_build.h"

namespace tailrace::pipeline {

// The database is mapped into memory when the pipeline is built; a reload opens it anew.
class GeoIpStage final : public Stage {
 public:
  enum class Kind { kCity, kAsn, kUnknown };

  // A label and where its value is in a record; the names of the path, arrays by their last item.
  struct Field {
    LabelSlot label = 0;
    std::vector<std::string> path;
  };

  explicit GeoIpStage(std::unique_ptr<mmdb::Database> database) : database_(std::move(database)) {}

  static Result<std::unique_ptr<Stage>> create(const config::GeoIpStageConfig& config,
                                               StageBuild& build);

  std::string_view name() const override { return "geoip"; }
  Verdict run(Entry& entry, StageContext& context) override;
  void explain(const Entry& entry, StageContext& context, Explanation& explanation) override;

 private:
  const std::unique_ptr<mmdb::Database> database_;
  Kind kind_ = Kind::kUnknown;
  std::optional<ExtractedSlot> source_;
  std::vector<Field> fields_;
  Field latitude_;
  Field longitude_;
};

}  // namespace tailrace::pipeline
