// Chunks of GELF: what is put together, what is given up.
#include "receivers/gelf_chunks.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::receivers {
namespace {

// One datagram of several.
std::string one_chunk(std::string_view id, int number, int count, std::string_view content) {
  std::string out = "\x1e\x0f";
  out.append(id);
  out += static_cast<char>(number);
  out += static_cast<char>(count);
  return out.append(content);
}

TEST(GelfChunks, keeps_only_so_many_halves_and_bytes) {
  GelfChunks chunks;
  const SteadyTime now{};
  std::string_view message;
  PeerAddress peer;
  const std::string content(8000, 'x');
  for (int i = 0; i < 5000; ++i) {
    std::string id = std::to_string(i);
    id.resize(8, '.');
    EXPECT_EQ(chunks.take(one_chunk(id, i % 127, 128, content), peer, now, message),
              GelfChunks::Taken::kMore);
    ASSERT_LE(chunks.messages(), GelfChunks::kMessagesMax);
    ASSERT_LE(chunks.bytes(), GelfChunks::kBytesMax);
  }
  EXPECT_EQ(chunks.given_up(), 5000 - chunks.messages());
  chunks.expire(now + GelfChunks::kPatience);
  EXPECT_EQ(chunks.messages(), 0U);
  EXPECT_EQ(chunks.bytes(), 0U);
}

TEST(GelfChunks, refuses_what_is_no_chunk) {
  GelfChunks chunks;
  std::string_view message;
  const std::vector<std::string> bad = {one_chunk("aaaaaaaa", 0, 0, "x"),
                                        one_chunk("aaaaaaaa", 3, 3, "x"),
                                        one_chunk("aaaaaaaa", 0, 129, "x"),
                                        "\x1e\x0f"
                                        "short"};
  for (const std::string& one : bad) {
    EXPECT_EQ(chunks.take(one, {}, SteadyTime{}, message), GelfChunks::Taken::kBad);
  }
  // Of one message, but not of one count; and another sender's.
  EXPECT_EQ(chunks.take(one_chunk("aaaaaaaa", 0, 2, "x"), {}, SteadyTime{}, message),
            GelfChunks::Taken::kMore);
  EXPECT_EQ(chunks.take(one_chunk("aaaaaaaa", 1, 3, "x"), {}, SteadyTime{}, message),
            GelfChunks::Taken::kBad);
  const PeerAddress other{.family = PeerAddress::Family::kIpv4, .bytes = {1}};
  EXPECT_EQ(chunks.take(one_chunk("aaaaaaaa", 1, 2, "x"), other, SteadyTime{}, message),
            GelfChunks::Taken::kMore);
}

}  // namespace
}  // namespace tailrace::receivers
