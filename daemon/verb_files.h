// What verbs read: configurations, and files of lines.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/text_output.h"
#include "config/config.h"
#include "config/scrape_config.h"
#include "config/stage_config.h"

namespace tailrace::daemon {

using Environment = std::function<std::optional<std::string>(std::string_view)>;

enum class ExpandEnv { kNo, kYes };

// Where a verb writes.
struct VerbOutput {
  const TextOutput& output;  // What was asked for.
  const TextOutput& errors;  // Why there is nothing.
};

struct VerbConfig {
  config::Config config;
  std::string warnings;  // Ready to be shown.
};

// Errors: kInvalid; the message is ready to be shown, with the place of each fault.
Result<std::string> read_whole_file(const std::string& path);

// A configuration whose jobs run without their input: it needs no client and no file that exists.
Result<VerbConfig> load_verb_config(const std::string& path, ExpandEnv expand_env,
                                    const Environment& environment);

// Stages as they stand below `pipeline_stages`, given on the command line.
Result<std::vector<config::StageConfig>> load_verb_stages(const std::string& yaml);

// The lines of a file, or of standard input for "-", as they come; a last one without an end
// counts.
Status for_each_line(const std::string& path, const std::function<void(std::string_view)>& take);
Result<std::vector<std::string>> read_lines(const std::string& path);

// -labels: "a=b,c=d".
Result<config::LabelMap> parse_verb_labels(std::string_view text);

// -time: RFC 3339; empty: now.
Result<WallTime> parse_verb_time(const std::string& text, const Clock& clock);

}  // namespace tailrace::daemon
