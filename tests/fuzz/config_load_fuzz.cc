// Loads any bytes as a configuration file and formats what is wrong with them.
// libraries: tailrace_config
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "config/load.h"

namespace tailrace::config_load_fuzz {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto result = tailrace::config::load_text(text, "fuzz.yaml", tailrace::config::Overrides{});
  bool has_error = false;
  for (const auto& diagnostic : result.diagnostics) {
    has_error |= diagnostic.severity == tailrace::config::Diagnostic::Severity::kError;
  }
  TAILRACE_CHECK(result.config.has_value() != has_error);
  tailrace::config::format_diagnostics(result.diagnostics, "fuzz.yaml", text);
  return 0;
}

}  // namespace tailrace::config_load_fuzz
