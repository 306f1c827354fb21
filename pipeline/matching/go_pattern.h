// Reads the group syntax of a Go regular expression and rewrites it for RE2.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace::pipeline {

// A Go pattern, rewritten so that RE2 takes it and captures only what somebody reads.
struct GoPattern {
  // Syntax of RE2 (C++): without group names; every group that is not in `captured` is `(?:`.
  std::string re2_pattern;
  // Distinct names of the groups, in the order of their first appearance.
  std::vector<std::string> group_names;
  // For each wanted name the number of the capture in re2_pattern, from 1. Of several groups with
  // one name it is the last (docs/compatibility.md, "regex").
  std::vector<int> captures;
};

// Rewrites `pattern`. Only what the two dialects differ in is looked at here: `(?<n>` beside
// `(?P<n>`, several groups of one name, and what RE2 takes but Go refuses (`\C`, a lone `\E`).
// Whether the rest is valid is for RE2 to say.
//
// Errors: a bad group name, an escape that Go refuses, a wanted name that is no group.
Result<GoPattern> rewrite_go_pattern(std::string_view pattern,
                                     const std::vector<std::string>& wanted_groups);

// A Go pattern with all its groups, for RE2.
struct GroupedPattern {
  std::string re2_pattern;               // Without group names.
  std::vector<std::string> group_names;  // By group, from 1; the first and unnamed ones are empty.
};

// As rewrite_go_pattern(), but every group captures.
Result<GroupedPattern> rewrite_all_groups(std::string_view pattern);

}  // namespace tailrace::pipeline
