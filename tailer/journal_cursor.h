// What the text of a journal cursor says.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tailrace::tailer {

// "s=<id>;i=<number>;b=<boot>;m=<monotonic>;t=<realtime>;x=<hash>", where numbers are hexadecimal.
// Views into the text that it was parsed from.
struct JournalCursor {
  std::string_view
      numbering;  // Of which count `number` is one; a journal that begins anew has another.
  std::uint64_t number = 0;
  std::string_view boot;
  std::uint64_t monotonic_us = 0;
  std::uint64_t realtime_us = 0;
  std::uint64_t content_hash = 0;

  // Nothing when a part is missing or no number. Unknown parts are let through.
  static std::optional<JournalCursor> parse(std::string_view text);

  // Whether both mean one entry. An entry that journald has moved, as it does from /run to /var,
  // has another number there.
  bool same_entry(const JournalCursor& other) const;
  // Whether an entry that sorts behind `other` may still be this one: it is not newer.
  bool not_behind(const JournalCursor& other) const;
};

}  // namespace tailrace::tailer
