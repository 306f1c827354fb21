// Text to descriptors.
#include "base/text_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace tailrace {
namespace {

TEST(TextOutput, is_empty_without_a_target) {
  EXPECT_FALSE(TextOutput());
  EXPECT_TRUE(TextOutput({[](std::string_view) {}, TextOutput::Colours::kNone}));
}

TEST(TextOutput, writes_more_than_a_pipe_takes_at_once) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  std::string text;
  for (int i = 0; text.size() < 300'000; ++i)
    text += std::to_string(i) + "\n";
  std::string got;
  std::thread reader([&] {
    std::array<char, 4096> part{};
    for (ssize_t bytes = 0; (bytes = read(ends[0], part.data(), part.size())) > 0;)
      got.append(part.data(), static_cast<std::size_t>(bytes));
  });
  write_text(ends[1], text);
  close(ends[1]);
  reader.join();
  close(ends[0]);
  EXPECT_EQ(got, text);
}

TEST(TextOutput, a_target_that_refuses_ends_the_writing) {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  write_text(full, "text");  // It returns.
  close(full);
}

}  // namespace
}  // namespace tailrace
