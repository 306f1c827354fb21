// Sizes in bytes.
#include "config/byte_size.h"

#include <gtest/gtest.h>

namespace tailrace::config {
namespace {

TEST(ByteSize, reads_numbers_and_units) {
  struct Case {
    const char* text;
    std::uint64_t bytes;
  };
  for (const Case& c : {Case{"", 0},
                        Case{"0", 0},
                        Case{"0B", 0},
                        Case{"5", 5},
                        Case{"5b", 5},
                        Case{"5 byte", 5},
                        Case{"5bytes", 5},
                        Case{"1k", 1024},
                        Case{"256kb", 262144},
                        Case{"256 KB", 262144},
                        Case{"1kilo", 1024},
                        Case{"1kilobyte", 1024},
                        Case{"2Kilobytes", 2048},
                        Case{"2M", 2097152},
                        Case{"2mB", 2097152},
                        Case{"1mega", 1048576},
                        Case{"1g", 1073741824},
                        Case{"1gigabyte", 1073741824},
                        Case{"1t", 1ULL << 40U},
                        Case{"1terabytes", 1ULL << 40U},
                        Case{"1pb", 1ULL << 50U},
                        Case{"1peta", 1ULL << 50U},
                        Case{"15eb", 15ULL << 60U},
                        Case{"1exabyte", 1ULL << 60U},
                        Case{"18446744073709551615", 18446744073709551615ULL}}) {
    const auto size = parse_byte_size(c.text);
    ASSERT_TRUE(size) << c.text;
    EXPECT_EQ(*size, c.bytes) << c.text;
  }
}

TEST(ByteSize, refuses_the_rest) {
  for (const char* text :
       {"-1", "+1", "1.5kb", "2MiB", "5KIB", "1e3", "1_000", "0x10", "kb", " 5", "5 k b", "5kbb",
        "5kilobytess", "5x", "16eb", "18446744073709551616", "99999999999999999999 kb", "5\tkb"}) {
    EXPECT_FALSE(parse_byte_size(text)) << text;
  }
}

}  // namespace
}  // namespace tailrace::config
