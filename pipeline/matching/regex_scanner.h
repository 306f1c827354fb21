// All matches of a Go regular expression in a text, one after the other, with all groups.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace::pipeline {

// As Go finds them: matches do not overlap, and an empty match directly behind a match does not
// count (docs/compatibility.md, regex).
//
// Ownership: owns the compiled pattern; views the text between start() and the last next().
// Threading: confined to one worker.
// Errors: create() refuses what Go refuses.
// Memory: as RegexMatcher.
class RegexScanner {
 public:
  // Offsets in the text.
  struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool took_part = false;
  };
  struct State;

  static Result<std::unique_ptr<RegexScanner>> create(std::string_view go_pattern);
  explicit RegexScanner(std::unique_ptr<State> state);
  ~RegexScanner();
  RegexScanner(const RegexScanner&) = delete;
  RegexScanner& operator=(const RegexScanner&) = delete;

  void start(std::string_view text);
  // Goes to the next match; false: there is none.
  bool next();
  // Of the match at hand; 0 is the whole.
  Span group(std::size_t number) const;

  // By group, the whole match included. Unnamed ones are empty.
  const std::vector<std::string>& group_names() const;

 private:
  const std::unique_ptr<State> state_;
};

}  // namespace tailrace::pipeline
