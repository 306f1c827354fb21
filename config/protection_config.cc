// The words of `tailrace.protection`.
#include "config/protection_config.h"

namespace tailrace::config {

std::optional<ProtectionConfig::Mode> parse_protection_mode(std::string_view text) {
  if (text == "auto") return ProtectionConfig::Mode::kAuto;
  if (text == "require") return ProtectionConfig::Mode::kRequire;
  if (text == "off" || text == "false") return ProtectionConfig::Mode::kOff;
  return std::nullopt;
}

std::string_view protection_mode_text(ProtectionConfig::Mode mode) {
  switch (mode) {
    case ProtectionConfig::Mode::kRequire:
      return "require";
    case ProtectionConfig::Mode::kOff:
      return "off";
    case ProtectionConfig::Mode::kAuto:
      break;
  }
  return "auto";
}

std::optional<ProtectionConfig::RefusedCalls> parse_refused_calls(std::string_view text) {
  if (text == "fail") return ProtectionConfig::RefusedCalls::kFail;
  if (text == "kill") return ProtectionConfig::RefusedCalls::kKill;
  return std::nullopt;
}

std::string_view refused_calls_text(ProtectionConfig::RefusedCalls refused) {
  return refused == ProtectionConfig::RefusedCalls::kKill ? "kill" : "fail";
}

}  // namespace tailrace::config
