// The raw lines that stages hold: what a cut writes beside the resume point.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/entry.h"
#include "model/resume_point.h"

namespace tailrace {

// Remembers raw text, place and time of each held line of each source until the entry made of it
// leaves the pipeline.
//
// A line is held by calling hold() while it is the current one (begin_line()); it is released as
// often as it was held. A line that is no longer held but that multiline still takes labels from
// is kept as context (keep_as_context) until forget_context.
//
// Threading: confined to one worker.
// Memory: texts are in one buffer per source that is compacted now and then; bytes() counts all.
class HeldLines {
 public:
  // The line that runs now. `text` must stay valid until the next call.
  void begin_line(LineOrigin origin, SourcePosition begin, std::int64_t time_ns,
                  std::string_view text);

  // Counts a holder for each origin. Those not held yet must be the current line.
  void hold(LineOrigin origin);
  void release(LineOrigin origin);
  void keep_as_context(LineOrigin origin);
  void forget_context(LineOrigin origin);

  // Sources whose held lines changed since the last call to take_changed().
  std::vector<SourceId> take_changed();
  // Appends the held lines of `source` in line order (text copied).
  void append_held(SourceId source, std::vector<HeldLine>& out) const;
  // Drops everything about `source` (its lines run again, or it is forgotten).
  void clear(SourceId source);
  // Whether any line of `source` is held or kept as context.
  bool holds(SourceId source) const;

  std::size_t bytes() const { return bytes_; }

 private:
  struct Held {
    std::uint64_t number = 0;
    SourcePosition begin = 0;
    std::int64_t time_ns = 0;
    std::size_t text_begin = 0;
    std::size_t text_bytes = 0;
    std::uint32_t holders = 0;
    std::uint32_t context_holders = 0;
  };
  struct PerSource {
    std::vector<Held> lines;  // By number; released ones are compacted away.
    std::size_t first = 0;    // Lines before this index are released.
    std::vector<char> text;
    bool changed = false;
  };

  Held* find(LineOrigin origin);
  void drop_released(PerSource& source);

  std::unordered_map<SourceId, PerSource> sources_;
  LineOrigin current_;
  SourcePosition current_begin_ = 0;
  std::int64_t current_time_ns_ = 0;
  std::string_view current_text_;
  std::size_t bytes_ = 0;
};

}  // namespace tailrace
