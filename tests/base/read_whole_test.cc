// Small files as text.
#include "base/read_whole.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace {
namespace {

TEST(ReadWhole, reads_to_the_end_in_however_many_reads) {
  testing::FakeClock clock;
  testing::MemoryFileSystem files(clock);
  const std::string text(40'000, 'x');
  files.append("/f", text);
  files.append("/empty", "");
  files.limit_reads_to(700);
  EXPECT_EQ(read_whole(files, "/f", text.size()).value_or(""), text);
  EXPECT_EQ(read_whole(files, "/empty", 0).value_or("?"), "");
}

TEST(ReadWhole, refuses_what_is_too_long_and_what_is_not_there) {
  testing::FakeClock clock;
  testing::MemoryFileSystem files(clock);
  files.append("/f", "12345");
  EXPECT_EQ(read_whole(files, "/f", 4).error().message, "is longer than 4 bytes");
  EXPECT_FALSE(read_whole(files, "/none", 4));
}

}  // namespace
}  // namespace tailrace
