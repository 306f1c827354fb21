// The extracted values as the data of a template.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/entry.h"
#include "pipeline/go_template/template.h"
#include "pipeline/stage_build.h"

namespace tailrace::pipeline {

class StageContext;

// What a template reads of the extracted values, found out when the stage is built, so that only
// templates that use the data as a whole pay for all of it.
class TemplateValues {
 public:
  TemplateValues() = default;
  TemplateValues(const go_template::Template& text, Names& names);

  // Every value that has a text form, as text. `value` and `entry` stand for themselves.
  go_template::Map& make(const Entry& entry, StageContext& context,
                         std::optional<std::string_view> value,
                         std::optional<std::string_view> line) const;

 private:
  struct Name {
    std::string name;
    ExtractedSlot slot = 0;
  };

  std::vector<Name> names_;  // Sorted.
  bool everything_ = false;
};

// What a template may ask of the worker it runs on.
go_template::Surroundings surroundings_of(const StageBuild& build);

// The first pass: notes what a template reads. One that does not parse reads nothing.
void note_template_reads(std::string_view text, const go_template::Surroundings& surroundings,
                         Names& names);

}  // namespace tailrace::pipeline
