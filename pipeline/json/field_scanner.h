// Finds wanted fields of a JSON object in one pass, without building a tree.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "model/entry.h"
#include "pipeline/json/json_document.h"

namespace tailrace::pipeline::json {

// Reads a text once from begin to end: checks all of it, and keeps what stands at the wanted paths.
//
// Ownership: owns its table of paths. Values view into the text, or into the arena where the text
//   had to be changed (escapes, arrays and objects).
// Threading: confined to one worker.
// Memory: does not allocate but in the arena, unless an array or object is wanted and larger than
//   all before.
class FieldScanner {
 public:
  enum class Outcome { kOk, kMalformed };

  // paths[i] is where the value i comes from: the names on the way from the root, at least one.
  explicit FieldScanner(const std::vector<std::vector<std::string>>& paths);

  // `out` has a place per path. Absent and null are Value::nil(). What a malformed text leaves in
  // `out` means nothing.
  Outcome scan(std::string_view text, std::span<Value> out, Arena& arena);

 private:
  static constexpr std::uint32_t kNoField = UINT32_MAX;

  // A name on the way to something wanted. Children follow each other through `sibling`.
  struct Field {
    std::string name;
    std::uint32_t first_child = kNoField;
    std::uint32_t sibling = kNoField;
    std::vector<std::uint32_t> outputs;  // Places in `out` that this very field fills.
  };

  std::uint32_t find_or_add_child(std::uint32_t parent, const std::string& name);
  std::uint32_t child_of(const Field& parent, std::string_view name) const;
  void clear(const Field& field, std::span<Value> out) const;
  static void put(const Field& field, const Value& value, std::span<Value> out);

  // These take the place to read at and return the place behind, null when the text is malformed.
  const char* object(const char* at, const Field& field);
  const char* member_key(const char* at, std::string_view& key);
  const char* wanted_value(const char* at, const Field& field);
  const char* wanted_container(const char* at, const Field& field);
  const char* wanted_string(const char* at, const Field& field);
  const char* skip_value(const char* at);
  const char* skip_scalar(const char* at) const;

  std::vector<Field> fields_;  // The first is the root.

  // Of the scan that is going on.
  const char* end_ = nullptr;
  std::span<Value> out_;
  Arena* arena_ = nullptr;
  std::size_t depth_ = 0;

  std::array<std::uint64_t, kDepthMax / 64 + 1> is_object_{};  // A bit per open container.
  Document document_;                                          // For wanted arrays and objects.
  std::string rendered_;
};

}  // namespace tailrace::pipeline::json
