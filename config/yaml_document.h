// One YAML document as a tree with positions; the only place that knows yaml-cpp.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "config/source_location.h"
#include "config/yaml_scalar.h"

namespace tailrace::config {

// Limits of what is read (docs/compatibility.md, configuration file). The last one counts what
// aliases repeat, so that a few lines of nested aliases cannot fill the memory.
inline constexpr std::size_t kConfigBytesMax = std::size_t{4} << 20U;
inline constexpr int kYamlDepthMax = 64;
inline constexpr std::size_t kExpandedBytesMax = std::size_t{16} << 20U;

struct YamlNode;

// One `key: value` of a map. What a merge key (`<<`) brings in stands behind the map's own keys.
struct YamlEntry {
  std::string key;
  YamlType key_type = YamlType::kText;  // An unquoted `n` is a boolean, also as a key.
  int line = 0;
  int column = 0;
  const YamlNode* value = nullptr;  // Never null.
  bool overrides_merged = false;    // A merged map has this key too; free maps refuse that.
};

// A node. An alias is the same node as its anchor, so a tree can share parts; never a cycle.
struct YamlNode {
  YamlType type = YamlType::kNull;
  int line = 0;  // From 1.
  int column = 0;
  bool quoted = false;  // Or a block scalar, or tagged !!str: certainly text.
  std::string text;     // A scalar as written, escapes resolved.
  YamlScalar scalar;
  std::vector<const YamlNode*> items;  // Of a list.
  std::vector<YamlEntry> entries;      // Of a map, in the order of the file.

  bool is_null() const { return type == YamlType::kNull; }
  bool is_scalar() const { return type < YamlType::kList; }
};

// The first document of a text.
//
// Ownership: owns all nodes; pointers to them live as long as the document (also when moved).
// Errors: what is wrong stands in diagnostics(). After a duplicate key or a bad merge there is
//   still a root, so that one run finds more; after a syntax error there is none.
// Memory: bounded by the limits above.
class YamlDocument {
 public:
  static YamlDocument parse(std::string_view text);

  // Null when the text could not be parsed. An empty text is one null node.
  const YamlNode* root() const { return root_; }
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  YamlDocument() = default;

  std::deque<YamlNode> nodes_;
  const YamlNode* root_ = nullptr;
  std::vector<Diagnostic> diagnostics_;
};

// "text", "a list", ...: for messages.
std::string_view describe(YamlType type);

}  // namespace tailrace::config
