// The names that sources have in the outbox.
#include "model/resume_point.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

TEST(SourceKind, names_are_read_back) {
  for (const SourceKind kind : {SourceKind::kFile, SourceKind::kStdin, SourceKind::kOther}) {
    EXPECT_EQ(source_kind(to_text(kind)), kind) << to_text(kind);
  }
  EXPECT_EQ(to_text(SourceKind::kFile), "file");  // What outboxes on disk say.
  EXPECT_EQ(to_text(SourceKind::kStdin), "stdin");
}

TEST(SourceKind, one_that_this_version_does_not_know_is_other) {
  EXPECT_EQ(source_kind("carrier pigeon"), SourceKind::kOther);
  EXPECT_EQ(source_kind(""), SourceKind::kOther);
}

}  // namespace
}  // namespace tailrace
