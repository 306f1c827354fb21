// Which bytes of a text are characters, as Go sees it: an invalid byte is one U+FFFD.
#include "pipeline/matching/text_encoding.h"

#include <algorithm>
#include <cstring>

namespace tailrace::pipeline {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080U;

bool is_ascii(std::string_view text) {
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t seen = 0;
  while (left >= 32) {
    std::uint64_t words[4];
    std::memcpy(words, at, sizeof words);
    seen |= (words[0] | words[1]) | (words[2] | words[3]);
    at += 32;
    left -= 32;
  }
  while (left >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    seen |= word;
    at += 8;
    left -= 8;
  }
  if (left > 0) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, left);
    seen |= word;
  }
  return (seen & kHighBits) == 0;
}

// The length of the character at the begin of `text`; 0 when its first byte is invalid.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  unsigned char second_min = 0x80;
  unsigned char second_max = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) second_min = 0xA0;  // Overlong.
    if (first == 0xED) second_max = 0x9F;  // Surrogates.
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) second_min = 0x90;  // Overlong.
    if (first == 0xF4) second_max = 0x8F;  // Beyond U+10FFFF.
  } else {
    return 0;
  }
  if (text.size() < length || byte(1) < second_min || byte(1) > second_max) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  }
  return length;
}

}  // namespace

TextEncoding encoding_of(std::string_view text) {
  if (text.empty() || is_ascii(text)) return TextEncoding::kAscii;
  while (!text.empty()) {
    std::uint64_t word = kHighBits;
    if (text.size() >= sizeof word) std::memcpy(&word, text.data(), sizeof word);
    const std::size_t length = (word & kHighBits) == 0 ? sizeof word : character_length(text);
    if (length == 0) return TextEncoding::kInvalid;
    text.remove_prefix(length);
  }
  return TextEncoding::kUtf8;
}

void RepairedText::assign(std::string_view text) {
  text_.clear();
  replaced_at_.clear();
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0) {
      replaced_at_.push_back(text_.size());
      text_.append("\xEF\xBF\xBD");
      text.remove_prefix(1);
    } else {
      text_.append(text.substr(0, length));
      text.remove_prefix(length);
    }
  }
}

std::size_t RepairedText::original_offset(std::size_t repaired_offset) const {
  const auto before = std::lower_bound(replaced_at_.begin(), replaced_at_.end(), repaired_offset);
  const auto replacements = static_cast<std::size_t>(before - replaced_at_.begin());
  return repaired_offset - 2 * replacements;
}

}  // namespace tailrace::pipeline
