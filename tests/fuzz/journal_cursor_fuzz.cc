// Fuzzes journal cursors: what is read means itself, and comparing has no surprises.
// libraries: tailrace_tailer
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tailer/journal_cursor.h"

namespace tailrace::journal_cursor_fuzz {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using tailrace::tailer::JournalCursor;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(input.find('\n'), input.size());
  const auto first = JournalCursor::parse(input.substr(0, cut));
  const auto second = JournalCursor::parse(input.substr(std::min(cut + 1, input.size())));
  if (first && (!first->same_entry(*first) || !first->not_behind(*first))) std::abort();
  if (!first || !second) return 0;
  if (first->same_entry(*second) != second->same_entry(*first)) std::abort();
  if (first->same_entry(*second) && !first->not_behind(*second)) std::abort();
  if (!first->not_behind(*second) && !second->not_behind(*first)) std::abort();
  return 0;
}

}  // namespace tailrace::journal_cursor_fuzz
