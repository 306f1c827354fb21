// What a backtracking engine would make of a pattern: whether it agrees with RE2, and its work.
#pragma once

#include "pipeline/matching/pattern_tree.h"

namespace tailrace::pipeline {

struct PatternShape {
  // A backtracking engine finds the same match and the same captures as RE2. False where loops
  // are nested, may match nothing, or capture: there the engines have their own ideas.
  bool same_captures = false;
  // A match can begin at the begin of the text only.
  bool anchored = false;
  // At each place the next character decides how to go on, so an attempt to match at one place
  // never goes back over text, and costs at most the length of the text.
  bool deterministic = false;
};

PatternShape shape_of(const PatternTree& tree);

}  // namespace tailrace::pipeline
