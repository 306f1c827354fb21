// What the text of a journal cursor says.
#include "tailer/journal_cursor.h"

#include <charconv>

namespace tailrace::tailer {
namespace {

bool read_hexadecimal(std::string_view text, std::uint64_t& number) {
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number, 16);
  return read.ec == std::errc{} && read.ptr == end;
}

}  // namespace

std::optional<JournalCursor> JournalCursor::parse(std::string_view text) {
  JournalCursor cursor;
  unsigned found = 0;  // A bit per part.
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(';'));
    text.remove_prefix(part.size() == text.size() ? part.size() : part.size() + 1);
    if (part.size() < 3 || part[1] != '=') return std::nullopt;
    const std::string_view value = part.substr(2);
    constexpr std::string_view kNames = "sibmtx";
    const std::size_t place = kNames.find(part[0]);
    if (place == std::string_view::npos) continue;
    bool good = true;
    switch (part[0]) {
      case 's':
        cursor.numbering = value;
        break;
      case 'i':
        good = read_hexadecimal(value, cursor.number);
        break;
      case 'b':
        cursor.boot = value;
        break;
      case 'm':
        good = read_hexadecimal(value, cursor.monotonic_us);
        break;
      case 't':
        good = read_hexadecimal(value, cursor.realtime_us);
        break;
      default:
        good = read_hexadecimal(value, cursor.content_hash);
        break;
    }
    if (!good) return std::nullopt;
    found |= 1U << place;
  }
  if (found != 0b111111) return std::nullopt;
  return cursor;
}

// Several entries may have all but the number in common: lines that a service wrote at once.
bool JournalCursor::same_entry(const JournalCursor& other) const {
  if (numbering == other.numbering) return number == other.number;
  return boot == other.boot && monotonic_us == other.monotonic_us &&
         realtime_us == other.realtime_us && content_hash == other.content_hash;
}

bool JournalCursor::not_behind(const JournalCursor& other) const {
  if (numbering == other.numbering) return number <= other.number;
  if (boot == other.boot) return monotonic_us <= other.monotonic_us;
  return realtime_us <= other.realtime_us;
}

}  // namespace tailrace::tailer
