// Relabelling: rules that change, copy, hash and filter the labels of a target.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/relabel_config.h"
#include "config/source_location.h"
#include "discovery/target.h"

namespace tailrace::discovery {

// A compiled list of rules (docs/compatibility.md, relabelling).
//
// Regexes are RE2's and match the whole value. A label that is missing and one that is empty are
// the same. In a replacement, $1, ${1}, $name and ${name} are groups, the longest name wins ($1x is
// the group "1x"), unknown groups are empty, and $$ is a dollar sign.
//
// Threading: run() from any thread.
class Relabeler {
 public:
  enum class Verdict { kKeep, kDrop };

  // Appends everything that is wrong with `rules` to `diagnostics`, each at the place of its rule;
  // then the result is an error, which only says how many there were.
  static Result<Relabeler> compile(const std::vector<config::RelabelConfig>& rules,
                                   std::vector<config::Diagnostic>& diagnostics);

  Relabeler(Relabeler&&) noexcept;
  Relabeler& operator=(Relabeler&&) noexcept;
  ~Relabeler();

  // Runs all rules in order, each on what the one before left. With kDrop the labels are as that
  // rule found them. Empty labels are removed.
  Verdict run(LabelMap& labels) const;

  // Whether the value of a label of this name could make a difference to a rule.
  bool reads(std::string_view name) const;

 private:
  class Rule;
  Relabeler();

  std::vector<std::unique_ptr<const Rule>> rules_;
};

}  // namespace tailrace::discovery
