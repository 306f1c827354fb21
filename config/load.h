// From the text of a configuration file to a valid Config, or to everything that is wrong with it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/expand_env.h"
#include "config/overrides.h"
#include "config/report.h"
#include "config/source_location.h"
#include "config/stage_config.h"
#include "config/yaml_document.h"

namespace tailrace::config {

struct LoadResult {
  std::optional<Config> config;  // Set when no diagnostic is an error.
  std::vector<Diagnostic> diagnostics;
  // What could be read in spite of errors; only for finding more of them. What an error is about
  // has a value of no meaning here.
  std::optional<Config> despite_errors = {};
};

// Parses, applies the flags and validates. All errors are collected, not only the first.
//
// What only building can see is not checked here: regular expressions, JMESPath, time layouts,
// zones, encodings, files.
LoadResult load_text(std::string_view text, std::string_view file_name, const Overrides& overrides);

// The same with -config.expand-env: `text` is as on disk, and so are the positions.
LoadResult load_text_expanding(std::string_view text, std::string_view file_name,
                               const Overrides& overrides, const EnvLookup& lookup);

// The stages of a list that stands elsewhere: in a test of a pipeline, on the command line. `path`
// and what is wrong go to `report`.
std::vector<StageConfig> load_stages(const YamlNode& list, const std::string& path, Report& report);

// One paragraph per diagnostic: `file:line:column: [warning: ]path: message`, the source line and a
// caret below its column. `text` is the file as on disk. Values of keys that hold secrets, and
// passwords in URLs, are shown as ***.
std::string format_diagnostics(std::span<const Diagnostic> diagnostics, std::string_view file_name,
                               std::string_view text);

}  // namespace tailrace::config
