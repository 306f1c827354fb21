// Hash sums of texts, without memory from the heap.
//
// OpenSSL's current interface takes memory for each sum, so SHA-1 and SHA-2 come from its older
// one. That has no SHA-3, which is therefore here: FIPS 202, with 256 bits.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "pipeline/go_template/digest.h"

#include <bit>
#include <utility>

#include <openssl/sha.h>

namespace tailrace::pipeline::go_template {
namespace {

// Seven bits of a shift register each, at the places 0, 1, 3, 7 ... 63.
constexpr std::array<std::uint64_t, 24> round_constants() {
  std::array<std::uint64_t, 24> constants{};
  std::uint32_t bits = 1;
  for (std::uint64_t& constant : constants) {
    for (unsigned i = 0; i < 7; ++i) {
      if ((bits & 1U) != 0) constant |= std::uint64_t{1} << ((1U << i) - 1);
      bits = (bits << 1U) ^ ((bits & 0x80U) != 0 ? 0x171U : 0U);
    }
  }
  return constants;
}
constexpr std::array<std::uint64_t, 24> kRoundConstants = round_constants();

// Where the words go, each to the place of the next, and by how many bits they are rotated.
constexpr std::array<std::size_t, 24> kMoves = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                                15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
constexpr std::array<int, 24> kRotations = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                            27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};

class Sha3 {
 public:
  static constexpr std::size_t kBytes = 32;

  void add(std::string_view text) {
    for (const char c : text)
      add_byte(static_cast<unsigned char>(c));
  }

  void finish(unsigned char* out) {
    state_[at_ / 8] ^= std::uint64_t{0x06} << (at_ % 8 * 8);
    state_[kRate / 8 - 1] ^= std::uint64_t{0x80} << 56U;
    permute();
    for (std::size_t i = 0; i < kBytes; ++i) {
      out[i] = static_cast<unsigned char>(state_[i / 8] >> (i % 8 * 8));
    }
  }

 private:
  static constexpr std::size_t kRate = 136;  // Bytes per block: 200 less twice the sum.

  void add_byte(unsigned char byte) {
    state_[at_ / 8] ^= std::uint64_t{byte} << (at_ % 8 * 8);
    if (++at_ < kRate) return;
    permute();
    at_ = 0;
  }

  void permute() {
    for (const std::uint64_t constant : kRoundConstants) {
      mix_columns();
      // rho and pi: words move in one large circle and are rotated on the way.
      std::uint64_t moved = state_[1];
      for (std::size_t i = 0; i < kMoves.size(); ++i) {
        std::swap(moved, state_[kMoves[i]]);
        state_[kMoves[i]] = std::rotl(state_[kMoves[i]], kRotations[i]);
      }
      for (std::size_t y = 0; y < 25; y += 5)
        mix_row(&state_[y]);
      state_[0] ^= constant;
    }
  }

  void mix_columns() {  // theta
    std::array<std::uint64_t, 5> parity{};
    for (std::size_t x = 0; x < 5; ++x) {
      parity[x] = state_[x] ^ state_[x + 5] ^ state_[x + 10] ^ state_[x + 15] ^ state_[x + 20];
    }
    for (std::size_t x = 0; x < 5; ++x) {
      const std::uint64_t mixed = parity[(x + 4) % 5] ^ std::rotl(parity[(x + 1) % 5], 1);
      for (std::size_t y = 0; y < 25; y += 5)
        state_[x + y] ^= mixed;
    }
  }

  static void mix_row(std::uint64_t* row) {  // chi
    const std::uint64_t a = row[0];
    const std::uint64_t b = row[1];
    row[0] ^= ~b & row[2];
    row[1] ^= ~row[2] & row[3];
    row[2] ^= ~row[3] & row[4];
    row[3] ^= ~row[4] & a;
    row[4] ^= ~a & b;
  }

  std::array<std::uint64_t, 25> state_{};
  std::size_t at_ = 0;  // Bytes of the block at hand.
};

}  // namespace

std::span<const unsigned char> digest_of(Digest digest, std::string_view first,
                                         std::string_view second,
                                         std::array<unsigned char, kDigestBytesMax>& room) {
  switch (digest) {
    case Digest::kSha1: {
      SHA_CTX context;
      SHA1_Init(&context);
      SHA1_Update(&context, first.data(), first.size());
      SHA1_Update(&context, second.data(), second.size());
      SHA1_Final(room.data(), &context);
      return std::span(room).first(SHA_DIGEST_LENGTH);
    }
    case Digest::kSha256: {
      SHA256_CTX context;
      SHA256_Init(&context);
      SHA256_Update(&context, first.data(), first.size());
      SHA256_Update(&context, second.data(), second.size());
      SHA256_Final(room.data(), &context);
      return std::span(room).first(SHA256_DIGEST_LENGTH);
    }
    case Digest::kSha512: {
      SHA512_CTX context;
      SHA512_Init(&context);
      SHA512_Update(&context, first.data(), first.size());
      SHA512_Update(&context, second.data(), second.size());
      SHA512_Final(room.data(), &context);
      return std::span(room).first(SHA512_DIGEST_LENGTH);
    }
    case Digest::kSha3:
      break;
  }
  Sha3 sha3;
  sha3.add(first);
  sha3.add(second);
  sha3.finish(room.data());
  return std::span(room).first(Sha3::kBytes);
}

}  // namespace tailrace::pipeline::go_template
