// Builds a YamlDocument's tree from a stream of parse events; internal to yaml_document.cc.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/yaml_document.h"

namespace tailrace::config {

// Takes the events of one document in order. Knows anchors, merge keys, duplicate keys and the
// limits; does not know the parser.
class YamlTreeBuilder {
 public:
  struct Place {
    int line = 0;  // From 1.
    int column = 0;
    std::size_t anchor = 0;  // 0: none. Numbered from 1 in the order of the file.
  };
  enum class Style { kPlain, kQuoted };

  YamlTreeBuilder(std::deque<YamlNode>& nodes, std::vector<Diagnostic>& diagnostics)
      : nodes_(nodes), diagnostics_(diagnostics) {}

  void scalar(Place place, std::string text, Style style);
  void alias(Place place);
  void begin(Place place, YamlType type);
  void end();
  void error(Place place, std::string message);

  // A limit was hit: the tree is incomplete.
  bool failed() const { return failed_; }
  const YamlNode* root() const { return root_; }

 private:
  // What a subtree costs when every alias in it is written out.
  struct Cost {
    std::size_t bytes = 0;
    int depth = 0;
  };
  struct Anchored {
    const YamlNode* node = nullptr;  // Null while its container is still open.
    Cost cost;
  };
  // An open list or map.
  struct Frame {
    YamlNode* node = nullptr;
    std::size_t anchor = 0;
    Cost cost;
    std::optional<YamlEntry> pending;  // A key that waits for its value.
    bool pending_is_merge = false;
    bool awaits_value = false;
    std::vector<const YamlNode*> merges;
    std::unordered_map<std::string, std::size_t> index;  // key -> entries[].
  };

  void complete(const YamlNode& node, std::size_t anchor, Cost cost);
  void attach(const YamlNode& node, Cost cost);
  void take_key(Frame& frame, const YamlNode& node);
  void take_value(Frame& frame, const YamlNode& node);
  void merge(Frame& frame);
  void merge_map(Frame& frame, const YamlNode& source, std::size_t own_keys);
  std::string path() const;

  std::deque<YamlNode>& nodes_;
  std::vector<Diagnostic>& diagnostics_;
  std::vector<Frame> frames_;
  std::vector<Anchored> anchors_;
  const YamlNode* root_ = nullptr;
  bool failed_ = false;
};

}  // namespace tailrace::config
