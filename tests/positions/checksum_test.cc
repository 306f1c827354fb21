// CRC-32C against known values and its own two forms; the stored hash.
#include "positions/checksum.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::positions {
namespace {

TEST(Crc32c, gives_the_values_of_rfc_3720) {
  EXPECT_EQ(crc32c(0, ""), 0U);
  EXPECT_EQ(crc32c(0, "123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(0, std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(0, std::string(32, '\xff')), 0x62a8ab43U);
}

TEST(Crc32c, is_the_same_by_instruction_and_by_table_at_all_sizes) {
  std::string bytes;
  for (std::size_t i = 0; i < 20'000; ++i)
    bytes.push_back(static_cast<char>((i * i + i / 7) & 0xff));
  for (std::size_t size = 0; size <= bytes.size(); size += size < 40 ? 1 : 997) {
    const std::string_view part = std::string_view(bytes).substr(0, size);
    EXPECT_EQ(crc32c(0, part), crc32c_portable(0, part)) << size;
  }
}

TEST(Crc32c, goes_on_where_it_left) {
  EXPECT_EQ(crc32c(crc32c(0, "1234"), "56789"), 0xe3069283U);
  EXPECT_EQ(crc32c_portable(crc32c_portable(0, "1234"), "56789"), 0xe3069283U);
}

TEST(Hash64, never_changes_because_it_is_stored) {
  EXPECT_EQ(hex16(hash64("")), "c45229ef8cbc68ca");
  EXPECT_EQ(hex16(hash64("a")), "ec40f3d844df9543");
  EXPECT_EQ(hex16(hash64("12345678")), "471848bab5c83733");
  EXPECT_EQ(hex16(hash64("a line of a log file\n")), "cda0520b81a691c6");
}

TEST(Hash64, tells_texts_apart_that_differ_in_one_byte_or_in_length) {
  std::string text(64, 'a');
  const std::uint64_t whole = hash64(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[i] = 'b';
    EXPECT_NE(hash64(text), whole);
    text[i] = 'a';
  }
  EXPECT_NE(hash64(std::string(1, '\0')), hash64(""));
  EXPECT_NE(hash64(std::string(8, '\0')), hash64(std::string(9, '\0')));
}

TEST(Hex16, writes_all_sixteen_digits) {
  EXPECT_EQ(hex16(0), "0000000000000000");
  EXPECT_EQ(hex16(0x0123456789abcdef), "0123456789abcdef");
}

}  // namespace
}  // namespace tailrace::positions
