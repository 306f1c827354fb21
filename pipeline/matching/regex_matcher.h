// A regular expression of Go's dialect, compiled, with the groups that somebody reads.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace::pipeline {

// Searches texts for a Go regular expression (docs/compatibility.md, "regex"): unanchored, leftmost
// match, first alternative. RE2 decides what is valid and what it means; PCRE2's machine code does
// the work where it is known to give the same captures within a bound of work (the .cc says when).
//
// Ownership: owns the compiled pattern and the state of a match. Views are into the text given.
// Threading: confined to one worker.
// Errors: create() refuses what Go refuses; matching cannot fail.
// Memory: no allocation per text, except inside RE2 when it has to do without its one-pass matcher
//   and when a text is not valid UTF-8.
class RegexMatcher {
 public:
  struct Options {
    std::vector<std::string> wanted_groups;
  };
  struct State;

  // Of several groups with a wanted name the last is meant, as in Promtail.
  static Result<std::unique_ptr<RegexMatcher>> create(std::string_view go_pattern,
                                                      const Options& options);
  explicit RegexMatcher(std::unique_ptr<State> state);
  ~RegexMatcher();
  RegexMatcher(const RegexMatcher&) = delete;
  RegexMatcher& operator=(const RegexMatcher&) = delete;

  // Searches the first match. captures[i] is the text of wanted_groups[i] within `text`; an empty
  // view when the group took no part. Without a match captures are left alone. An empty `captures`
  // asks for the answer only.
  bool search(std::string_view text, std::span<std::string_view> captures);

  // The same without captures.
  bool matches(std::string_view text);

  // The distinct names of all groups, in the order of the pattern.
  const std::vector<std::string>& group_names() const;

  // Whether the second engine takes part; for tests and benchmarks.
  bool accelerated() const;

 private:
  const std::unique_ptr<State> state_;
};

}  // namespace tailrace::pipeline
