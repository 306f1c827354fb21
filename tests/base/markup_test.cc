// What is no markup any more.
#include "base/markup.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

TEST(Markup, special_characters_are_escaped_and_others_stay) {
  EXPECT_EQ(escape_markup("<a href=\"x&y\">'\n\xc3\xa9"),
            "&lt;a href=&quot;x&amp;y&quot;&gt;'\n\xc3\xa9");
  EXPECT_EQ(escape_markup(""), "");
}

}  // namespace
}  // namespace tailrace
