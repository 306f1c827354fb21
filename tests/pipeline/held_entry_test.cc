// Tests of entries that own what they view.
#include "pipeline/held_entry.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::pipeline {
namespace {

TEST(HeldEntry, survives_what_the_entry_viewed) {
  LabelSetTable table;
  const LabelSet& labels = table.intern(std::vector<LabelPair>{{"job", "t"}});
  std::string text = "some text of the line";
  Entry entry;
  entry.changes.resize(2);
  entry.extracted = {Value::of(std::string_view(text).substr(0, 4)), Value{}, Value::of(1.5),
                     Value::nil()};
  entry.time = Timestamp::of_ns(42);
  entry.metadata = {{std::string_view(text).substr(5, 4), std::string_view(text).substr(17)}};
  HeldEntry held;
  held.capture(entry, labels);
  held.text = "joined";
  text.assign(text.size(), '!');

  Entry shown;
  shown.changes.assign(2, {.kind = LabelChange::Kind::kSet, .value = "old"});
  held.show_in(shown);
  EXPECT_EQ(shown.base_labels, &labels);
  EXPECT_EQ(shown.changes[1].kind, LabelChange::Kind::kUntouched);
  ASSERT_EQ(shown.extracted.size(), 4U);
  EXPECT_EQ(shown.extracted[0].text, "some");
  EXPECT_FALSE(shown.extracted[1].present());
  EXPECT_EQ(shown.extracted[2].number, 1.5);
  EXPECT_EQ(shown.extracted[3].kind, Value::Kind::kNil);
  EXPECT_EQ(shown.time.ns(), 42);
  EXPECT_EQ(shown.line, "joined");
  ASSERT_EQ(shown.metadata.size(), 1U);
  EXPECT_EQ(shown.metadata[0].name, "text");
  EXPECT_EQ(shown.metadata[0].value, "line");
  EXPECT_EQ(held.bytes(), 6U + 8U + 4U);
}

TEST(HeldEntry, pins_its_labels_until_it_takes_others_or_goes) {
  LabelSetTable table;
  const LabelSet& a = table.intern(std::vector<LabelPair>{{"a", "1"}});
  const LabelSet& b = table.intern(std::vector<LabelPair>{{"b", "1"}});
  {
    HeldEntry held;
    const Entry entry;
    held.capture(entry, a);
    held.capture(entry, a);
    EXPECT_TRUE(a.pinned());
    held.capture(entry, b);
    EXPECT_FALSE(a.pinned());
    EXPECT_TRUE(b.pinned());
  }
  EXPECT_FALSE(b.pinned());
}

}  // namespace
}  // namespace tailrace::pipeline
