// Hash sums, compared with those of OpenSSL's general interface.
#include "pipeline/go_template/digest.h"

#include <string>

#include <gtest/gtest.h>
#include <openssl/evp.h>

namespace tailrace::pipeline::go_template {
namespace {

std::string sum(Digest digest, std::string_view first, std::string_view second) {
  std::array<unsigned char, kDigestBytesMax> room{};
  const auto bytes = digest_of(digest, first, second, room);
  return {bytes.begin(), bytes.end()};
}

std::string openssl_sum(const EVP_MD* type, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> room{};
  unsigned size = 0;
  EXPECT_EQ(EVP_Digest(text.data(), text.size(), room.data(), &size, type, nullptr), 1);
  return {room.begin(), room.begin() + size};
}

TEST(Digest, is_the_one_of_both_texts_at_every_length) {
  std::string text;
  for (int i = 0; i < 450; ++i) {
    const std::size_t cut = static_cast<std::size_t>(i) / 3;
    const std::string_view first = std::string_view(text).substr(0, cut);
    const std::string_view second = std::string_view(text).substr(cut);
    ASSERT_EQ(sum(Digest::kSha1, first, second), openssl_sum(EVP_sha1(), text)) << i;
    ASSERT_EQ(sum(Digest::kSha256, first, second), openssl_sum(EVP_sha256(), text)) << i;
    ASSERT_EQ(sum(Digest::kSha512, first, second), openssl_sum(EVP_sha512(), text)) << i;
    ASSERT_EQ(sum(Digest::kSha3, first, second), openssl_sum(EVP_sha3_256(), text)) << i;
    text += static_cast<char>(i * 7);
  }
}

}  // namespace
}  // namespace tailrace::pipeline::go_template
