// The answers of /tailrace/api/v1/: taps, and the targets with their files (docs/formats/live.md).
#pragma once

#include <string>

#include "daemon/status.h"
#include "daemon/tap_hub.h"
#include "http/server.h"

namespace tailrace::daemon {

// GET tap: makes a tap or fetches what it has, as the query says (id, selector, rate, stages).
http::ServerResponse tap_answer(TapHub& taps, const http::ServerRequest& request);
// DELETE tap: `id` is not polled any more.
http::ServerResponse tap_end_answer(TapHub& taps, const http::ServerRequest& request);

// GET targets: jobs, their targets and files, and what troubles the workers. No secrets: URLs are
// masked as in logs.
std::string targets_json(const EngineStatus& engine, const WorkersStatus& workers);

}  // namespace tailrace::daemon
