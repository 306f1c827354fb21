// Push requests as clients of Loki write them, and what is said about those that nobody can read.
#include "receivers/push_request.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "shippers/push_encoder.h"
#include "shippers/snappy_block.h"
#include "tests/support/deflate_text.h"

namespace tailrace::receivers {
namespace {

constexpr std::uint64_t kRawBytesMax = 1U << 20U;
constexpr const char* kJson = "application/json";
constexpr const char* kProtobuf = "application/x-protobuf";

Result<std::vector<PushedEntry>> decode(std::string_view type, std::string_view encoding,
                                        std::string_view body) {
  return decode_push_request(type, encoding, body, kRawBytesMax);
}

std::string snappy(std::string_view raw) {
  return std::string(shippers::SnappyCompressor().compress({&raw, 1}));
}

std::string stream_of(std::string_view labels, std::int64_t time_ns,
                      const std::vector<std::string>& lines,
                      const std::vector<LabelPair>& metadata = {}) {
  std::string entries;
  for (const std::string& line : lines) {
    const shippers::EntryEncoder encoder(Timestamp::of_ns(time_ns), line, metadata);
    const std::size_t begin = entries.size();
    entries.resize(begin + encoder.bytes());
    encoder.write(entries.data() + begin);
  }
  std::string raw;
  shippers::append_stream_header(raw, labels, entries.size());
  return raw + entries;
}

TEST(PushRequest, reads_protobuf_in_snappy) {
  const std::string raw = stream_of("{a=\"1\"}", 1'700'000'000'000'000'042, {"x", "y"}) +
                          stream_of("{a=\"2\"}", 7, {"z"}, {{"trace", "t"}, {"user", "u"}});
  for (const std::string type : {"application/x-protobuf", "application/x-protobuf; charset=utf-8",
                                 "application/x-protobuf ;a=b", "Application/X-Protobuf"}) {
    const auto entries = decode(type, "", snappy(raw));
    ASSERT_TRUE(entries) << type;
    ASSERT_EQ(entries->size(), 3U);
    EXPECT_EQ((*entries)[0].labels, "{a=\"1\"}");
    EXPECT_EQ((*entries)[0].time.ns(), 1'700'000'000'000'000'042);
    EXPECT_EQ((*entries)[0].line, "x");
    EXPECT_TRUE((*entries)[0].metadata.empty());
    EXPECT_EQ((*entries)[1].line, "y");
    EXPECT_EQ((*entries)[2].labels, "{a=\"2\"}");
    EXPECT_EQ((*entries)[2].time.ns(), 7);
    EXPECT_EQ((*entries)[2].metadata,
              (std::vector<std::pair<std::string, std::string>>{{"trace", "t"}, {"user", "u"}}));
  }
}

constexpr std::string_view kStreams = R"({"streams": [
  {"stream": {"b": "2", "a": "q\"uote"}, "values": [["1700000000000000042", "x"],
                                                      ["-5", "y", {"trace": "t"}]]},
  {"stream": {}, "values": [["7", "z"]]}]})";

TEST(PushRequest, reads_json_plain_and_compressed) {
  struct Case {
    const char* encoding;
    std::string body;
  };
  for (const Case& c : std::vector<Case>{{"", std::string(kStreams)},
                                         {"gzip", testing::deflate_text(kStreams, 31)},
                                         {"deflate", testing::deflate_text(kStreams, 15)}}) {
    const auto entries = decode("application/json; charset=utf-8", c.encoding, c.body);
    ASSERT_TRUE(entries) << c.encoding << entries.error().message;
    ASSERT_EQ(entries->size(), 3U);
    EXPECT_EQ((*entries)[0].labels, R"({a="q\"uote", b="2"})");
    EXPECT_EQ((*entries)[0].time.ns(), 1'700'000'000'000'000'042);
    EXPECT_EQ((*entries)[0].line, "x");
    EXPECT_EQ((*entries)[1].labels, R"({a="q\"uote", b="2"})");
    EXPECT_EQ((*entries)[1].time.ns(), -5);
    EXPECT_EQ((*entries)[1].line, "y");
    EXPECT_EQ((*entries)[1].metadata,
              (std::vector<std::pair<std::string, std::string>>{{"trace", "t"}}));
    EXPECT_EQ((*entries)[2].labels, "{}");
  }
}

TEST(PushRequest, says_what_is_wrong) {
  const auto values = [](const std::string& text) {
    return R"({"streams": [{"stream": {"a": "b"}, "values": [)" + text + "]}]}";
  };
  struct Case {
    const char* type;
    const char* encoding;
    std::string body;
    const char* message;
  };
  const char* const kNotStreams = "the body is not {\"streams\": [...]}";
  const char* const kLacks = "a stream lacks `stream` or `values`";
  const char* const kNotEntry = "an entry of `values` is not [\"<time>\", \"<line>\"]";
  const std::vector<Case> cases = {
      {"", "", "", "Content-Type must be application/x-protobuf or application/json"},
      {"text/plain", "", "", "Content-Type must be application/x-protobuf or application/json"},
      {kProtobuf, "", "", "the body is not in snappy block format"},
      {kProtobuf, "", "\x05\xff\xff", "the body is not in snappy block format"},
      {kJson, "br", "{}", "Content-Encoding br is not supported"},
      {kJson, "gzip", "{}", "the compressed body is damaged"},
      {kJson, "gzip", "", "the compressed body is damaged"},
      {kJson, "gzip", testing::deflate_text(kStreams, 31).substr(0, 40),
       "the compressed body is damaged"},
      {kJson, "", "", kNotStreams},
      {kJson, "", "[1]", kNotStreams},
      {kJson, "", R"({"streams": {}})", kNotStreams},
      {kJson, "", R"({"streams": [1]})", kLacks},
      {kJson, "", R"({"streams": [{"values": []}]})", kLacks},
      {kJson, "", R"({"streams": [{"stream": {}}]})", kLacks},
      {kJson, "", R"({"streams": [{"stream": {"a": 1}, "values": []}]})",
       "a label is something else than text"},
      {kJson, "", R"({"streams": [{"stream": {"a b": "1"}, "values": []}]})",
       "a label has a name that is none: a b"},
      {kJson, "", values("1"), kNotEntry},
      {kJson, "", values(R"(["1"])"), kNotEntry},
      {kJson, "", values(R"([1, "x"])"), kNotEntry},
      {kJson, "", values(R"(["1", 2])"), kNotEntry},
      {kJson, "", values(R"(["1x", "l"])"), "a time is not a number of nanoseconds: 1x"},
      {kJson, "", values(R"(["", "l"])"), "a time is not a number of nanoseconds: "},
      {kJson, "", values(R"(["99999999999999999999", "l"])"),
       "a time is not a number of nanoseconds: 99999999999999999999"},
      {kJson, "", values(R"(["1", "l", {"m": 1}])"),
       "structured metadata holds something else than text"},
      {kJson, "", values(R"(["1", "l", 3])"), "structured metadata is not an object"},
  };
  for (const Case& c : cases) {
    const auto entries = decode(c.type, c.encoding, c.body);
    ASSERT_FALSE(entries) << c.body;
    EXPECT_EQ(entries.error().code, Error::kInvalid) << c.body;
    EXPECT_EQ(entries.error().message, c.message) << c.body;
  }
  EXPECT_FALSE(decode(kProtobuf, "", snappy("\x0a\x7f")));  // Snappy, but no protobuf within.
}

TEST(PushRequest, unpacks_no_more_than_it_may) {
  const std::string large(kRawBytesMax, 'x');
  for (const auto& [type, encoding, body] :
       std::vector<std::tuple<const char*, const char*, std::string>>{
           {kProtobuf, "", snappy(stream_of("{}", 1, {large}))},
           {kJson, "gzip", testing::deflate_text(large + "x", 31)}}) {
    const auto entries = decode(type, encoding, body);
    ASSERT_FALSE(entries);
    EXPECT_EQ(entries.error().message, "the request is too large when unpacked");
  }
  const std::string fits = stream_of("{}", 1, {std::string(1000, 'x')});
  EXPECT_TRUE(decode_push_request(kProtobuf, "", snappy(fits), fits.size()));
  EXPECT_FALSE(decode_push_request(kProtobuf, "", snappy(fits), fits.size() - 1));
  const std::string packed = testing::deflate_text(kStreams, 31);
  EXPECT_TRUE(decode_push_request(kJson, "gzip", packed, kStreams.size()));
  EXPECT_FALSE(decode_push_request(kJson, "gzip", packed, kStreams.size() - 1));
}

}  // namespace
}  // namespace tailrace::receivers
