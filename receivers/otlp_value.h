// Values of OpenTelemetry as text.
#pragma once

#include <string>
#include <string_view>

namespace tailrace::receivers {

// How deep lists and maps may be in each other.
inline constexpr int kOtlpDepthMax = 32;

// By itself a value is plain; inside of a list or a map it is JSON.
enum class OtlpText { kPlain, kJson };

void append_otlp_text(std::string& out, std::string_view text, OtlpText form);
void append_otlp_number(std::string& out, double value, OtlpText form);
// In base64.
void append_otlp_bytes(std::string& out, std::string_view bytes, OtlpText form);

std::string hex_text(std::string_view bytes);

}  // namespace tailrace::receivers
