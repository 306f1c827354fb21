// From targets to files to follow, and the reasons to leave one out.
#include "discovery/target_filter.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::discovery {
namespace {

constexpr const char* kHost = "this-host";

Relabeler compile(const std::vector<config::RelabelConfig>& rules) {
  std::vector<config::Diagnostic> diagnostics;
  auto relabeler = Relabeler::compile(rules, diagnostics);
  EXPECT_TRUE(relabeler);
  return std::move(*relabeler);
}

FilteredTargets filter(const std::vector<LabelMap>& labels,
                       const std::vector<config::RelabelConfig>& rules = {}) {
  std::vector<Target> targets;
  for (const LabelMap& one : labels)
    targets.push_back({.labels = one, .found_by = "test"});
  return filter_targets(targets, compile(rules), {.job = "job", .hostname = kHost});
}

TEST(TargetFilter, takes_the_path_and_removes_internal_labels) {
  const FilteredTargets result = filter({{{"__path__", "/l/*.log"},
                                          {"__path_exclude__", "/l/x*"},
                                          {"__address__", "localhost"},
                                          {"__tenant_id__", "t"},
                                          {"_one", "kept"},
                                          {"empty", ""},
                                          {"app", "a"}}});
  EXPECT_EQ(result.targets,
            (std::vector<FileTarget>{{.job = "job",
                                      .path = "/l/*.log",
                                      .exclude = "/l/x*",
                                      .labels = {{"_one", "kept"}, {"app", "a"}}}}));
  EXPECT_TRUE(result.dropped.empty());
}

TEST(TargetFilter, remembers_as_what_each_target_was_found) {
  const FilteredTargets result =
      filter({{{"app", "a"}}, {{"__path__", "/a"}, {"__meta_x", "1"}}, {{"__path__", "/b"}}});
  ASSERT_EQ(result.origins.size(), 2U);
  EXPECT_EQ(result.origins[0],
            (Target{.labels = {{"__path__", "/a"}, {"__meta_x", "1"}}, .found_by = "test"}));
  EXPECT_EQ(result.origins[1].labels, (LabelMap{{"__path__", "/b"}}));
}

TEST(TargetFilter, takes_a_target_without_labels) {
  const FilteredTargets result = filter({{{"__path__", "/a"}}});
  EXPECT_EQ(result.targets,
            (std::vector<FileTarget>{{.job = "job", .path = "/a", .exclude = {}, .labels = {}}}));
}

TEST(TargetFilter, says_why_a_target_is_left_out) {
  config::RelabelConfig drop;
  drop.action = config::RelabelConfig::Action::kDrop;
  drop.source_labels = {"drop"};
  drop.regex = "yes";
  struct ReasonCase {
    LabelMap labels;
    DropReason reason;
  };
  const std::vector<ReasonCase> cases = {
      {{{"__path__", "/a"}, {"drop", "yes"}}, DropReason::kDropped},
      {{{"__host__", "other"}, {"drop", "yes"}}, DropReason::kDropped},
      {{{"__path__", "/a"}, {"__host__", "other"}}, DropReason::kWrongHost},
      {{{"__host__", "other"}}, DropReason::kWrongHost},
      {{{"__host__", kHost}}, DropReason::kNoPath},
      {{{"app", "a"}}, DropReason::kNoPath},
      {{{"__path__", ""}}, DropReason::kNoPath},
  };
  for (const ReasonCase& one : cases) {
    const FilteredTargets result = filter({one.labels}, {drop});
    EXPECT_TRUE(result.targets.empty());
    ASSERT_EQ(result.dropped.size(), 1U);
    EXPECT_EQ(result.dropped[0], (DroppedTarget{.job = "job",
                                                .discovered_labels = one.labels,
                                                .found_by = "test",
                                                .reason = one.reason}))
        << drop_reason_text(result.dropped[0].reason);
  }
}

TEST(TargetFilter, takes_a_target_of_this_host) {
  EXPECT_EQ(filter({{{"__path__", "/a"}, {"__host__", kHost}}}).targets.size(), 1U);
}

TEST(TargetFilter, takes_equal_targets_once) {
  const FilteredTargets result = filter({
      {{"__path__", "/a"}, {"x", "1"}, {"__address__", "one"}},
      {{"__path__", "/a"}, {"x", "1"}, {"__address__", "two"}},
      {{"__path__", "/a"}, {"x", "2"}},
      {{"__path__", "/a"}, {"x", "1"}, {"__path_exclude__", "/b"}},
      {{"__path__", "/b"}, {"x", "1"}},
  });
  EXPECT_EQ(result.targets.size(), 4U);
  ASSERT_EQ(result.dropped.size(), 1U);
  EXPECT_EQ(result.dropped[0].reason, DropReason::kExists);
  EXPECT_EQ(result.dropped[0].discovered_labels.at("__address__"), "two");
}

TEST(TargetFilter, uses_what_relabelling_made) {
  config::RelabelConfig path;
  path.source_labels = {"name"};
  path.target_label = "__path__";
  path.replacement = "/l/$1.log";
  const FilteredTargets result = filter({{{"name", "a"}}}, {path});
  ASSERT_EQ(result.targets.size(), 1U);
  EXPECT_EQ(result.targets[0].path, "/l/a.log");
  EXPECT_EQ(result.targets[0].labels, (LabelMap{{"name", "a"}}));
}

TEST(TargetFilter, names_reasons_as_promtail_does) {
  EXPECT_EQ(drop_reason_text(DropReason::kDropped), "dropped");
  EXPECT_EQ(drop_reason_text(DropReason::kWrongHost), "wrong_host");
  EXPECT_EQ(drop_reason_text(DropReason::kNoPath), "no_path");
  EXPECT_EQ(drop_reason_text(DropReason::kExists), "exists");
  EXPECT_EQ(drop_reason_text(DropReason::kError), "error");
}

}  // namespace
}  // namespace tailrace::discovery
