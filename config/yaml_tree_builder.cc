// The tree behind YamlDocument: anchors, merge keys, duplicates and limits.
#include "config/yaml_tree_builder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tailrace::config {
namespace {

// A node weighs this much beside its text, so that many empty nodes count too.
constexpr std::size_t kNodeBytes = 16;

}  // namespace

void YamlTreeBuilder::error(Place place, std::string message) {
  diagnostics_.push_back({Diagnostic::Severity::kError,
                          SourceLocation{path(), place.line, place.column}, std::move(message)});
}

std::string YamlTreeBuilder::path() const {
  std::string path;
  for (const Frame& frame : frames_) {
    if (frame.node->type == YamlType::kList) {
      path += fmt::format("[{}]", frame.node->items.size());
    } else if (frame.pending) {
      path += (path.empty() ? "" : ".") + frame.pending->key;
    }
  }
  return path;
}

void YamlTreeBuilder::scalar(Place place, std::string text, Style style) {
  if (failed_) return;
  YamlNode& node = nodes_.emplace_back();
  node.line = place.line;
  node.column = place.column;
  node.quoted = style == Style::kQuoted;
  if (!node.quoted) node.scalar = resolve_plain_scalar(text);
  node.type = node.scalar.type;
  node.text = std::move(text);
  complete(node, place.anchor, {kNodeBytes + node.text.size(), 1});
}

void YamlTreeBuilder::alias(Place place) {
  if (failed_) return;
  if (place.anchor >= anchors_.size() || anchors_[place.anchor].node == nullptr) {
    error(place, "an alias may not stand inside the node that it names");
    failed_ = true;
    return;
  }
  const Anchored anchored = anchors_[place.anchor];
  attach(*anchored.node, anchored.cost);
}

void YamlTreeBuilder::begin(Place place, YamlType type) {
  if (failed_) return;
  if (frames_.size() >= static_cast<std::size_t>(kYamlDepthMax)) {
    error(place, fmt::format("nested more than {} levels deep", kYamlDepthMax));
    failed_ = true;
    return;
  }
  YamlNode& node = nodes_.emplace_back();
  node.type = type;
  node.line = place.line;
  node.column = place.column;
  Frame& frame = frames_.emplace_back();
  frame.node = &node;
  frame.anchor = place.anchor;
  frame.cost = {kNodeBytes, 0};
}

void YamlTreeBuilder::end() {
  if (failed_ || frames_.empty()) return;
  merge(frames_.back());
  const Frame frame = std::move(frames_.back());
  frames_.pop_back();
  complete(*frame.node, frame.anchor, {frame.cost.bytes, frame.cost.depth + 1});
}

void YamlTreeBuilder::complete(const YamlNode& node, std::size_t anchor, Cost cost) {
  if (anchor != 0) {
    if (anchor >= anchors_.size()) anchors_.resize(anchor + 1);
    anchors_[anchor] = {&node, cost};
  }
  attach(node, cost);
}

void YamlTreeBuilder::attach(const YamlNode& node, Cost cost) {
  if (frames_.empty()) {
    root_ = &node;
    return;
  }
  Frame& frame = frames_.back();
  frame.cost.bytes = std::min(frame.cost.bytes + cost.bytes, 2 * kExpandedBytesMax);
  frame.cost.depth = std::max(frame.cost.depth, cost.depth);
  const Place place{node.line, node.column, 0};
  if (frame.cost.bytes > kExpandedBytesMax) {
    error(place,
          fmt::format("larger than {} bytes when its aliases are written out", kExpandedBytesMax));
    failed_ = true;
  } else if (frame.cost.depth > kYamlDepthMax) {
    error(place, fmt::format("nested more than {} levels deep", kYamlDepthMax));
    failed_ = true;
  } else if (frame.node->type == YamlType::kList) {
    frame.node->items.push_back(&node);
  } else if (frame.awaits_value) {
    take_value(frame, node);
  } else {
    take_key(frame, node);
  }
}

void YamlTreeBuilder::take_key(Frame& frame, const YamlNode& node) {
  frame.awaits_value = true;
  const Place place{node.line, node.column, 0};
  if (!node.is_scalar() || node.is_null()) {
    error(place, node.is_null()
                     ? std::string("a key may not be null")
                     : fmt::format("a key may not be {} (is a value with braces or brackets not "
                                   "quoted?)",
                                   describe(node.type)));
    return;
  }
  frame.pending_is_merge = !node.quoted && node.text == "<<";
  frame.pending = YamlEntry{node.text, node.type, node.line, node.column, nullptr, false};
}

void YamlTreeBuilder::take_value(Frame& frame, const YamlNode& node) {
  frame.awaits_value = false;
  if (!frame.pending) return;  // The key was refused.
  if (frame.pending_is_merge) {
    frame.merges.push_back(&node);
    frame.pending.reset();
    return;
  }
  std::vector<YamlEntry>& entries = frame.node->entries;
  const auto [found, fresh] = frame.index.try_emplace(frame.pending->key, entries.size());
  if (fresh) {
    frame.pending->value = &node;
    entries.push_back(std::move(*frame.pending));
  } else {
    const YamlEntry& first = entries[found->second];
    error({frame.pending->line, frame.pending->column, 0},
          fmt::format("the key is already set at line {}, column {}", first.line, first.column));
  }
  frame.pending.reset();
}

// The map's own keys win over merged ones, and of several merged maps the earlier one wins.
void YamlTreeBuilder::merge(Frame& frame) {
  const std::size_t own_keys = frame.node->entries.size();
  for (const YamlNode* source : frame.merges) {
    if (source->type == YamlType::kMap) {
      merge_map(frame, *source, own_keys);
      continue;
    }
    if (source->type != YamlType::kList) {
      error({source->line, source->column, 0}, "`<<` needs a map or a list of maps");
      continue;
    }
    for (const YamlNode* item : source->items) {
      if (item->type == YamlType::kMap) {
        merge_map(frame, *item, own_keys);
      } else {
        error({item->line, item->column, 0}, "`<<` needs a map or a list of maps");
      }
    }
  }
}

void YamlTreeBuilder::merge_map(Frame& frame, const YamlNode& source, std::size_t own_keys) {
  std::vector<YamlEntry>& entries = frame.node->entries;
  for (const YamlEntry& entry : source.entries) {
    const auto [found, fresh] = frame.index.try_emplace(entry.key, entries.size());
    if (fresh) {
      YamlEntry merged = entry;
      merged.overrides_merged = false;
      entries.push_back(std::move(merged));
    } else if (found->second < own_keys) {
      entries[found->second].overrides_merged = true;
    }
  }
}

}  // namespace tailrace::config
