// What the functions of one template keep from call to call.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "pipeline/go_template/node_budget.h"
#include "pipeline/go_template/template.h"
#include "pipeline/go_template/value.h"
#include "pipeline/json/json_document.h"
#include "pipeline/matching/regex_scanner.h"

namespace tailrace::pipeline::go_template {

// Threading: confined to one worker.
// Memory: at most kPatternsMax compiled regular expressions.
class Runtime {
 public:
  static constexpr std::size_t kPatternsMax = 64;
  struct Characters;

  explicit Runtime(Surroundings surroundings);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  const Surroundings& surroundings() const { return surroundings_; }

  // An empty text to build a result in; the next function to ask for it empties it again.
  std::string& start_text() {
    scratch_.clear();
    return scratch_;
  }
  const std::string& scratch() const { return scratch_; }

  // Null: Go does not take the pattern.
  RegexScanner* regex(std::string_view pattern);
  json::Document& document() { return document_; }

  // Simple case mapping of a code point.
  std::uint32_t lower(std::uint32_t code_point) const;
  std::uint32_t upper(std::uint32_t code_point) const;
  bool is_letter(std::uint32_t code_point) const;
  bool is_upper(std::uint32_t code_point) const { return lower(code_point) != code_point; }
  bool is_lower(std::uint32_t code_point) const { return upper(code_point) != code_point; }

  // Takes so many steps; false: there were too many.
  bool step(std::size_t count = 1) {
    steps_ += count;
    return steps_ <= kStepsMax;
  }
  // Fails the execution from where no error can be returned.
  void exhaust() { steps_ = kStepsMax + 1; }
  NodeBudget& nodes() { return nodes_; }
  // There were too many steps or nodes, wherever that was noticed: the execution fails.
  bool is_spent() const { return steps_ > kStepsMax || nodes_.is_spent(); }
  void restart() {
    steps_ = 0;
    nodes_ = {};
  }

 private:
  const Surroundings surroundings_;
  std::string scratch_;
  std::map<std::string, std::unique_ptr<RegexScanner>, std::less<>> patterns_;
  const std::unique_ptr<Characters> characters_;
  json::Document document_;
  std::size_t steps_ = 0;
  NodeBudget nodes_;
};

}  // namespace tailrace::pipeline::go_template
