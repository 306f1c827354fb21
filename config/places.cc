// Where keys and values stand in a configuration file, found again by their path.
#include "config/places.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "config/names.h"

namespace tailrace::config {
namespace {

std::optional<ExpandedText> expand(std::string_view text, const EnvLookup& lookup) {
  auto expanded = expand_env_mapped(text, lookup);
  if (!expanded) return std::nullopt;  // Loading told; there is no place to ask for.
  return std::move(*expanded);
}

// Takes the first step off a path: "a" of "a.b", "3" of "[3].b".
std::string_view take_step(std::string_view& path) {
  if (path.starts_with('.')) path.remove_prefix(1);
  std::string_view step;
  if (path.starts_with('[')) {
    const std::size_t end = std::min(path.find(']'), path.size() - 1);
    step = path.substr(1, end - 1);
    path.remove_prefix(end + 1);
  } else {
    step = path.substr(0, path.find_first_of(".["));
    path.remove_prefix(step.size());
  }
  return step;
}

// The bodies of stages take their keys in any case.
const YamlEntry* find_entry(const YamlNode& map, std::string_view key) {
  const YamlEntry* found = nullptr;
  for (const YamlEntry& entry : map.entries) {
    if (entry.key == key) return &entry;
    if (found == nullptr && to_lower_ascii(entry.key) == to_lower_ascii(key)) found = &entry;
  }
  return found;
}

}  // namespace

Places::Places(std::string_view text) : text_(text), document_(YamlDocument::parse(text_)) {}

Places::Places(std::string_view text, const EnvLookup& lookup)
    : text_(text),
      expanded_(expand(text_, lookup)),
      document_(YamlDocument::parse(expanded_ ? expanded_->text : text_)) {}

SourceLocation Places::key(const SourceLocation& base, Keys keys) const {
  const auto found = find(base, keys);
  if (!found) return base;
  if (found->entry == nullptr) return location(found->path, found->node->line, found->node->column);
  return location(found->path, found->entry->line, found->entry->column);
}

SourceLocation Places::value(const SourceLocation& base, Keys keys) const {
  const auto found = find(base, keys);
  if (!found) return base;
  if (found->node->is_null()) return key(base, keys);
  return location(found->path, found->node->line, found->node->column);
}

SourceLocation Places::scalar(const SourceLocation& base, Keys keys, std::string_view text) const {
  const auto below = find(base, keys);
  if (!below) return base;
  const auto found = search(*below, text);
  if (!found) return base;
  return location(found->path, found->node->line, found->node->column);
}

std::optional<Places::Found> Places::find(const SourceLocation& base, Keys keys) const {
  if (document_.root() == nullptr) return std::nullopt;
  Found at{nullptr, document_.root(), {}};
  for (std::string_view path = base.path; !path.empty();) {
    if (!step(at, take_step(path))) return std::nullopt;
  }
  for (const std::string_view key : keys) {
    if (!step(at, key)) return std::nullopt;
  }
  return at;
}

bool Places::step(Found& at, std::string_view key) {
  if (at.node->type == YamlType::kList) {
    std::size_t index = 0;
    const auto read = std::from_chars(key.data(), key.data() + key.size(), index);
    if (read.ec != std::errc() || read.ptr != key.data() + key.size()) return false;
    if (index >= at.node->items.size()) return false;
    at = {nullptr, at.node->items[index], fmt::format("{}[{}]", at.path, index)};
    return true;
  }
  const YamlEntry* const entry = find_entry(*at.node, key);
  if (entry == nullptr) return false;
  at = {entry, entry->value, fmt::format("{}{}{}", at.path, at.path.empty() ? "" : ".", key)};
  return true;
}

std::optional<Places::Found> Places::search(const Found& at, std::string_view text) {
  if (at.node->is_scalar()) {
    return !at.node->is_null() && at.node->text == text ? std::optional(at) : std::nullopt;
  }
  for (const YamlEntry& entry : at.node->entries) {
    if (auto found = search({&entry, entry.value, fmt::format("{}.{}", at.path, entry.key)}, text))
      return found;
  }
  for (std::size_t i = 0; i < at.node->items.size(); ++i) {
    const Found item{nullptr, at.node->items[i], fmt::format("{}[{}]", at.path, i)};
    if (auto found = search(item, text)) return found;
  }
  return std::nullopt;
}

SourceLocation Places::location(const std::string& path, int line, int column) const {
  SourceLocation place{path, line, column};
  if (!expanded_) return place;
  const SourceLocation original =
      location_at(text_, expanded_->original_offset(offset_at(expanded_->text, place)));
  place.line = original.line;
  place.column = original.column;
  return place;
}

}  // namespace tailrace::config
