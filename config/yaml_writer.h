// Writes YAML in block style, such that any YAML 1.1 reader, ours included, reads back what was
// given.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/yaml_document.h"

namespace tailrace::config {

// A document under construction: keys of the map, and items of the list, that are open.
// Between begin("clients") and its end() stand begin_item(), the keys of the first client, end(),
// and so on.
class YamlWriter {
 public:
  // What becomes of the scalars of a node.
  enum class Show { kAll, kNoSecrets };

  // For a part of a document that stands `indent` columns to the right.
  explicit YamlWriter(std::size_t indent = 0) : indent_(indent) {}

  // A key of the open map with its value.
  void text(std::string_view key, std::string_view value);
  // Nothing that converts to bool is one.
  void boolean(std::string_view key, std::same_as<bool> auto value) {
    line(quoted(key) + (value ? ": true" : ": false"));
  }
  void number(std::string_view key, double value);
  void number(std::string_view key, std::integral auto value) {
    line(quoted(key) + ": " + std::to_string(value));
  }
  // A subtree as it was read; with kNoSecrets, what keys of secrets.h hold is <secret>.
  void node(std::string_view key, const YamlNode& value, Show show);

  // A key whose value is a map or a list; one with nothing in it.
  void begin(std::string_view key);
  void empty_map(std::string_view key) { line(quoted(key) + ": {}"); }
  void empty_list(std::string_view key) { line(quoted(key) + ": []"); }
  // An item of the open list that is a map or a list itself; one that is text.
  void begin_item();
  void item(std::string_view value);
  // Of begin() and begin_item().
  void end() { indent_ -= 2; }

  const std::string& result() const { return result_; }

 private:
  static std::string quoted(std::string_view text);
  void line(std::string_view content);
  void scalar_or_children(const std::string& head, const YamlNode& value, Show show);
  void children(const YamlNode& value, Show show);

  std::string result_;
  std::size_t indent_;
  std::size_t dashes_ = 0;  // Items begun of which nothing is written yet.
  bool secret_ = false;     // Within a secret key's value.
};

}  // namespace tailrace::config
