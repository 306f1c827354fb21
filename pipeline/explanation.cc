// What a stage says to people about an entry: words that stages have in common.
#include "pipeline/explanation.h"

#include "model/label_set.h"
#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {
namespace {

constexpr std::size_t kCharacterBytesMax = 4;

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

}  // namespace

std::string in_quotes(std::string_view text) {
  if (text.size() <= kQuotedBytesMax) return "\"" + std::string(text) + "\"";
  std::size_t end = kQuotedBytesMax;
  while (end > kQuotedBytesMax - kCharacterBytesMax && continues_character(text[end]))
    --end;
  return "\"" + std::string(text.substr(0, end)) + "...\"";
}

std::string no_text(ExtractedSlot slot, const Entry& entry, const StageContext& context) {
  const std::string& name = context.names().extracted_names()[slot];
  if (entry.extracted[slot].present()) return "the value \"" + name + "\" is null";
  return "there is no value \"" + name + "\"";
}

std::optional<std::string> label_trouble(ExtractedSlot slot, const Entry& entry,
                                         StageContext& context) {
  const auto text = text_of(entry.extracted[slot], context.arena());
  if (!text.has_value()) return no_text(slot, entry, context);
  if (is_valid_utf8(*text)) return std::nullopt;
  return "the value \"" + context.names().extracted_names()[slot] + "\" is not UTF-8";
}

std::optional<std::string_view> source_or_reason(std::optional<ExtractedSlot> source,
                                                 const Entry& entry, StageContext& context,
                                                 Explanation& explanation) {
  if (!source.has_value()) return entry.line;
  const auto text = text_of(entry.extracted[*source], context.arena());
  if (!text.has_value()) explanation.reasons.push_back(no_text(*source, entry, context));
  return text;
}

}  // namespace tailrace::pipeline
