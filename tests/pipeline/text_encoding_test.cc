// Which bytes are characters.
#include "pipeline/matching/text_encoding.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::pipeline {
namespace {

TEST(TextEncoding, tells_ascii_utf8_and_neither_apart) {
  for (std::size_t length = 0; length < 80; ++length) {
    const std::string ascii(length, '\x7F');
    EXPECT_EQ(encoding_of(ascii), TextEncoding::kAscii);
    EXPECT_EQ(encoding_of(ascii + "\xC3\xA9" + ascii), TextEncoding::kUtf8);
    EXPECT_EQ(encoding_of(ascii + "\x80" + ascii), TextEncoding::kInvalid);
  }
  for (const char* valid : {"\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                            "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(encoding_of(valid), TextEncoding::kUtf8);
  }
  for (const char* invalid : {"\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
                              "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3",
                              "\xC3(", "\xE2\x82", "\xE2\x82(", "\xF0\x9F\x98", "\xF0\x9F\x98("}) {
    EXPECT_EQ(encoding_of(invalid), TextEncoding::kInvalid);
  }
}

TEST(RepairedText, leads_back_to_the_original_offsets) {
  RepairedText repaired;
  repaired.assign(
      "a\xFF"
      "b\xE2\x82"
      "c");
  EXPECT_EQ(repaired.text(),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\xEF\xBF\xBD"
            "c");
  const std::pair<std::size_t, std::size_t> offsets[] = {{0, 0}, {1, 1},  {4, 2}, {5, 3},
                                                         {8, 4}, {11, 5}, {12, 6}};
  for (const auto& [in_copy, in_original] : offsets) {
    EXPECT_EQ(repaired.original_offset(in_copy), in_original) << in_copy;
  }
  repaired.assign("xy");
  EXPECT_EQ(repaired.original_offset(2), 2U);
}

}  // namespace
}  // namespace tailrace::pipeline
