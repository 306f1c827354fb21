// Tests of name slots.
#include "pipeline/names.h"

#include <gtest/gtest.h>

namespace tailrace::pipeline {
namespace {

TEST(Names, one_slot_per_name_and_kind) {
  Names names;
  EXPECT_EQ(names.extracted("a"), 0U);
  EXPECT_EQ(names.extracted("b"), 1U);
  EXPECT_EQ(names.extracted("a"), 0U);
  EXPECT_EQ(names.label("b"), 0U);
  EXPECT_EQ(names.extracted_names().size(), 2U);
  EXPECT_EQ(names.extracted_names()[1], "b");
  EXPECT_EQ(names.label_names()[0], "b");
}

TEST(Names, knows_what_is_read) {
  Names names;
  names.note_read("a");
  EXPECT_TRUE(names.is_read("a"));
  EXPECT_FALSE(names.is_read("b"));
  names.note_everything_read();
  EXPECT_TRUE(names.is_read("b"));
}

}  // namespace
}  // namespace tailrace::pipeline
