// What tailrace tap reads: any bytes for a trace; what is read is shown, and shown again alike.
// libraries: tailrace_debugger
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "debugger/trace_json.h"
#include "debugger/trace_parse.h"
#include "debugger/trace_text.h"

namespace tailrace::trace_parse_fuzz {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tailrace;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto trace = debugger::parse_trace(text);
  if (!trace) return 0;
  const std::string shown = debugger::trace_text(*trace, TextOutput::Colours::kNone);
  const auto again =
      debugger::parse_trace(debugger::trace_json(*trace, debugger::TraceDetail::kStages));
  TAILRACE_CHECK(again.has_value());
  TAILRACE_CHECK(debugger::trace_text(*again, TextOutput::Colours::kNone) == shown);
  return 0;
}

}  // namespace tailrace::trace_parse_fuzz
