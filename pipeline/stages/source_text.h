// The text that a parsing stage works on: the line, or an extracted value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/entry.h"
#include "pipeline/names.h"
#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {

// nullopt: the line.
inline std::optional<ExtractedSlot> source_slot(const std::optional<std::string>& source,
                                                Names& names) {
  if (!source.has_value()) return std::nullopt;
  return names.extracted(*source);
}

// nullopt: the source is absent or has no text form, and the stage does nothing for this entry.
inline std::optional<std::string_view> source_text(std::optional<ExtractedSlot> source,
                                                   const Entry& entry, StageContext& context) {
  if (!source.has_value()) return entry.line;
  return text_of(entry.extracted[*source], context.arena());
}

}  // namespace tailrace::pipeline
