// Lists of targets as others write them into files and serve them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/scrape_config.h"
#include "discovery/target.h"

namespace tailrace::discovery {

// `[{"targets": ["a:1"], "labels": {"k": "v"}}]`, in JSON or in YAML. Other keys, other types and
// labels with names that no label has are errors: half a list is worse than the last good one.
Result<std::vector<config::StaticTargetGroup>> parse_target_list_json(std::string_view text);
Result<std::vector<config::StaticTargetGroup>> parse_target_list_yaml(std::string_view text);

// One target for each entry of `targets` of each group. `found_by`: of the list; the number of the
// group is added. `extra`: a label that all of them get.
void append_targets(const std::vector<config::StaticTargetGroup>& groups,
                    const std::string& found_by, const LabelMap& extra,
                    std::vector<Target>& targets);

}  // namespace tailrace::discovery
