// The values that JMESPath expressions find in a JSON object.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "model/entry.h"

namespace tailrace::pipeline {

// Evaluates expressions on texts that hold one JSON object (docs/compatibility.md, "json").
//
// Ownership: owns what it compiled. Values view into the text or the arena.
// Threading: confined to one worker.
// Errors: create() refuses bad expressions.
// Memory: with paths of names the arena only, once its scratch space has grown to the largest array
//   or object wanted.
class JsonExtractor {
 public:
  enum class Outcome {
    kOk,
    kMalformed,  // No JSON object (nor null); what stands in `out` then means nothing.
  };
  struct State;

  static Result<std::unique_ptr<JsonExtractor>> create(
      const std::vector<std::string>& jmespath_expressions);
  explicit JsonExtractor(std::unique_ptr<State> state);
  ~JsonExtractor();
  JsonExtractor(const JsonExtractor&) = delete;
  JsonExtractor& operator=(const JsonExtractor&) = delete;

  // out[i] is what expression i gives; Value::nil() for null and for nothing; absent after an error
  // (a function's argument of a wrong type). Arrays and objects become their JSON text. `text` may
  // lie anywhere; nothing behind it is read.
  Outcome extract(std::string_view text, std::span<Value> out, Arena& arena);

  // The same by way of a tree of the whole document: the yardstick for extract().
  Outcome extract_from_tree(std::string_view text, std::span<Value> out, Arena& arena);

  // What is wrong with a text that is malformed, in words.
  std::string trouble(std::string_view text, Arena& arena);

 private:
  const std::unique_ptr<State> state_;
};

}  // namespace tailrace::pipeline
