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

enum class EntryText {
  kBare,        // Nothing of what was dropped or held.
  kWithStages,  // The line as it came in, what each stage did, and what became of it.
};

// The entry as a dry run prints it (shippers/print_shipper.h), and before it, if wanted, its way.
std::string entry_text(const EntryTrace& trace, EntryText detail, TextOutput::Colours colours);

// The same in one line, also of an entry that is not sent; behind that stands what became of it:
// "\t[dropped, counted as too_old]".
std::string fate_text(const EntryTrace& trace, TextOutput::Colours colours);

}  // namespace tailrace::debugger
