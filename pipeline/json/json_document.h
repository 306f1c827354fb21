// A JSON document as a tree: the exact, slower way to read one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"

namespace tailrace::pipeline::json {

// Promtail gives up on documents that are nested deeper (docs/compatibility.md, "json").
inline constexpr std::size_t kDepthMax = 10'000;

struct Node {
  enum class Kind : std::uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };
  static constexpr std::uint32_t kNone = UINT32_MAX;

  Kind kind = Kind::kNull;
  bool overridden = false;  // A later member of the object has the same key.
  std::uint32_t first_child = kNone;
  std::uint32_t next_sibling = kNone;
  std::uint32_t parent = kNone;
  double number = 0;
  std::string_view text;  // kString.
  std::string_view key;   // Members of objects.
};

// Parses strictly; keeps members in the order of the text, and of equal keys marks all but the
// last.
//
// Ownership: nodes view into the text and the arena given to parse().
// Threading: confined to one worker.
// Memory: keeps its nodes from text to text.
class Document {
 public:
  enum class Outcome { kOk, kMalformed };

  Outcome parse(std::string_view text, Arena& arena);

  // Behind a malformed text: how far it could be read, in bytes.
  std::size_t read_bytes() const { return read_bytes_; }

  const Node& root() const { return nodes_.front(); }
  const Node& node(std::uint32_t index) const { return nodes_[index]; }
  // The member `key` of an object; null when there is none or `object` is none.
  const Node* member(const Node& object, std::string_view key) const;

  // Appends `top` as JSON without blanks (docs/compatibility.md, "json").
  void append_text(std::string& out, const Node& top) const;

 private:
  void mark_overridden(std::uint32_t object);
  void append_scalar(std::string& out, const Node& node) const;

  std::vector<Node> nodes_;
  std::size_t read_bytes_ = 0;
  std::vector<std::uint32_t> members_;  // Scratch of mark_overridden().

  class Reader;
};

}  // namespace tailrace::pipeline::json
