// What the text of a journal cursor says, and when two mean one entry.
#include "tailer/journal_cursor.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tailrace::tailer {
namespace {

TEST(JournalCursorTest, reads_what_journald_writes) {
  const std::string text =
      "s=82aa72d24aac47f3b6df137f8e7e711e;i=1f;b=c28621b32e804598bec093da34167a35;m=dd7b2bcb4;"
      "t=660d55c0996e9;x=f2a822a4d30a0ac6";
  const auto cursor = JournalCursor::parse(text);
  ASSERT_TRUE(cursor);
  EXPECT_EQ(cursor->numbering, "82aa72d24aac47f3b6df137f8e7e711e");
  EXPECT_EQ(cursor->number, 0x1fU);
  EXPECT_EQ(cursor->boot, "c28621b32e804598bec093da34167a35");
  EXPECT_EQ(cursor->monotonic_us, 0xdd7b2bcb4U);
  EXPECT_EQ(cursor->realtime_us, 0x660d55c0996e9U);
  EXPECT_EQ(cursor->content_hash, 0xf2a822a4d30a0ac6U);
}

TEST(JournalCursorTest, lets_parts_through_that_it_does_not_know) {
  EXPECT_TRUE(JournalCursor::parse("s=a;i=1;b=c;m=2;t=3;x=4;p=file.journal"));
}

TEST(JournalCursorTest, refuses_what_is_no_cursor) {
  for (const std::string_view text :
       {"", "1234", "s=a;i=1;b=c;m=2;t=3", "s=a;i=g;b=c;m=2;t=3;x=4", "s=a;i=;b=c;m=2;t=3;x=4",
        "s=a;i=10000000000000000;b=c;m=2;t=3;x=4", ";", "s;i;b;m;t;x", "s=;i=1;b=c;m=2;t=3;x=4",
        "s=a;i=-1;b=c;m=2;t=3;x=4"}) {
    EXPECT_FALSE(JournalCursor::parse(text)) << text;
  }
}

struct Pair {
  std::string_view a;
  std::string_view b;
  bool same;
  bool not_behind;  // a is not behind b.
};

TEST(JournalCursorTest, compares_entries) {
  for (const Pair& pair : {
           Pair{"s=a;i=1;b=c;m=2;t=3;x=4", "s=a;i=1;b=c;m=2;t=3;x=4", true, true},
           // Two equal lines that a service wrote at once.
           Pair{"s=a;i=2;b=c;m=2;t=3;x=4", "s=a;i=1;b=c;m=2;t=3;x=4", false, false},
           // The same entry, moved to another file.
           Pair{"s=z;i=9;b=c;m=2;t=3;x=4", "s=a;i=1;b=c;m=2;t=3;x=4", true, true},
           Pair{"s=z;i=9;b=c;m=2;t=3;x=5", "s=a;i=1;b=c;m=2;t=3;x=4", false, true},
           Pair{"s=z;i=1;b=c;m=3;t=2;x=4", "s=a;i=1;b=c;m=2;t=3;x=4", false, false},
           // Of another boot.
           Pair{"s=z;i=1;b=d;m=1;t=4;x=4", "s=a;i=1;b=c;m=2;t=3;x=4", false, false},
           Pair{"s=z;i=1;b=d;m=9;t=3;x=4", "s=a;i=1;b=c;m=2;t=3;x=4", false, true},
       }) {
    const auto a = JournalCursor::parse(pair.a);
    const auto b = JournalCursor::parse(pair.b);
    ASSERT_TRUE(a && b);
    EXPECT_EQ(a->same_entry(*b), pair.same) << pair.a;
    EXPECT_EQ(a->not_behind(*b), pair.not_behind) << pair.a;
  }
}

}  // namespace
}  // namespace tailrace::tailer
