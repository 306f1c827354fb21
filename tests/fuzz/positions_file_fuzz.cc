// Fuzzes the parser of positions.yaml: what it accepts it also writes and reads back unchanged.
// libraries: tailrace_positions
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "positions/positions_file.h"

namespace tailrace::positions_file_fuzz {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace positions = tailrace::positions;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = positions::parse_positions(text, "fuzz");
  if (!document) {
    TAILRACE_CHECK(document.error().message.starts_with("fuzz:"));
    return 0;
  }
  const auto again = positions::parse_positions(positions::write_positions(document->table), "own");
  TAILRACE_CHECK(again.has_value());
  TAILRACE_CHECK(again->table.size() == document->table.size());
  TAILRACE_CHECK(again->missing == 0);
  for (const auto& [key, position] : document->table) {
    const auto found = again->table.find(key);
    TAILRACE_CHECK(found != again->table.end() && found->second.value == position.value);
    TAILRACE_CHECK(found->second.origin == positions::PositionOrigin::kOwn);
  }
  return 0;
}

}  // namespace tailrace::positions_file_fuzz
