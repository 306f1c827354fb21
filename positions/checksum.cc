// Checksums: CRC-32C in three interleaved streams or eight tables, and a multiply-rotate hash.
//
// The processor's CRC instruction takes three cycles but a new one can start every cycle. Three
// stretches of a block are therefore summed side by side and joined afterwards: appending n zero
// bytes to a message is a linear map on its CRC, kept here as a table for the one n that is used.
#include "positions/checksum.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace tailrace::positions {

namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // Castagnoli, bits reversed.
constexpr std::size_t kStretchBytes = 1024;        // Of each of the three streams.

using ByteTable = std::array<std::uint32_t, 256>;
using Matrix = std::array<std::uint32_t, 32>;  // One column per bit.

constexpr std::array<ByteTable, 8> make_slices() {
  std::array<ByteTable, 8> slices{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? kPolynomial : 0);
    slices[0][byte] = crc;
  }
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    for (std::size_t slice = 1; slice < 8; ++slice) {
      const std::uint32_t before = slices[slice - 1][byte];
      slices[slice][byte] = (before >> 8U) ^ slices[0][before & 0xffU];
    }
  }
  return slices;
}
constexpr std::array<ByteTable, 8> kSlices = make_slices();

std::uint32_t load32(const char* bytes) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes, sizeof(value));
  return std::endian::native == std::endian::little ? value : __builtin_bswap32(value);
}

std::uint64_t load64(const char* bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes, sizeof(value));
  return std::endian::native == std::endian::little ? value : __builtin_bswap64(value);
}

#if defined(__x86_64__)

constexpr std::uint32_t multiply(const Matrix& matrix, std::uint32_t vector) {
  std::uint32_t sum = 0;
  for (std::size_t bit = 0; vector != 0; ++bit, vector >>= 1U) {
    if ((vector & 1U) != 0) sum ^= matrix[bit];
  }
  return sum;
}

// The map "append kStretchBytes zero bytes", as four tables over the bytes of a CRC.
constexpr std::array<ByteTable, 4> make_shift() {
  Matrix matrix{};  // Append one zero bit.
  matrix[0] = kPolynomial;
  for (std::uint32_t bit = 1; bit < 32; ++bit)
    matrix[bit] = 1U << (bit - 1);
  for (std::size_t bits = 1; bits < 8 * kStretchBytes; bits *= 2) {
    Matrix square{};
    for (std::size_t bit = 0; bit < 32; ++bit)
      square[bit] = multiply(matrix, matrix[bit]);
    matrix = square;
  }
  std::array<ByteTable, 4> shift{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    for (std::uint32_t place = 0; place < 4; ++place) {
      shift[place][byte] = multiply(matrix, byte << (8 * place));
    }
  }
  return shift;
}
constexpr std::array<ByteTable, 4> kShift = make_shift();

std::uint64_t shifted(std::uint64_t crc) {
  return kShift[0][crc & 0xffU] ^ kShift[1][(crc >> 8U) & 0xffU] ^ kShift[2][(crc >> 16U) & 0xffU] ^
         kShift[3][(crc >> 24U) & 0xffU];
}

__attribute__((target("sse4.2"))) std::uint32_t crc32c_instruction(std::uint32_t crc,
                                                                   std::string_view bytes) {
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t first = ~crc;
  while (left >= 3 * kStretchBytes) {
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t i = 0; i < kStretchBytes; i += 8) {
      first = _mm_crc32_u64(first, load64(at + i));
      second = _mm_crc32_u64(second, load64(at + kStretchBytes + i));
      third = _mm_crc32_u64(third, load64(at + 2 * kStretchBytes + i));
    }
    first = shifted(shifted(first) ^ second) ^ third;
    at += 3 * kStretchBytes;
    left -= 3 * kStretchBytes;
  }
  for (; left >= 8; at += 8, left -= 8)
    first = _mm_crc32_u64(first, load64(at));
  auto sum = static_cast<std::uint32_t>(first);
  for (; left > 0; ++at, --left)
    sum = _mm_crc32_u8(sum, static_cast<unsigned char>(*at));
  return ~sum;
}

#endif

std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) {
  constexpr std::uint64_t kWord = 0x9e3779b97f4a7c15;
  constexpr std::uint64_t kState = 0xd6e8feb86659fd93;
  return std::rotl(hash ^ (word * kWord), 29) * kState;
}

}  // namespace

std::uint32_t crc32c_portable(std::uint32_t crc, std::string_view bytes) {
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint32_t sum = ~crc;
  for (; left >= 8; at += 8, left -= 8) {
    const std::uint32_t low = sum ^ load32(at);
    const std::uint32_t high = load32(at + 4);
    sum = kSlices[7][low & 0xffU] ^ kSlices[6][(low >> 8U) & 0xffU] ^
          kSlices[5][(low >> 16U) & 0xffU] ^ kSlices[4][low >> 24U] ^ kSlices[3][high & 0xffU] ^
          kSlices[2][(high >> 8U) & 0xffU] ^ kSlices[1][(high >> 16U) & 0xffU] ^
          kSlices[0][high >> 24U];
  }
  for (; left > 0; ++at, --left) {
    sum = (sum >> 8U) ^ kSlices[0][(sum ^ static_cast<unsigned char>(*at)) & 0xffU];
  }
  return ~sum;
}

std::uint32_t crc32c(std::uint32_t crc, std::string_view bytes) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2") != 0) return crc32c_instruction(crc, bytes);
#endif
  return crc32c_portable(crc, bytes);
}

std::uint64_t hash64(std::string_view bytes) {
  std::uint64_t hash = 0x51ed270b9f652295 ^ bytes.size();
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8)
    hash = mixed(hash, load64(at));
  std::uint64_t tail = 0;
  for (std::size_t i = 0; i < left; ++i) {
    tail |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
  }
  hash = mixed(hash, tail);
  hash ^= hash >> 32U;
  hash *= 0xd6e8feb86659fd93;
  hash ^= hash >> 29U;
  return hash;
}

std::string hex16(std::uint64_t value) {
  std::string digits(16, '0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, value >>= 4U) {
    *digit = "0123456789abcdef"[value & 0xfU];
  }
  return digits;
}

}  // namespace tailrace::positions
