// Checksums of what is stored: CRC-32C for records, a 64-bit hash for fingerprints and short
// checks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tailrace::positions {

// CRC-32C (Castagnoli) of what `crc` stands for followed by `bytes`; begin with 0. Uses the
// processor's instruction where there is one: above 10 GB/s.
std::uint32_t crc32c(std::uint32_t crc, std::string_view bytes);

// The same from tables, for processors without the instruction.
std::uint32_t crc32c_portable(std::uint32_t crc, std::string_view bytes);

// A hash that is the same on every machine and in every version, because it is stored. Not for
// adversaries.
std::uint64_t hash64(std::string_view bytes);

// 16 lower-case hexadecimal digits.
std::string hex16(std::uint64_t value);

}  // namespace tailrace::positions
