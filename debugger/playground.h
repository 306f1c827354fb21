// The playground of the live page: stages and lines as JSON in, what each stage did as JSON out.
#pragma once

#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "config/config.h"

namespace tailrace::debugger {

// What one request may cost.
inline constexpr std::size_t kPlayLinesMax = 500;
inline constexpr std::size_t kPlayBytesMax = 256U << 10U;  // Of stages, lines and labels.
inline constexpr std::size_t kPlayStagesMax = 100;         // Those of aliases and nested ones, too.
inline constexpr std::size_t kPlayTemplatesMax = 20;       // Each may make 16 MiB of text.
inline constexpr std::size_t kPlayTextBytesMax = 16U << 10U;   // Of a text in a trace.
inline constexpr std::size_t kPlayTraceBytesMax = 16U << 20U;  // Of all traces.
// Pages and /ready wait as long: they have the same thread.
inline constexpr std::chrono::milliseconds kPlayTimeMax{500};

struct PlayWorld {
  const Clock& clock;
  // geoip databases that stages may open: those of the running configuration.
  std::set<std::string> databases;
};

struct PlayAnswer {
  int status = 200;
  std::string json;
};

// `request`: {"stages": "YAML", "lines": ["..."], "labels": {"job": "x"}}. The answer:
//
//   {"diagnostics": [{"severity", "line", "column", "message"}], "traces": [...], "summary": {...},
//    "stopped": "why not all lines ran, if so"}
//
// Without traces when the stages cannot be built. Templates see no environment variable.
// Errors: status 400 with {"error": "..."} for a request that is none.
//
// Threading: any.
PlayAnswer play(std::string_view request, const PlayWorld& world);

// [{"job": "x", "labels": {...}, "stages": "YAML"}] of the jobs of a configuration, without
// secrets.
std::string jobs_json(const config::Config& config);

// Databases of all geoip stages.
std::set<std::string> databases_of(const config::Config& config);

}  // namespace tailrace::debugger
