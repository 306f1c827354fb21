// Fuzzes the parser of match selectors: what it takes has a name and a text for each matcher.
// libraries: tailrace_pipeline_logql
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pipeline/logql/selector.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto selector = tailrace::pipeline::logql::parse_selector(text);
  if (!selector) return 0;
  if (selector->matchers.empty()) std::abort();
  for (const auto& matcher : selector->matchers) {
    if (matcher.name.empty()) std::abort();
  }
  return 0;
}
