// Hash sums of texts, without memory from the heap.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tailrace::pipeline::go_template {

enum class Digest : std::uint8_t { kSha1, kSha256, kSha512, kSha3 };  // kSha3: of 256 bits.

inline constexpr std::size_t kDigestBytesMax = 64;

// The sum of both texts, one behind the other; its bytes are in `room`.
std::span<const unsigned char> digest_of(Digest digest, std::string_view first,
                                         std::string_view second,
                                         std::array<unsigned char, kDigestBytesMax>& room);

}  // namespace tailrace::pipeline::go_template
