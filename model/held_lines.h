// The raw lines that stages hold: what a cut writes beside the resume point.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/entry.h"
#include "model/resume_point.h"

namespace tailrace {

// Remembers raw text, place and time of each held line of each source until the entry made of it
// leaves the pipeline.
//
// A line is held by calling hold() while it is the current one (begin_line()); it is released as
// often as it was held. A line that is no longer held but that multiline still takes labels from
// is context: keep_as_context() until forget_context().
//
// Threading: confined to one worker.
// Memory: texts are in one buffer per source that is compacted when half of it is released;
//   bytes() counts what is held.
class HeldLines {
 public:
  // What a line brought besides its text (Line::labels, Line::metadata).
  struct Attached {
    const LabelSet* labels = nullptr;
    std::span<const LabelPair> metadata;
  };

  // The line that runs now. `text` and `attached` must stay valid until the next call.
  void begin_line(LineOrigin origin, SourcePosition begin, std::int64_t time_ns,
                  std::string_view text, Attached attached);
  void begin_line(LineOrigin origin, SourcePosition begin, std::int64_t time_ns,
                  std::string_view text) {
    begin_line(origin, begin, time_ns, text, {});
  }

  // Each adds a holder to `origin`, which is the current line or kept already.
  void hold(LineOrigin origin);
  void keep_as_context(LineOrigin origin);
  // Each takes one away that the function above it added.
  void release(LineOrigin origin);
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
  using TextPairs = std::vector<std::pair<std::string, std::string>>;
  // A copy of Attached; few sources have any.
  struct KeptAttached {
    TextPairs labels;
    TextPairs metadata;
    std::size_t bytes = 0;
  };
  struct Held {
    std::uint64_t number = 0;
    SourcePosition begin = 0;
    std::int64_t time_ns = 0;
    std::size_t text_begin = 0;
    std::size_t text_bytes = 0;
    std::uint32_t holders = 0;
    std::uint32_t context_holders = 0;
    std::unique_ptr<KeptAttached> attached;  // Null: there is none.
    std::size_t bytes() const {
      return text_bytes + sizeof(Held) + (attached == nullptr ? 0 : attached->bytes);
    }
    bool kept() const { return holders != 0 || context_holders != 0; }
  };
  struct PerSource {
    std::vector<Held> lines;  // By number; those not kept any more wait for compact().
    std::vector<char> text;
    std::size_t kept_lines = 0;
    std::size_t kept_bytes = 0;
    bool changed = false;
  };

  // The line's record, made from the current line if it is not kept yet.
  Held& keep(LineOrigin origin, PerSource& source);
  Held& kept(LineOrigin origin, PerSource& source);
  PerSource& changing(SourceId id);
  void drop_if_free(Held& held, PerSource& source);
  static void compact(PerSource& source);
  static std::unique_ptr<KeptAttached> copy(const Attached& attached);

  std::unordered_map<SourceId, PerSource> sources_;
  std::vector<SourceId> changed_;
  LineOrigin current_;
  SourcePosition current_begin_ = 0;
  std::int64_t current_time_ns_ = 0;
  std::string_view current_text_;
  Attached current_attached_;
  std::size_t bytes_ = 0;
};

}  // namespace tailrace
