// Traces read back from their JSON, for the commands that ask a daemon.
#pragma once

#include <string_view>

#include "base/result.h"
#include "debugger/entry_trace.h"

namespace tailrace::debugger {

// What trace_json() wrote with TraceDetail::kStages is what it was, but for text that is not UTF-8,
// the raw lines it was made of and Change::time. With kEntry `before` is as the entry is shown, and
// there is no step but one for the reason why it was dropped.
// Errors: kInvalid when it is none of these.
Result<EntryTrace> parse_trace(std::string_view json);

}  // namespace tailrace::debugger
