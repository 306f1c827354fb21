// Validation of UTF-8, byte by byte as in table 3-7 of the Unicode standard.
#include "base/utf8.h"

#include <cstddef>

namespace tailrace {
namespace {

constexpr std::string_view kReplacementText = "\xEF\xBF\xBD";

bool between(unsigned char byte, unsigned char low, unsigned char high) {
  return byte >= low && byte <= high;
}

// How long a sequence with this first byte is, and what its second byte may be.
struct Lead {
  std::size_t bytes = 0;
  unsigned char second_min = 0x80;
  unsigned char second_max = 0xBF;
};

Lead lead(unsigned char first) {
  if (first < 0x80) return {.bytes = 1};
  if (between(first, 0xC2, 0xDF)) return {.bytes = 2};
  if (first == 0xE0) return {.bytes = 3, .second_min = 0xA0};
  if (first == 0xED) return {.bytes = 3, .second_max = 0x9F};
  if (between(first, 0xE1, 0xEF)) return {.bytes = 3};
  if (first == 0xF0) return {.bytes = 4, .second_min = 0x90};
  if (first == 0xF4) return {.bytes = 4, .second_max = 0x8F};
  if (between(first, 0xF1, 0xF3)) return {.bytes = 4};
  return {};
}

}  // namespace

std::size_t utf8_sequence_bytes(std::string_view text) {
  if (text.empty()) return 0;
  const Lead expected = lead(static_cast<unsigned char>(text[0]));
  if (expected.bytes == 0 || expected.bytes > text.size()) return 0;
  for (std::size_t i = 1; i < expected.bytes; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool valid = i == 1 ? between(byte, expected.second_min, expected.second_max)
                              : between(byte, 0x80, 0xBF);
    if (!valid) return 0;
  }
  return expected.bytes;
}

void append_as_utf8(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = utf8_sequence_bytes(text);
    if (bytes == 0) {
      out += kReplacementText;
      text.remove_prefix(1);
    } else {
      out += text.substr(0, bytes);
      text.remove_prefix(bytes);
    }
  }
}

}  // namespace tailrace
