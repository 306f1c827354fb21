// The lines of one pushed request, decoded: flat arrays of views.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "model/line_block.h"

namespace tailrace::receivers {

// What a decoder fills: groups of lines with the same labels, and each line's metadata.
//
//   begin_group, add_label ..., then add_line, add_metadata ... for each line
//
// Ownership: texts view into what was decoded, or were given to keep().
// Threading: confined to one worker.
// Errors: what does not fit is not taken, and full() says so from then on.
// Memory: kLinesMax, kPairsMax and kKeptBytesMax; what a large request needed is given back by
//   clear().
class PushedLines {
 public:
  static constexpr std::size_t kLinesMax = 1'000'000;
  static constexpr std::size_t kPairsMax = 1'000'000;  // Labels, and as many of metadata.
  // Of texts that do not stand in the request as they are: names made of several, JSON.
  static constexpr std::size_t kKeptBytesMax = 32U << 20U;

  // Whose labels the lines of a group have.
  enum class Labels {
    kOwn,    // Those of the group, relabelled with the input's.
    kFixed,  // The input's over those of the group, and no rule.
  };
  struct Group {
    Labels kind = Labels::kOwn;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };
  struct Entry {
    std::string_view text;
    std::int64_t time_ns = 0;  // As Line::time_ns.
    std::uint32_t group = 0;
    std::uint32_t first_metadata = 0;
    std::uint32_t metadata_count = 0;
  };

  PushedLines() : texts_(kTextsBytes) {}

  void clear();
  void begin_group(Labels kind = Labels::kOwn);
  void add_label(std::string_view name, std::string_view value);
  // A line of the group begun last.
  void add_line(std::string_view text, std::int64_t time_ns);
  // Of the line added last.
  void add_metadata(std::string_view name, std::string_view value);
  // The text lives until clear(). Nothing when it does not fit.
  std::string_view keep(std::string_view text);
  // Of this request so much may be kept, if that is more than kKeptBytesMax.
  void allow_kept(std::size_t bytes) { kept_bytes_max_ = std::max(bytes, kKeptBytesMax); }
  // "<first>.<second>", which is not made when it does not fit.
  std::string_view keep_joined(std::string_view first, std::string_view second);
  // It had more lines, labels or kept text than are taken.
  bool full() const { return full_; }

  std::size_t size() const { return entries_.size(); }
  const Entry& operator[](std::size_t index) const { return entries_[index]; }
  const Group& group(std::uint32_t index) const { return groups_[index]; }
  std::span<const LabelPair> labels(const Group& group) const {
    return std::span(labels_).subspan(group.first, group.count);
  }
  std::span<const LabelPair> metadata(const Entry& entry) const {
    return std::span(metadata_).subspan(entry.first_metadata, entry.metadata_count);
  }

 private:
  // Whether so many more bytes may be kept; they are counted.
  bool take_kept(std::size_t bytes);

  static constexpr std::size_t kTextsBytes = 64U << 10U;

  std::vector<Group> groups_;
  std::vector<Entry> entries_;
  std::vector<LabelPair> labels_;
  std::vector<LabelPair> metadata_;
  Arena texts_;
  std::size_t kept_bytes_ = 0;  // In texts_.
  std::size_t kept_bytes_max_ = kKeptBytesMax;
  bool full_ = false;
};

}  // namespace tailrace::receivers
