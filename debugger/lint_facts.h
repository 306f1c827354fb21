// What is certain of labels and extracted values at one point of a pipeline.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace tailrace::debugger {

// The texts that a label may have there; "" stands for none.
struct PossibleTexts {
  bool any = false;  // More than `texts`, and nobody knows which.
  std::set<std::string, std::less<>> texts;
};

// A superset of what can be: what is not in here cannot be there.
class LintFacts {
 public:
  // ---- labels ----
  PossibleTexts label(std::string_view name) const;
  bool may_have_label(std::string_view name) const;
  void set_label(const std::string& name, PossibleTexts texts) { labels_[name] = std::move(texts); }
  void any_label(const std::string& name) { labels_[name].any = true; }
  // Labels of any name may be there.
  void any_labels() { any_labels_ = true; }
  void remove_label(const std::string& name) { labels_[name] = {false, {""}}; }
  void keep_labels(const std::set<std::string>& names);

  // ---- extracted values ----
  bool may_have_value(std::string_view name) const {
    return any_values_ || values_.find(name) != values_.end();
  }
  // Values of any name may be there.
  void any_values() { any_values_ = true; }
  enum class Variety { kUnknown, kFew };  // kFew: the configuration lists them, or makes them.
  void set_value(const std::string& name, Variety variety) { values_[name] = variety; }
  bool has_few(std::string_view name) const;
  // As `match`, `cri` and `docker` do first.
  void copy_labels_to_values();
  const std::map<std::string, Variety, std::less<>>& values() const { return values_; }

  // Of entries that come from here or from there.
  void join(const LintFacts& other);

 private:
  std::map<std::string, PossibleTexts, std::less<>> labels_;
  bool any_labels_ = false;
  std::map<std::string, Variety, std::less<>> values_;
  bool any_values_ = false;
};

}  // namespace tailrace::debugger
