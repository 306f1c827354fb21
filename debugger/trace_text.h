// Traces as text, in the form of Promtail's -inspect.
#pragma once

#include <string>

#include "base/text_output.h"
#include "debugger/entry_trace.h"

namespace tailrace::debugger {

// One block per stage (docs/compatibility.md, dry run and inspect), and beyond Promtail's form what
// the stage says about itself, what it counted, and what became of the entry:
//
//   [inspect: regex stage]:
//   matched in line:
//   	info started
//   	^^^^ level
//   {stages.Entry}.Extracted["level"]:
//   	+: info
//
// Nested stages and stages that hold entries are reported as well. A stage that changed nothing
// prints "none".
std::string inspect_text(const EntryTrace& trace, TextOutput::Colours colours);

// As a dry run prints an entry: "<time>\t<labels>\t<line>"; behind one that is not sent stands why,
// as in "\t[dropped, counted as too_old]". With a line end.
std::string entry_text(const EntryTrace& trace, TextOutput::Colours colours);

// The line as it came in, what each stage did, and what became of it.
std::string trace_text(const EntryTrace& trace, TextOutput::Colours colours);

}  // namespace tailrace::debugger
