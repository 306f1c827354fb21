// What a journal entry becomes: the text of a line, and the labels it is discovered with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "discovery/line_relabeler.h"
#include "model/label_set.h"
#include "tailer/journal.h"

namespace tailrace::tailer {

// Reads the fields of one entry after the other (docs/compatibility.md, journal).
//
// Of a field that an entry has several times the last value counts. Only fields that the line or a
// rule needs are copied.
//
// Ownership: borrows the relabeler, which it asks for the labels that matter.
// Threading: confined to one worker.
// Memory: the fields of one entry, at most kCopiedLines times the line limit; 4096 names of fields.
class JournalEntry {
 public:
  enum class Form { kMessage, kJson };
  enum class Outcome { kLine, kNoMessage };
  static constexpr std::size_t kCopiedLines = 4;

  JournalEntry(Form form, std::uint32_t line_bytes_max, discovery::LineRelabeler& relabeler)
      : form_(form), line_bytes_max_(line_bytes_max), relabeler_(relabeler) {}

  // The entry that the journal stands at. What the functions below give lives until the next call.
  Result<Outcome> read(Journal& journal);

  // At most the line limit.
  std::string_view text() const { return text_; }
  bool cut_short() const { return cut_short_; }
  // The labels that matter, as a relabeler wants them.
  std::span<const LabelPair> discovered() const { return discovered_; }

 private:
  // What is to be done with a field of this name.
  struct Use {
    std::string label;  // __journal_...; empty: no rule asks for it.
    bool is_message = false;
    bool is_priority = false;  // And a rule asks for its keyword.
    bool needed() const { return is_message || is_priority || !label.empty(); }
  };
  // A field that was copied; `begin` is in bytes_.
  struct Copied {
    const Use* use = nullptr;
    std::size_t name_begin = 0;
    std::size_t name_size = 0;
    std::size_t value_begin = 0;
    std::size_t value_size = 0;
    bool cut_short = false;
  };

  const Use& use_of(std::string_view name);
  void copy(const Use& use, std::string_view name, std::string_view value);
  void collect_labels();
  bool take_message();
  void write_json();
  std::string_view name_of(const Copied& field) const {
    return std::string_view(bytes_).substr(field.name_begin, field.name_size);
  }
  std::string_view value_of(const Copied& field) const {
    return std::string_view(bytes_).substr(field.value_begin, field.value_size);
  }

  const Form form_;
  const std::uint32_t line_bytes_max_;
  discovery::LineRelabeler& relabeler_;
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return hash_text(text, 0); }
  };
  std::unordered_map<std::string, Use, TextHash, std::equal_to<>> uses_;
  std::string bytes_;
  std::vector<Copied> fields_;
  std::string json_;
  std::vector<LabelPair> discovered_;
  std::string_view text_;  // Into bytes_ or json_.
  bool cut_short_ = false;
};

}  // namespace tailrace::tailer
