// What one entry went through, as data.
#include "debugger/entry_trace.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::debugger {
namespace {

using ChangeField = Change::Field;

TEST(EntrySnapshot, has_the_tenant_beside_the_labels) {
  Entry entry;
  entry.line = "text";
  entry.time = {5, 6};
  entry.metadata = {{"a", "1"}, {"a", "2"}};
  const EntrySnapshot snapshot = snapshot_of({{"job", "x"}, {"__tenant_id__", "t"}}, entry);
  EXPECT_EQ(snapshot.labels, (std::map<std::string, std::string>{{"job", "x"}}));
  EXPECT_EQ(snapshot.tenant, "t");
  EXPECT_EQ(snapshot.line, "text");
  EXPECT_EQ(snapshot.time, (Timestamp{5, 6}));
  EXPECT_EQ(snapshot.metadata, (Pairs{{"a", "1"}, {"a", "2"}}));
  EXPECT_EQ(snapshot_of(std::map<std::string, std::string>{}, entry).tenant, std::nullopt);
}

TEST(EntrySnapshot, takes_all_labels_of_a_set) {
  const std::vector<LabelPair> pairs = {{"__tenant_id__", "t"}, {"job", "x"}};
  const EntrySnapshot snapshot = snapshot_of(LabelSet(pairs), Entry{});
  EXPECT_EQ(snapshot.labels.size(), 1U);
  EXPECT_EQ(snapshot.tenant, "t");
}

TEST(ApplyChange, follows_each_field) {
  EntrySnapshot entry;
  entry.labels = {{"gone", "1"}, {"kept", "2"}};
  entry.metadata = {{"a", "1"}, {"a", "2"}};
  entry.tenant = "t";
  apply({ChangeField::kExtracted, "x", std::nullopt, "1", {}}, entry);
  apply({ChangeField::kLabel, "gone", "1", std::nullopt, {}}, entry);
  apply({ChangeField::kLabel, "new", std::nullopt, "3", {}}, entry);
  apply({ChangeField::kTenant, "", "t", std::nullopt, {}}, entry);
  apply({ChangeField::kLine, "", "", "line", {}}, entry);
  apply({ChangeField::kTime, "", "", "", {7, 8}}, entry);
  apply({ChangeField::kMetadata, "a", "2", std::nullopt, {}}, entry);
  apply({ChangeField::kMetadata, "b", std::nullopt, "3", {}}, entry);
  apply({ChangeField::kMetadata, "none", "4", std::nullopt, {}}, entry);
  EXPECT_EQ(entry.labels, (std::map<std::string, std::string>{{"kept", "2"}, {"new", "3"}}));
  EXPECT_EQ(entry.tenant, std::nullopt);
  EXPECT_EQ(entry.line, "line");
  EXPECT_EQ(entry.time, (Timestamp{7, 8}));
  EXPECT_EQ(entry.metadata, (Pairs{{"a", "1"}, {"b", "3"}}));
}

TEST(PairsText, quotes_values_as_go_does) {
  EXPECT_EQ(pairs_text(Pairs{}), "{}");
  EXPECT_EQ(pairs_text(Pairs{{"b", "x\"y"}, {"a", "\n"}}), R"({b="x\"y", a="\n"})");
  EXPECT_EQ(pairs_text(std::map<std::string, std::string>{{"b", "2"}, {"a", "1"}}),
            R"({a="1", b="2"})");
}

TEST(TimeText, is_as_go_prints_it) {
  EXPECT_EQ(time_text({1'767'225'600, 0}), "2026-01-01 00:00:00 +0000 UTC");
  EXPECT_EQ(time_text({1'767'225'600, 120'000'000}), "2026-01-01 00:00:00.12 +0000 UTC");
  EXPECT_EQ(time_text({Timestamp::kSecondsMin, 0}), "0001-01-01 00:00:00 +0000 UTC");
}

}  // namespace
}  // namespace tailrace::debugger
