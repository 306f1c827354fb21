// Letter case from the C library's Unicode tables.
#include "discovery/letter_case.h"

#include <locale.h>
#include <wctype.h>

#include <algorithm>
#include <memory>
#include <type_traits>

#include "base/utf8.h"

namespace tailrace::discovery {
namespace {

struct FreeLocale {
  void operator()(locale_t locale) const { freelocale(locale); }
};
using Locale = std::unique_ptr<std::remove_pointer_t<locale_t>, FreeLocale>;

char ascii_to_case(char c, LetterCase letter_case) {
  if (letter_case == LetterCase::kLower)
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

// `sequence` is one valid UTF-8 sequence.
wint_t decode(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return lead;
  wint_t value = lead & (0xFFU >> (sequence.size() + 1));
  for (const char c : sequence.substr(1)) {
    value = (value << 6U) | (static_cast<unsigned char>(c) & 0x3FU);
  }
  return value;
}

void append_encoded(std::string& out, wint_t value) {
  const auto continuation = [&](unsigned shift) {
    out += static_cast<char>(0x80U | ((value >> shift) & 0x3FU));
  };
  if (value < 0x80) {
    out += static_cast<char>(value);
  } else if (value < 0x800) {
    out += static_cast<char>(0xC0U | (value >> 6U));
    continuation(0);
  } else if (value < 0x10000) {
    out += static_cast<char>(0xE0U | (value >> 12U));
    continuation(6);
    continuation(0);
  } else {
    out += static_cast<char>(0xF0U | (value >> 18U));
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

}  // namespace

std::string to_case(std::string_view text, LetterCase letter_case) {
  std::string result;
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
  // The locale is built into the C library; without it only ASCII changes.
  const Locale locale(ascii ? locale_t{} : newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{}));
  if (!locale) {
    for (const char c : text)
      result += ascii_to_case(c, letter_case);
    return result;
  }
  std::string valid;
  append_as_utf8(valid, text);
  for (std::string_view rest = valid; !rest.empty();) {
    const std::size_t bytes = std::max<std::size_t>(utf8_sequence_bytes(rest), 1);
    const wint_t value = decode(rest.substr(0, bytes));
    append_encoded(result, letter_case == LetterCase::kLower ? towlower_l(value, locale.get())
                                                             : towupper_l(value, locale.get()));
    rest.remove_prefix(bytes);
  }
  return result;
}

}  // namespace tailrace::discovery
