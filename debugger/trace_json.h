// Traces as JSON: for scripts, the tap and the live page.
#pragma once

#include <string>
#include <string_view>

#include "debugger/entry_trace.h"
#include "pipeline/stage.h"

namespace tailrace::debugger {

enum class TraceDetail {
  kEntry,   // What the entry is in the end.
  kStages,  // And what it was, and what each stage did.
};

// One object, without line ends, in the form of docs/formats/trace.md:
//
//   {"fate":"sent","drop_reason":"...","job":"app","timestamp":"2026-01-02T03:04:05Z",
//    "timestamp_ns":"1767323045000000000",
//    "labels":{...},"line":"...","structured_metadata":[["name","value"]],"tenant":"t",
//    "before":{...},"stages":[{"number":0,"name":"regex","depth":0,"verdict":"keep","changes":[...],
//    "source":"line","text":"...","groups":[{"name":"level","begin":0,"end":4,"value":"info"}],
//    "metrics":[...],"reasons":[...],"spent_ns":1200}]}
//
// Text that is not UTF-8 has U+FFFD in its place. An entry that was dropped or held is shown as it
// was before its last stage.
std::string trace_json(const EntryTrace& trace, TraceDetail detail);

// "keep", "drop", "hold", "skip".
std::string_view verdict_name(pipeline::Verdict verdict);
// "sent", "dropped", "held", "context".
std::string_view fate_name(EntryTrace::Fate fate);

}  // namespace tailrace::debugger
