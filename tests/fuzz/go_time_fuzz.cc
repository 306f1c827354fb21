// Fuzzes TimeParser: the first line is the layout, the second the text; and zone files and rules.
// libraries: tailrace_pipeline_go_time
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "pipeline/go_time/layout.h"
#include "pipeline/go_time/parts.h"
#include "pipeline/go_time/zone.h"

namespace tailrace::go_time_fuzz {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tailrace::pipeline;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto zone = go_time::Zone::parse(input)) {
    for (std::int64_t time = -9'000'000'000; time < 10'000'000'000; time += 1'000'000'007) {
      (void)zone->offset_at_wall_time(time);
      (void)zone->offset_of_name("EST", time);
    }
  }
  if (const auto rule = go_time::ZoneRule::parse(input)) {
    const auto span = rule->lookup(1'700'000'000);
    if (span.start > 1'700'000'000 || span.end <= 1'700'000'000) std::abort();
  }
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return 0;
  const std::string_view text = input.substr(end + 1);
  const go_time::ZoneFiles no_files{
      .read = [](const std::string& path) -> tailrace::Result<std::string> {
        return tailrace::fail(ENOENT, path);
      },
      .tz = std::nullopt};
  const auto parser = TimeParser::create(input.substr(0, end), std::nullopt, no_files);
  if (!parser) std::abort();
  (void)(*parser)->parse(text, 1'700'000'000'000'000'000);

  // What is read at once must be what is read step by step.
  go_time::Layout layout(input.substr(0, end));
  const auto at_once = go_time::read_parts(layout, text);
  layout.fixed = go_time::FixedPrefix();
  const auto by_steps = go_time::read_parts(layout, text);
  if (at_once.has_value() != by_steps.has_value()) std::abort();
  if (!at_once) return 0;
  if (at_once->year != by_steps->year || at_once->month != by_steps->month ||
      at_once->day != by_steps->day || at_once->hour != by_steps->hour ||
      at_once->minute != by_steps->minute || at_once->second != by_steps->second ||
      at_once->nanosecond != by_steps->nanosecond || at_once->offset != by_steps->offset) {
    std::abort();
  }
  return 0;
}

}  // namespace tailrace::go_time_fuzz
