// PCRE2's just-in-time compiler behind one class: matches what pattern_tree.h can express.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "pipeline/matching/pattern_tree.h"

namespace tailrace::pipeline {

// The tree in PCRE2's syntax. Sets are spelled out, so no option and no table of PCRE2 decides
// what a class means.
std::string to_pcre2(const PatternTree& tree);

// One compiled pattern.
//
// Ownership: owns code and match state.
// Threading: confined to one worker.
// Memory: search() does not allocate; the machine code works on 32 KiB of the thread's stack.
class JitMatcher {
 public:
  enum class Alphabet { kAscii, kUtf8 };
  enum class Start { kAnywhere, kAtOffset };
  struct Options {
    Alphabet alphabet = Alphabet::kAscii;
    Start start = Start::kAnywhere;
  };
  enum class Outcome {
    kMatch,
    kNoMatch,
    kGaveUp,  // A limit was reached: nothing is known about this text.
  };

  struct Engine;

  // Null where PCRE2 refuses the pattern or cannot make machine code on this machine.
  static std::unique_ptr<JitMatcher> create(const PatternTree& tree, Options options);
  explicit JitMatcher(std::unique_ptr<Engine> engine);
  ~JitMatcher();
  JitMatcher(const JitMatcher&) = delete;
  JitMatcher& operator=(const JitMatcher&) = delete;

  // Searches from `offset`; `text` must be of the alphabet.
  Outcome search(std::string_view text, std::size_t offset);

  // The text of capture `i` of the last match, which was in `text`; 0 is the whole match. Empty
  // when the capture took no part.
  std::string_view capture(std::string_view text, std::size_t i) const;

 private:
  const std::unique_ptr<Engine> engine_;
  const std::size_t* const offsets_;  // Of engine_: pairs of begin and end.
  std::size_t captured_ = 0;          // Pairs that the last match set.
};

}  // namespace tailrace::pipeline
