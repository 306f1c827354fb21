// `eventlogmessage`: takes the text of a Windows event apart.
#include "pipeline/stages/eventlogmessage_stage.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/go_quote.h"
#include "pipeline/explanation.h"
#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {
namespace {

constexpr std::string_view kSuffix = "_extracted";  // docs/compatibility.md, eventlogmessage.

bool is_name_character(std::uint32_t c, bool is_first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (!is_first && c >= '0' && c <= '9');
}

// The key with each character that no label name has replaced by an underscore.
std::string_view repaired(std::string_view key, Arena& arena) {
  if (key.empty()) return "_";
  char* const text = arena.allocate(key.size());
  char* out = text;
  for (std::size_t i = 0; i < key.size();) {
    const DecodedCharacter character = decode_utf8(key.substr(i));
    const bool good = is_name_character(character.code_point, i == 0);
    *out++ = good ? static_cast<char>(character.code_point) : '_';
    i += character.bytes;
  }
  return {text, static_cast<std::size_t>(out - text)};
}

// Without white space (Unicode's) at both ends.
std::string_view trimmed(std::string_view text) {
  const auto is_space = [](std::uint32_t c) {
    return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
  };
  while (!text.empty()) {
    const DecodedCharacter character = decode_utf8(text);
    if (!is_space(character.code_point)) break;
    text.remove_prefix(character.bytes);
  }
  while (!text.empty()) {
    std::size_t begin = text.size() - 1;
    while (begin > 0 && text.size() - begin < 3 &&
           (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80) {
      --begin;
    }
    const DecodedCharacter character = decode_utf8(text.substr(begin));
    if (begin + character.bytes != text.size() || !is_space(character.code_point)) break;
    text.remove_suffix(character.bytes);
  }
  return text;
}

}  // namespace

Result<std::unique_ptr<Stage>> EventLogMessageStage::create(
    const config::EventLogMessageStageConfig& config, StageBuild& build) {
  auto stage = std::make_unique<EventLogMessageStage>();
  stage->drops_invalid_ = config.drop_invalid_labels;
  stage->overwrites_ = config.overwrite_existing;
  stage->source_ = build.names.extracted(config.source);
  for (const std::string& name : build.names.read_names()) {
    const std::string suffixed = name + std::string(kSuffix);
    std::optional<ExtractedSlot> extracted_slot;
    if (build.names.is_read(suffixed)) extracted_slot = build.names.extracted(suffixed);
    stage->known_.push_back(
        {.name = name, .slot = build.names.extracted(name), .extracted_slot = extracted_slot});
  }
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict EventLogMessageStage::run(Entry& entry, StageContext& context) {
  if (!entry.extracted[source_].present()) return Verdict::kKeep;
  const std::optional<std::string_view> source = text_of(entry.extracted[source_], context.arena());
  if (!source.has_value()) return Verdict::kDrop;
  std::string_view rest = *source;
  while (true) {
    const std::size_t end = rest.find("\r\n");
    const std::string_view part = rest.substr(0, end);
    const std::size_t colon = part.find(':');
    if (colon != std::string_view::npos) {
      std::string_view key = part.substr(0, colon);
      const bool is_name = is_label_name(key);
      if (!is_name) key = repaired(key, context.arena());
      if (is_name || !drops_invalid_) store(entry, key, trimmed(part.substr(colon + 1)));
    }
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 2);
  }
  return Verdict::kKeep;
}

void EventLogMessageStage::explain(const Entry& entry, StageContext& context,
                                   Explanation& explanation) {
  const auto source = source_or_reason(source_, entry, context, explanation);
  if (!source.has_value()) {
    if (entry.extracted[source_].present()) {
      explanation.reasons.emplace_back("dropped without being counted");
    }
    return;
  }
  std::set<std::string_view> seen;
  std::string_view rest = *source;
  while (true) {
    const std::size_t end = rest.find("\r\n");
    explain_part(rest.substr(0, end), entry, context, seen, explanation.reasons);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 2);
  }
}

void EventLogMessageStage::explain_part(std::string_view part, const Entry& entry,
                                        StageContext& context, std::set<std::string_view>& seen,
                                        std::vector<std::string>& reasons) const {
  const std::size_t colon = part.find(':');
  if (colon == std::string_view::npos) {
    if (!trimmed(part).empty()) reasons.push_back("no colon in " + in_quotes(part));
    return;
  }
  std::string_view key = part.substr(0, colon);
  if (!is_label_name(key)) {
    const std::string_view name = repaired(key, context.arena());
    reasons.push_back(in_quotes(key) + " is no label name: " +
                      (drops_invalid_ ? "left out" : "becomes " + in_quotes(name)));
    if (drops_invalid_) return;
    key = name;
  }
  const auto known = std::find_if(known_.begin(), known_.end(),
                                  [key](const Known& other) { return other.name == key; });
  if (known == known_.end() || overwrites_) return;
  const bool is_first = seen.insert(key).second;
  if (is_first && !entry.extracted[known->slot].present()) return;
  reasons.push_back(in_quotes(key) + " has a value already: " +
                    (known->extracted_slot.has_value()
                         ? "becomes " + in_quotes(std::string(key) + std::string(kSuffix))
                         : "left out"));
}

// Keys that no stage reads are written for nobody.
void EventLogMessageStage::store(Entry& entry, std::string_view key, std::string_view value) const {
  const auto known = std::find_if(known_.begin(), known_.end(),
                                  [key](const Known& other) { return other.name == key; });
  if (known == known_.end()) return;
  if (overwrites_ || !entry.extracted[known->slot].present()) {
    entry.extracted[known->slot] = Value::of(value);
  } else if (known->extracted_slot.has_value()) {
    entry.extracted[*known->extracted_slot] = Value::of(value);
  }
}

}  // namespace tailrace::pipeline
