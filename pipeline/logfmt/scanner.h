// Reads `key=value` pairs from a text.
#pragma once

#include <string_view>

#include "base/arena.h"

namespace tailrace::pipeline::logfmt {

// Gives one pair after the other (docs/formats/logfmt.md). Each line of the text is a record.
//
// Ownership: keys view the text, values too, or the arena when they had escapes.
// Memory: the arena only.
class Scanner {
 public:
  enum class Outcome {
    kPair,
    kEnd,
    kMalformed,  // What was given before stays valid; there is no more.
  };

  Scanner(std::string_view text, Arena& arena) : text_(text), arena_(arena) {}

  Outcome next(std::string_view& key, std::string_view& value);

 private:
  Outcome read_value(std::string_view& value);
  Outcome read_quoted(std::string_view& value);

  const std::string_view text_;
  Arena& arena_;
  std::size_t at_ = 0;
};

}  // namespace tailrace::pipeline::logfmt
