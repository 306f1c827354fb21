// JSON where it has to be.
#include "receivers/otlp_value.h"

#include <cmath>

#include "base/metrics.h"
#include "receivers/base64.h"

namespace tailrace::receivers {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

}  // namespace

void append_otlp_text(std::string& out, std::string_view text, OtlpText form) {
  if (form == OtlpText::kPlain) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_otlp_number(std::string& out, double value, OtlpText form) {
  // JSON has no such numbers.
  if (form == OtlpText::kJson && !std::isfinite(value)) {
    append_otlp_text(out, go_number(value), form);
  } else {
    out += go_number(value);
  }
}

void append_otlp_bytes(std::string& out, std::string_view bytes, OtlpText form) {
  append_otlp_text(out, encode_base64(bytes), form);
}

std::string hex_text(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
  return out;
}

}  // namespace tailrace::receivers
