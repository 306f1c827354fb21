// The compression libraries behind one function: steps, ends and failures.
#include "tailer/decompressor.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/pack.h"

namespace tailrace::tailer {
namespace {

using Format = Decompressor::Format;

constexpr Format kAllFormats[] = {Format::kGzip, Format::kZlib, Format::kBzip2, Format::kZstd};

TEST(Decompressor, unpacks_a_member_in_steps_of_any_size) {
  std::string text;
  for (int i = 0; i < 3000; ++i)
    text += std::to_string(i * i);
  for (const Format format : kAllFormats) {
    const std::string stored = testing::pack(format, text);
    for (const std::size_t step_bytes : {std::size_t{1}, std::size_t{100}, stored.size()}) {
      auto decompressor = Decompressor::create(format);
      ASSERT_TRUE(decompressor);
      std::string unpacked;
      std::size_t at = 0;
      int members = 0;
      for (int steps = 0; members == 0 && steps < 100'000; ++steps) {
        std::vector<char> out(step_bytes);
        const auto in = std::string_view(stored).substr(at, step_bytes);
        const Decompressor::Step step = (*decompressor)->run(in, out);
        ASSERT_FALSE(step.failure) << step.failure->message;
        at += step.consumed;
        unpacked.append(out.data(), step.produced);
        members += step.member_ended ? 1 : 0;
      }
      EXPECT_TRUE(unpacked == text);
      EXPECT_EQ(at, stored.size());
    }
  }
}

TEST(Decompressor, begins_the_next_member_after_an_end) {
  for (const Format format : kAllFormats) {
    const std::string stored = testing::pack(format, "a");
    auto decompressor = Decompressor::create(format);
    for (int i = 0; i < 3; ++i) {
      std::string unpacked;
      std::string_view rest = stored;
      bool ended = false;
      while (!ended) {
        std::vector<char> out(10);
        const Decompressor::Step step = (*decompressor)->run(rest, out);
        ASSERT_FALSE(step.failure);
        ASSERT_TRUE(step.consumed > 0 || step.member_ended);
        rest.remove_prefix(step.consumed);
        unpacked.append(out.data(), step.produced);
        ended = step.member_ended;
      }
      EXPECT_EQ(unpacked, "a");
      EXPECT_TRUE(rest.empty());
    }
  }
}

TEST(Decompressor, says_that_data_is_damaged) {
  for (const Format format : kAllFormats) {
    auto decompressor = Decompressor::create(format);
    std::vector<char> out(100);
    std::string_view rest = "certainly not compressed data";
    std::optional<Error> failure;
    while (!failure && !rest.empty()) {
      const Decompressor::Step step = (*decompressor)->run(rest, out);
      rest.remove_prefix(step.consumed);
      failure = step.failure;
    }
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code, Error::kCorrupt);
    EXPECT_TRUE(failure->message.starts_with("damaged "));
  }
}

TEST(Decompressor, does_nothing_without_input) {
  for (const Format format : kAllFormats) {
    auto decompressor = Decompressor::create(format);
    std::vector<char> out(10);
    const Decompressor::Step step = (*decompressor)->run({}, out);
    EXPECT_EQ(step.consumed + step.produced, 0U);
    EXPECT_FALSE(step.member_ended);
    EXPECT_FALSE(step.failure);
  }
}

}  // namespace
}  // namespace tailrace::tailer
