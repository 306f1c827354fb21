// The part of the RE2 syntax that a second engine may match, as a tree.
#pragma once

#include <bitset>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace tailrace::pipeline {

// A set of characters: each ASCII character by itself, all others together.
struct CharacterSet {
  std::bitset<128> ascii;
  bool beyond_ascii = false;

  bool intersects(const CharacterSet& other) const {
    return (ascii & other.ascii).any() || (beyond_ascii && other.beyond_ascii);
  }
};

struct PatternNode {
  enum class Kind {
    kEmpty,
    kSet,
    kConcat,
    kAlternate,  // The first branch that leads to a match wins.
    kCapture,    // One child; numbered in the order of the tree.
    kRepeat,     // One child.
    kBeginText,
    kEndText,
    kBeginLine,
    kEndLine,
    kWordBoundary,
    kNoWordBoundary,
  };
  static constexpr int kUnbounded = -1;
  enum class Greed { kGreedy, kLazy };

  explicit PatternNode(Kind node_kind) : kind(node_kind) {}

  Kind kind;
  CharacterSet set;                                    // kSet.
  std::vector<std::unique_ptr<PatternNode>> children;  // kConcat, kAlternate, kCapture, kRepeat.
  int min = 0;                                         // kRepeat.
  int max = 0;                                         // kRepeat; kUnbounded without a limit.
  Greed greed = Greed::kGreedy;                        // kRepeat.
};

struct PatternTree {
  std::unique_ptr<PatternNode> root;
  // Whether the tree also tells how characters beyond ASCII match. If not (a letter k or s under
  // (?i), which folds to the Kelvin sign and the long s), it holds for ASCII texts only.
  bool holds_beyond_ascii = true;
};

// Parses a pattern that RE2 has accepted. Nothing when it uses what this tree cannot express:
// Unicode classes, characters beyond ASCII, deep nesting. The caller then leaves the pattern to
// RE2.
std::optional<PatternTree> parse_pattern(std::string_view re2_pattern);

}  // namespace tailrace::pipeline
