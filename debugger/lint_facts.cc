// What is certain of labels and extracted values at one point of a pipeline.
#include "debugger/lint_facts.h"

#include <utility>

namespace tailrace::debugger {

PossibleTexts LintFacts::label(std::string_view name) const {
  const auto found = labels_.find(name);
  PossibleTexts texts = found == labels_.end() ? PossibleTexts{false, {""}} : found->second;
  texts.any = texts.any || any_labels_;
  return texts;
}

bool LintFacts::may_have_label(std::string_view name) const {
  const PossibleTexts texts = label(name);
  return texts.any || texts.texts.size() > texts.texts.count("");
}

void LintFacts::keep_labels(const std::set<std::string>& names) {
  for (auto& [name, texts] : labels_) {
    if (names.count(name) == 0) texts = {false, {""}};
  }
}

bool LintFacts::has_few(std::string_view name) const {
  const auto found = values_.find(name);
  return found != values_.end() && found->second == Variety::kFew;
}

void LintFacts::copy_labels_to_values() {
  any_values_ = any_values_ || any_labels_;
  for (const auto& [name, texts] : labels_) {
    if (may_have_label(name)) values_.emplace(name, Variety::kUnknown);
  }
}

void LintFacts::join(const LintFacts& other) {
  any_labels_ = any_labels_ || other.any_labels_;
  any_values_ = any_values_ || other.any_values_;
  for (auto& [name, texts] : labels_) {
    if (other.labels_.find(name) == other.labels_.end()) texts.texts.insert("");
  }
  for (const auto& [name, texts] : other.labels_) {
    PossibleTexts joined = label(name);
    joined.any = joined.any || texts.any;
    joined.texts.insert(texts.texts.begin(), texts.texts.end());
    labels_[name] = std::move(joined);
  }
  for (const auto& [name, variety] : other.values_) {
    if (variety == Variety::kFew || values_.find(name) == values_.end()) values_[name] = variety;
  }
}

}  // namespace tailrace::debugger
