// How many values within lists and maps one execution may still look at.
#pragma once

#include <cstddef>

namespace tailrace::pipeline::go_template {

// Items of lists and maps that one execution prints, converts, compares, copies and merges. Lists
// put into lists again and again have exponentially many, and a map within itself has no end.
inline constexpr std::size_t kNodesMax = 100'000;
inline constexpr int kValueDepthMax = 100;  // How deep lists and maps are looked into.

// Whoever recurses into a value takes each item from here first, and returns at once when there is
// none left: the budget stays spent, and the execution fails by it.
class NodeBudget {
 public:
  // An item of a value, within `depth` lists and maps. False: too many, or too deep.
  bool take(int depth) {
    if (left_ == 0 || depth > kValueDepthMax) {
      is_spent_ = true;
      return false;
    }
    --left_;
    return !is_spent_;
  }
  // A text of so many bytes that is looked through without anything coming of it.
  bool take_text(std::size_t bytes) {
    constexpr std::size_t kBytesPerNode = 4096;
    is_spent_ = is_spent_ || left_ < bytes / kBytesPerNode;
    if (!is_spent_) left_ -= bytes / kBytesPerNode;
    return !is_spent_;
  }
  bool is_spent() const { return is_spent_; }

 private:
  std::size_t left_ = kNodesMax;
  bool is_spent_ = false;
};

}  // namespace tailrace::pipeline::go_template
