// What the running program gives up (`tailrace.protection`), as plain data.
#pragma once

#include <optional>
#include <string_view>

namespace tailrace::config {

// docs/how-to/harden.md.
struct ProtectionConfig {
  enum class Mode {
    kAuto,     // As much as the kernel can.
    kRequire,  // All of it, or the program does not start.
    kOff,
  };
  enum class RefusedCalls {
    kFail,  // A system call that is not allowed fails.
    kKill,  // It ends the program.
  };
  Mode mode = Mode::kAuto;
  RefusedCalls refused_calls = RefusedCalls::kFail;
  bool core_dumps = false;  // Allowed, with all secrets that are in memory.
  friend bool operator==(const ProtectionConfig&, const ProtectionConfig&) = default;
};

// "auto", "require", "off"; nothing for another text. `false` is what YAML tools make of `off`.
std::optional<ProtectionConfig::Mode> parse_protection_mode(std::string_view text);
std::string_view protection_mode_text(ProtectionConfig::Mode mode);

// "fail", "kill".
std::optional<ProtectionConfig::RefusedCalls> parse_refused_calls(std::string_view text);
std::string_view refused_calls_text(ProtectionConfig::RefusedCalls refused);

}  // namespace tailrace::config
