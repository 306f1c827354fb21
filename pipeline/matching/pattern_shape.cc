// What a backtracking engine would make of a pattern: whether it agrees with RE2, and its work.
//
// Both engines prefer the leftmost match and, there, the first alternative; greedy repetition takes
// as much as it can. So captures agree, except where an iteration may match the empty text, where
// engines stop looping by different rules. Captures inside loops agree too, but no real pattern
// needs them, so they are left out of what has to be trusted.
//
// For the work: a pattern is walked from its end to its begin with the set of characters that may
// follow. A choice (take one more or stop, this branch or that) is deterministic when the two sets
// of first characters do not meet. One that is not makes the pattern backtrack.
#include "pipeline/matching/pattern_shape.h"

#include <algorithm>
#include <cstddef>

namespace tailrace::pipeline {
namespace {

using Kind = PatternNode::Kind;

// A counted repetition is written out by the engine; beyond this many nodes RE2 is the better one.
constexpr std::size_t kExpandedNodesMax = 4000;

bool nullable(const PatternNode& node) {
  const auto child_nullable = [](const auto& child) { return nullable(*child); };
  switch (node.kind) {
    case Kind::kSet:
      return false;
    case Kind::kAlternate:
      return std::any_of(node.children.begin(), node.children.end(), child_nullable);
    case Kind::kConcat:
    case Kind::kCapture:
      return std::all_of(node.children.begin(), node.children.end(), child_nullable);
    case Kind::kRepeat:
      return node.min == 0 || nullable(*node.children.front());
    default:
      return true;  // Empty and zero-width.
  }
}

// What stands inside of which loops.
struct Surroundings {
  bool in_loop = false;       // May run more than once.
  bool in_open_loop = false;  // ... and without a limit.
};

bool captures_agree(const PatternNode& node, Surroundings around) {
  if (node.kind == Kind::kCapture && around.in_loop) return false;
  if (node.kind == Kind::kRepeat) {
    const PatternNode& body = *node.children.front();
    const bool unbounded = node.max == PatternNode::kUnbounded;
    if (node.max == 0 || nullable(body)) return false;
    if (unbounded && around.in_open_loop) return false;
    around.in_open_loop = around.in_open_loop || unbounded;
    around.in_loop = around.in_loop || unbounded || node.max > 1;
  }
  return std::all_of(node.children.begin(), node.children.end(),
                     [&](const auto& child) { return captures_agree(*child, around); });
}

std::size_t expanded_nodes(const PatternNode& node) {
  std::size_t result = 1;
  for (const auto& child : node.children)
    result += expanded_nodes(*child);
  if (node.kind == Kind::kRepeat && node.children.front()->kind != Kind::kSet) {
    result *= static_cast<std::size_t>(std::max({node.min, node.max, 1}));
  }
  return std::min(result, kExpandedNodesMax + 1);
}

bool begins_text(const PatternNode& node) {
  const auto child_begins = [](const auto& child) { return begins_text(*child); };
  switch (node.kind) {
    case Kind::kBeginText:
      return true;
    case Kind::kCapture:
      return begins_text(*node.children.front());
    case Kind::kConcat:
      return !node.children.empty() && begins_text(*node.children.front());
    case Kind::kAlternate:
      return std::all_of(node.children.begin(), node.children.end(), child_begins);
    default:
      return false;
  }
}

void add(CharacterSet& set, const CharacterSet& other) {
  set.ascii |= other.ascii;
  set.beyond_ascii = set.beyond_ascii || other.beyond_ascii;
}

class ChoiceWalk {
 public:
  // Returns the characters with which `node` and what follows it may begin.
  CharacterSet walk(const PatternNode& node, const CharacterSet& follow) {
    switch (node.kind) {
      case Kind::kSet:
        return node.set;
      case Kind::kConcat: {
        CharacterSet first = follow;
        for (auto child = node.children.rbegin(); child != node.children.rend(); ++child) {
          first = walk(**child, first);
        }
        return first;
      }
      case Kind::kCapture:
        return walk(*node.children.front(), follow);
      case Kind::kAlternate:
        return alternate(node, follow);
      case Kind::kRepeat:
        return repeat(node, follow);
      case Kind::kEndText:
        return {};  // No character may follow.
      case Kind::kEmpty:
      case Kind::kBeginText:
        return follow;
      default:
        deterministic_ = false;  // A condition on the surroundings can fail behind a loop.
        return follow;
    }
  }

  bool deterministic() const { return deterministic_; }

 private:
  CharacterSet alternate(const PatternNode& node, const CharacterSet& follow) {
    CharacterSet all;
    for (const auto& child : node.children) {
      const CharacterSet first = walk(*child, follow);
      if (all.intersects(first)) deterministic_ = false;
      add(all, first);
    }
    return all;
  }

  CharacterSet repeat(const PatternNode& node, const CharacterSet& follow) {
    const PatternNode& body = *node.children.front();
    // Behind one round of the body comes another round or what follows.
    CharacterSet behind = follow;
    add(behind, first_of(body));
    const CharacterSet first = walk(body, node.max == 1 ? follow : behind);
    if (node.min != node.max && first.intersects(follow)) deterministic_ = false;
    CharacterSet result = first;
    if (node.min == 0) add(result, follow);
    return result;
  }

  static CharacterSet first_of(const PatternNode& node) {
    ChoiceWalk inner;
    return inner.walk(node, {});
  }

  bool deterministic_ = true;
};

}  // namespace

PatternShape shape_of(const PatternTree& tree) {
  const PatternNode& root = *tree.root;
  ChoiceWalk walk;
  walk.walk(root, {});
  return {.same_captures = captures_agree(root, {}) && expanded_nodes(root) <= kExpandedNodesMax,
          .anchored = begins_text(root),
          .deterministic = walk.deterministic()};
}

}  // namespace tailrace::pipeline
