// Where keys and values stand in a configuration file, found again by their path.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "config/expand_env.h"
#include "config/source_location.h"
#include "config/yaml_document.h"

namespace tailrace::config {

// The structs of a configuration carry the place of a job, a client, a stage. For what is within
// them the text is read once more.
//
// Every search begins at `base`, a place that loading the same text gave; what is not found is at
// `base` itself. An item of a list is its number.
//
// Ownership: owns its copy of the text.
class Places {
 public:
  using Keys = std::initializer_list<std::string_view>;

  explicit Places(std::string_view text);
  // Of a text that was expanded (load_text_expanding()): places are those before.
  Places(std::string_view text, const EnvLookup& lookup);

  // Of the last key.
  SourceLocation key(const SourceLocation& base, Keys keys) const;
  // Of what stands behind it; of the key where that is nothing.
  SourceLocation value(const SourceLocation& base, Keys keys) const;
  // Of the first scalar below that is `text`.
  SourceLocation scalar(const SourceLocation& base, Keys keys, std::string_view text) const;

 private:
  struct Found {
    const YamlEntry* entry = nullptr;  // Null: an item of a list, or the root.
    const YamlNode* node = nullptr;
    std::string path;
  };

  std::optional<Found> find(const SourceLocation& base, Keys keys) const;
  static bool step(Found& at, std::string_view key);
  static std::optional<Found> search(const Found& at, std::string_view text);
  SourceLocation location(const std::string& path, int line, int column) const;

  std::string text_;
  std::optional<ExpandedText> expanded_;
  YamlDocument document_;
};

}  // namespace tailrace::config
