// GELF messages: lines and fields as Promtail 3.4.6 was observed to make them; packing.
#include "receivers/gelf_message.h"

#include <zlib.h>

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "model/line_block.h"

namespace tailrace::receivers {
namespace {

constexpr int kGzip = 15 + 16;
constexpr int kZlib = 15;

std::string pack(std::string_view text, int window) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 1024, '\0');
  std::string in(text);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Result<const GelfMessage*> read(GelfReader& reader, std::string_view json) {
  std::string padded(json);
  padded.append(ReadBuffer::kPadding, '\0');
  return reader.read(std::string_view(padded).substr(0, json.size()));
}

struct GelfCase {
  std::string_view json;
  std::string_view line;  // Empty: refused.
  std::string_view level;
};

TEST(GelfMessage, becomes_the_line_that_promtail_makes) {
  const std::vector<GelfCase> cases = {
      {R"({"version":"1.1","host":"h","short_message":"s<&>\u2028 \u0001\b\f/ \u00e9","timestamp":1385053862.3072,"level":1,"_user_id":9001,"_a":1.50,"_big":1e21,"_n":null,"_o":{"b":1,"a":[1,true]},"foo":1,"_small":0.0000001,"_id":12345678901234567890})",
       R"({"version":"1.1","host":"h","short_message":"s\u003c\u0026\u003e\u2028 \u0001\b\f/ )"
       "\xc3\xa9"
       R"(","timestamp":1385053862.3072,"level":1,"_a":1.5,"_big":1e+21,"_id":12345678901234567000,"_n":null,"_o":{"a":[1,true],"b":1},"_small":1e-7,"_user_id":9001})",
       "alert"},
      {R"({"version":"1.1","host":"h","short_message":"s \"99999999999999999999\"","_a":99999999999999999999,"_b":-123456789012345678901234,"_c":[18446744073709551615],"_d":1})",
       R"({"version":"1.1","host":"h","short_message":"s \"99999999999999999999\"","timestamp":0,"_a":100000000000000000000,"_b":-1.2345678901234569e+23,"_c":[18446744073709552000],"_d":1})",
       "emergency"},
      {R"({"version":"1.1","host":"h","short_message":"s"})",
       R"({"version":"1.1","host":"h","short_message":"s","timestamp":0})", "emergency"},
      {R"({"version":"1.1","host":"h","short_message":"s","timestamp":1,"full_message":"f","facility":"fac","line":3,"file":"x","level":7})",
       R"({"version":"1.1","host":"h","short_message":"s","full_message":"f","timestamp":1,"level":7,"facility":"fac"})",
       "debug"},
      {R"({"version":"1.1","host":"h","timestamp":5,"level":9})",
       R"({"version":"1.1","host":"h","short_message":"","timestamp":5,"level":9})", ""},
      {R"({"VERSION":"1.1","Host":"hh","short_message":"case","timestamp":5,"level":3})",
       R"({"version":"","host":"","short_message":"case","timestamp":5,"level":3})", "error"},
      {R"({"version":"1.1","host":"h","short_message":"lvl","timestamp":5,"level":3.5})",
       R"({"version":"1.1","host":"h","short_message":"lvl","timestamp":5,"level":3})", "error"},
      {R"({"short_message":"x","_x\"y":"q","_a":1,"_a":2})",
       R"({"version":"","host":"","short_message":"x","timestamp":0,"_a":2,"_x\"y":"q"})",
       "emergency"},
      {R"({"host":"h","short_message":"s","timestamp":"123"})", "", ""},
      {R"({"version":1.1,"host":"h","short_message":"s"})", "", ""},
      {R"({"version":"1.1","host":null,"short_message":"s"})", "", ""},
      {"[1]", "", ""},
      {"", "", ""},
      {"{\"a\":", "", ""},
      {"words", "", ""}};
  GelfReader reader;
  for (const GelfCase& one : cases) {
    const auto message = read(reader, one.json);
    if (one.line.empty()) {
      EXPECT_FALSE(message.has_value()) << one.json;
      continue;
    }
    ASSERT_TRUE(message.has_value()) << one.json << message.error().message;
    EXPECT_EQ((*message)->line, one.line);
    EXPECT_EQ(gelf_level((*message)->level), one.level) << one.json;
  }
}

TEST(GelfMessage, says_when_it_was_written) {
  GelfReader reader;
  EXPECT_EQ((*read(reader, R"({"timestamp":1385053862.5})"))->time_ns,
            std::optional<std::int64_t>(1'385'053'862'500'000'000));
  EXPECT_EQ((*read(reader, R"({"timestamp":1e300})"))->time_ns, std::nullopt);
  EXPECT_EQ((*read(reader, "{}"))->time_ns, std::nullopt);
}

TEST(GelfMessage, is_unpacked_whatever_it_came_in) {
  GelfUnpacker unpacker(1'000'000);
  const std::string text = "{\"a\":\"" + std::string(200'000, 'x') + "\"}";
  for (const std::string& packed : {pack(text, kGzip), pack(text, kZlib), text}) {
    const auto unpacked = unpacker.unpack(packed);
    ASSERT_TRUE(unpacked.has_value()) << unpacked.error().message;
    EXPECT_EQ(*unpacked, text);
  }
}

TEST(GelfMessage, is_refused_when_it_is_a_bomb_or_damaged) {
  GelfUnpacker unpacker(100'000);
  const std::string bomb = pack(std::string(10'000'000, 'x'), kGzip);
  EXPECT_LT(bomb.size(), 20'000U);
  EXPECT_EQ(unpacker.unpack(bomb).error().code, Error::kExhausted);
  for (std::string packed : {pack("{}", kGzip), pack("{}", kZlib)}) {
    EXPECT_EQ(unpacker.unpack(packed.substr(0, packed.size() - 1)).error().code, Error::kInvalid);
    packed[packed.size() - 1] = static_cast<char>(packed[packed.size() - 1] + 1);
    EXPECT_EQ(unpacker.unpack(packed).error().code, Error::kInvalid);
  }
  // Exactly as long as may be.
  EXPECT_TRUE(unpacker.unpack(pack(std::string(99'999, 'x'), kZlib)).has_value());
}

}  // namespace
}  // namespace tailrace::receivers
