// Fuzzes templates: parsing and executing end within their limits.
// libraries: tailrace_pipeline_go_template
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/arena.h"
#include "base/clock.h"
#include "pipeline/go_template/template.h"

namespace tailrace::go_template_fuzz {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tailrace::pipeline::go_template;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const tailrace::SystemClock clock;
  const auto parsed = Template::create(text, {.clock = clock, .environment = {}});
  if (!parsed) return 0;
  tailrace::Arena arena(64U << 10U);
  Map& values = *make_map(arena, 4);
  put(values, "Value", Value::of_text("a value, 12"), arena);
  put(values, "n", Value::of_text("7"), arena);
  const auto result = (*parsed)->execute(values, arena);
  if (result && result->size() > 2 * kTextBytesMax) std::abort();
  return 0;
}

}  // namespace tailrace::go_template_fuzz
