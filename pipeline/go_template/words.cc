// Texts taken apart and changed: by characters, by words, by other texts.
#include "pipeline/go_template/words.h"

#include <algorithm>

#include "base/go_quote.h"
#include "base/utf8.h"

namespace tailrace::pipeline::go_template {
namespace {

bool contains_character(std::string_view set, std::uint32_t code_point) {
  while (!set.empty()) {
    const DecodedCharacter member = decode_utf8(set);
    if (member.code_point == code_point) return true;
    set.remove_prefix(member.bytes);
  }
  return false;
}

// The last character of a text that is not empty.
DecodedCharacter last_character(std::string_view text) {
  for (std::size_t bytes = std::min<std::size_t>(text.size(), 4); bytes > 1; --bytes) {
    const std::string_view tail = text.substr(text.size() - bytes);
    if (utf8_sequence_bytes(tail) == bytes) return decode_utf8(tail);
  }
  return decode_utf8(text.substr(text.size() - 1));
}

template <typename Cut>
std::string_view trimmed_by(std::string_view text, Side side, Cut is_cut) {
  while (side != Side::kRight && !text.empty()) {
    const DecodedCharacter first = decode_utf8(text);
    if (!is_cut(first.code_point)) break;
    text.remove_prefix(first.bytes);
  }
  while (side != Side::kLeft && !text.empty()) {
    const DecodedCharacter last = last_character(text);
    if (!is_cut(last.code_point)) break;
    text.remove_suffix(last.bytes);
  }
  return text;
}

// Calls `change` with each code point and the one before it (a blank at first); appends what it
// gives.
template <typename Change>
void append_changed(std::string& out, std::string_view text, Change change) {
  std::uint32_t before = ' ';
  while (!text.empty()) {
    const DecodedCharacter character = decode_utf8(text);
    append_utf8(out, change(character.code_point, before));
    before = character.code_point;
    text.remove_prefix(character.bytes);
  }
}

bool is_digit(std::uint32_t code_point) {
  return code_point >= '0' && code_point <= '9';
}

bool is_connector(std::uint32_t code_point) {
  return code_point == '-' || code_point == '_' || is_space(code_point);
}

// The first character of `text` that is no digit; 0: none.
std::uint32_t behind_digits(std::string_view text) {
  while (!text.empty()) {
    const DecodedCharacter character = decode_utf8(text);
    if (!is_digit(character.code_point)) return character.code_point;
    text.remove_prefix(character.bytes);
  }
  return 0;
}

// Whether a word begins with `c`, which is no connector and follows one that is none: at an upper
// case letter, where letters with and without cases meet, and at a number before small letters.
// `rest` is behind `c`.
bool begins_word(std::uint32_t before, std::uint32_t c, std::string_view rest,
                 const Runtime& runtime) {
  const auto is_caseless = [&](std::uint32_t letter) {
    return runtime.is_letter(letter) && !runtime.is_upper(letter) && !runtime.is_lower(letter);
  };
  if (is_digit(c)) return runtime.is_letter(before) && runtime.is_lower(behind_digits(rest));
  if (!runtime.is_letter(before) && !is_digit(before)) return false;
  if (runtime.is_upper(c)) {
    const std::uint32_t after = rest.empty() ? 0 : decode_utf8(rest).code_point;
    return !runtime.is_upper(before) || runtime.is_lower(after);
  }
  if (is_caseless(c)) return !is_caseless(before);
  return runtime.is_lower(c) && is_caseless(before);
}

}  // namespace

bool is_space(std::uint32_t c) {
  return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

std::string_view trimmed(std::string_view text, std::string_view cutset, Side side) {
  return trimmed_by(text, side,
                    [cutset](std::uint32_t c) { return contains_character(cutset, c); });
}

std::string_view without_space(std::string_view text) {
  return trimmed_by(text, Side::kBoth, is_space);
}

void append_replaced(std::string& out, std::string_view text, std::string_view from,
                     std::string_view to, std::int64_t count) {
  for (; count != 0 && out.size() <= kTextBytesMax; --count) {
    if (from.empty()) {
      out += to;
      if (text.empty()) return;
      const std::size_t bytes = decode_utf8(text).bytes;
      out += text.substr(0, bytes);
      text.remove_prefix(bytes);
      continue;
    }
    const std::size_t found = text.find(from);
    if (found == std::string_view::npos) break;
    out += text.substr(0, found);
    out += to;
    text.remove_prefix(found + from.size());
  }
  out += text;
}

void append_lower(std::string& out, std::string_view text, const Runtime& runtime) {
  append_changed(out, text, [&](std::uint32_t c, std::uint32_t) { return runtime.lower(c); });
}

void append_upper(std::string& out, std::string_view text, const Runtime& runtime) {
  append_changed(out, text, [&](std::uint32_t c, std::uint32_t) { return runtime.upper(c); });
}

void append_title(std::string& out, std::string_view text, const Runtime& runtime) {
  append_changed(out, text, [&](std::uint32_t c, std::uint32_t before) {
    const bool is_inside = runtime.is_letter(before) || is_digit(before) || before == '_' ||
                           (before >= 0x80 && !is_space(before));
    return is_inside ? c : runtime.upper(c);
  });
}

void append_untitled(std::string& out, std::string_view text, const Runtime& runtime) {
  append_changed(out, text, [&](std::uint32_t c, std::uint32_t before) {
    return is_space(before) ? runtime.lower(c) : c;
  });
}

void append_swapped_case(std::string& out, std::string_view text, const Runtime& runtime) {
  append_changed(out, text, [&](std::uint32_t c, std::uint32_t) {
    return runtime.is_upper(c) ? runtime.lower(c) : runtime.upper(c);
  });
}

void append_initials(std::string& out, std::string_view text) {
  std::uint32_t before = ' ';
  while (!text.empty()) {
    const DecodedCharacter character = decode_utf8(text);
    if (is_space(before) && !is_space(character.code_point)) append_utf8(out, character.code_point);
    before = character.code_point;
    text.remove_prefix(character.bytes);
  }
}

void append_connected(std::string& out, std::string_view text, char connector,
                      const Runtime& runtime) {
  std::uint32_t before = 0;
  while (!text.empty()) {
    const DecodedCharacter character = decode_utf8(text);
    text.remove_prefix(character.bytes);
    const std::uint32_t c = character.code_point;
    if (is_connector(c)) {
      out += connector;
    } else {
      const bool in_a_text = before != 0 && !is_connector(before);
      if (in_a_text && begins_word(before, c, text, runtime)) out += connector;
      append_utf8(out, runtime.lower(c));
    }
    before = c;
  }
}

// The first letter of each word in upper case, what else is in upper case at its begin in lower.
// Of several connectors one goes, those at the ends stay (and of nothing else, one comes twice).
void append_camel_case(std::string& out, std::string_view text, const Runtime& runtime) {
  std::uint32_t pending = 0;  // To be written, unless it is a connector before a word.
  bool capitals = false;      // A word's begin in upper case.
  bool has_word = false;
  while (!text.empty()) {
    const DecodedCharacter character = decode_utf8(text);
    text.remove_prefix(character.bytes);
    std::uint32_t c = character.code_point;
    const bool first = !has_word || is_connector(pending);
    if (is_connector(c)) {
      if (pending != 0) append_utf8(out, pending);
    } else if (first) {
      if (pending != 0 && !has_word) append_utf8(out, pending);
      has_word = true;
      capitals = runtime.is_upper(c);
      c = runtime.upper(c);
    } else {
      append_utf8(out, pending);
      capitals = capitals && runtime.is_upper(c);
      if (capitals) c = runtime.lower(c);
    }
    pending = c;
  }
  if (pending != 0) append_utf8(out, pending);
  if (pending != 0 && !has_word) append_utf8(out, pending);
}

}  // namespace tailrace::pipeline::go_template
