// Base64 in both directions.
#include "receivers/base64.h"

#include <gtest/gtest.h>

namespace tailrace::receivers {
namespace {

TEST(Base64, reads_what_it_writes) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
    bytes += static_cast<char>(i * 7);
  }
  EXPECT_EQ(encode_base64("fo"), "Zm8=");
  EXPECT_EQ(encode_base64("f"), "Zg==");
}

TEST(Base64, reads_both_alphabets_and_no_padding) {
  EXPECT_EQ(decode_base64("+/-_"), "\xfb\xff\xbf");
  EXPECT_EQ(decode_base64("Zm8"), "fo");
  EXPECT_EQ(decode_base64(""), "");
}

TEST(Base64, refuses_the_rest) {
  for (const char* text : {"Z", "Zm8==", "Z===", "Zm 8", "Zm8=Zm8=", "%%%%", "Zm8\n"}) {
    EXPECT_FALSE(decode_base64(text)) << text;
  }
}

}  // namespace
}  // namespace tailrace::receivers
