// What a stage says to people about an entry: where it matched, and why it does what it does.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/entry.h"

namespace tailrace::pipeline {

class StageContext;

// Filled by Stage::explain(). Everything is a copy: it outlives the entry.
struct Explanation {
  // Which bytes of `text` a group matched.
  struct Group {
    std::string name;  // Its number where it has none.
    std::size_t begin = 0;
    std::size_t end = 0;
    friend bool operator==(const Group&, const Group&) = default;
  };
  struct MetricUpdate {
    std::string metric;  // As /metrics names it.
    std::string action;  // "add"
    double value = 0;
    friend bool operator==(const MetricUpdate&, const MetricUpdate&) = default;
  };

  std::string source;         // Whose text it is: "line", or the name of an extracted value.
  std::string text;           // What the groups refer to.
  std::vector<Group> groups;  // In the order of the expression.
  std::vector<MetricUpdate> updates;
  std::string drop_reason;           // Under what it is counted if the stage drops it.
  std::vector<std::string> reasons;  // Sentences without a full stop, e.g. "longer_than: 20 > 10".
};

// --- for stages ---

// So much of a text stands in a sentence, in bytes.
inline constexpr std::size_t kQuotedBytesMax = 100;

// In quotation marks. A longer text ends between two characters, with "...".
std::string in_quotes(std::string_view text);

// Why text_of() gives nothing for a value: `there is no value "x"`, `the value "x" is null`.
std::string no_text(ExtractedSlot slot, const Entry& entry, const StageContext& context);

// Why a value cannot become a label; nullopt: it can.
std::optional<std::string> label_trouble(ExtractedSlot slot, const Entry& entry,
                                         StageContext& context);

// source_text(), with a reason where there is none.
std::optional<std::string_view> source_or_reason(std::optional<ExtractedSlot> source,
                                                 const Entry& entry, StageContext& context,
                                                 Explanation& explanation);

}  // namespace tailrace::pipeline
