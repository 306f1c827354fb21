// Expands any bytes as -config.expand-env does, and checks the map of positions.
// libraries: tailrace_config
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "config/expand_env.h"

namespace tailrace::expand_env_fuzz {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto expanded = tailrace::config::expand_env_mapped(
      text, [](std::string_view name) -> std::optional<std::string> {
        if (name == "U") return std::nullopt;
        if (name == "E") return std::string();
        return "a/b.c" + std::string(name) + "\n12345";
      });
  if (!expanded) {
    TAILRACE_CHECK(expanded.error().offset <= size);
    TAILRACE_CHECK(!expanded.error().message.empty());
    return 0;
  }
  for (std::size_t offset = 0; offset < expanded->text.size(); offset += 7) {
    TAILRACE_CHECK(expanded->original_offset(offset) <= size);
  }
  return 0;
}

}  // namespace tailrace::expand_env_fuzz
