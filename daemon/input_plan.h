// An input that is to run: what it is, where it goes on, and how it is made on its worker.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "http/transport.h"
#include "model/input.h"
#include "model/label_set.h"
#include "model/resume_point.h"

namespace tailrace::daemon {

// What inputs work with on their worker. All of it outlives them.
struct InputWorld {
  const Clock& clock;
  FileSystem& file_system;
  Log& log;
  Metrics& metrics;
  EventLoop& loop;             // The worker's: watch() what should wake it.
  http::Transport& transport;  // On that loop; shared by the worker's inputs.
  LabelSetTable& label_sets;
  // The line limit (ARCHITECTURE.md, Limits).
  std::uint32_t line_bytes_max = 1U << 20U;
};

// Where an input goes on.
struct InputStart {
  SourceId id = 0;
  // Of the last cut, or of the input that this one replaces; nothing: it has never run.
  std::optional<ResumePoint> resume;
  // What positions.yaml says where it is not what we wrote: Promtail's, or a person's. It wins.
  std::optional<std::string> stored_cursor;
};

using MakeInput =
    std::function<Result<std::unique_ptr<Input>>(const InputWorld& world, InputStart start)>;

// An input that the configuration, or discovery, wants.
struct InputPlan {
  std::string job;
  SourceKind kind = SourceKind::kOther;
  // Unique in the program, the same over restarts: ResumePoint::path. What Promtail keeps a cursor
  // for has its key ("cursor-<job>"), the others "<what>/<job>/<number>".
  std::string name;
  // What people see on /targets: "syslog", and its labels.
  std::string type;
  std::map<std::string, std::string> labels;
  // Everything that make() depends on, in any form: an input whose definition is equal runs on over
  // a reload.
  std::string definition;
  // Called on the worker, again with Backoff while it fails.
  MakeInput make;
};

}  // namespace tailrace::daemon
