// The extracted values as the data of a template.
#include "pipeline/stages/template_values.h"

#include <algorithm>

#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {
namespace {

constexpr std::string_view kValueName = "Value";
constexpr std::string_view kEntryName = "Entry";

void put_text(go_template::Map& data, std::string_view name, std::optional<std::string_view> text,
              Arena& arena) {
  if (text.has_value()) {
    go_template::put(data, name, go_template::Value::of_text(*text), arena);
  }
}

}  // namespace

TemplateValues::TemplateValues(const go_template::Template& text, Names& names)
    : everything_(text.needs_everything()) {
  if (everything_) return;
  for (const std::string& name : text.names())
    names_.push_back({.name = name, .slot = names.extracted(name)});
}

go_template::Map& TemplateValues::make(const Entry& entry, StageContext& context,
                                       std::optional<std::string_view> value,
                                       std::optional<std::string_view> line) const {
  Arena& arena = context.arena();
  const auto all = context.names().extracted_names();
  go_template::Map& data =
      *go_template::make_map(arena, (everything_ ? all.size() + 8 : names_.size()) + 2);
  if (everything_) {
    // Labels that no stage names are extracted too.
    for (const LabelPair& pair : entry.base_labels->pairs()) {
      if (std::find(all.begin(), all.end(), pair.name) == all.end()) {
        put_text(data, pair.name, pair.value, arena);
      }
    }
    for (std::size_t i = 0; i < all.size(); ++i)
      put_text(data, all[i], text_of(entry.extracted[i], arena), arena);
  } else {
    for (const Name& name : names_)
      put_text(data, name.name, text_of(entry.extracted[name.slot], arena), arena);
  }
  put_text(data, kValueName, value, arena);
  put_text(data, kEntryName, line, arena);
  return data;
}

go_template::Surroundings surroundings_of(const StageBuild& build) {
  return {.clock = build.world.clock, .environment = build.world.environment};
}

void note_template_reads(std::string_view text, const go_template::Surroundings& surroundings,
                         Names& names) {
  const auto parsed = go_template::Template::create(text, surroundings);
  if (!parsed.has_value()) return;
  if ((*parsed)->needs_everything()) names.note_everything_read();
  for (const std::string& name : (*parsed)->names())
    names.note_read(name);
}

}  // namespace tailrace::pipeline
