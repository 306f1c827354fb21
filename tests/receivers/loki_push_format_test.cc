// Requests in their three shapes, and what is said about those that nobody can read.
#include "receivers/loki_push_format.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "shippers/push_encoder.h"
#include "shippers/snappy_block.h"
#include "tests/receivers/decode_rig.h"

namespace tailrace::receivers {
namespace {

using Format = LokiPushFormat;
using Kind = PushedLines::Labels;

constexpr std::int64_t kTime = 1'700'000'000'123'456'789;

http::ServerRequest request(std::string path, std::string type, std::string body) {
  http::ServerRequest request;
  request.path = std::move(path);
  request.headers["content-type"] = std::move(type);
  request.body = std::move(body);
  return request;
}
http::ServerRequest json(std::string body) {
  return request("/loki/api/v1/push", "application/json; charset=utf-8", std::move(body));
}
http::ServerRequest protobuf(const std::string& raw) {
  const std::string_view part = raw;
  return request("/loki/api/v1/push", "application/x-protobuf",
                 std::string(shippers::SnappyCompressor().compress({&part, 1})));
}

std::string stream(std::string_view labels, const std::vector<std::string>& lines,
                   const std::vector<LabelPair>& metadata = {}) {
  std::string entries;
  for (const std::string& line : lines) {
    const shippers::EntryEncoder encoder(Timestamp::of_ns(kTime), line, metadata);
    const std::size_t begin = entries.size();
    entries.resize(begin + encoder.bytes());
    encoder.write(entries.data() + begin);
  }
  std::string raw;
  shippers::append_stream_header(raw, labels, entries.size());
  return raw + entries;
}

constexpr Format::Options kIncoming{.times = Format::Times::kIncoming, .has_labels = true};

TEST(LokiPushFormat, reads_protobuf) {
  Format format(kIncoming);
  PushedLines lines;
  const auto refusal = format.decode(
      protobuf(stream(R"({a="b", c="d \"e\" \n"})", {"one", "two"}, {{"m", "1"}, {"n", "2"}}) +
               stream("{}", {""})),
      lines);
  EXPECT_FALSE(refusal);
  EXPECT_EQ(shown_lines(lines), (Shown{"a=b,c=d \"e\" \n|one@1700000000123456789{m=1,n=2}",
                                       "a=b,c=d \"e\" \n|two@1700000000123456789{m=1,n=2}",
                                       "|@1700000000123456789{}"}));
}

TEST(LokiPushFormat, reads_json) {
  Format format(kIncoming);
  PushedLines lines;
  EXPECT_FALSE(format.decode(json(R"({"streams": [
             {"values": [["5", "one\n\u00e9"], ["6", "two", {"m": "1"}]], "stream": {"a": "b"}},
             {"stream": {}, "values": []},
             {"stream": {"c": "d", "e": "f"}, "values": [["-7", ""]]}], "more": {"x": [1]}})"),
                             lines));
  EXPECT_EQ(shown_lines(lines),
            (Shown{"a=b|one\n\xc3\xa9@5{}", "a=b|two@6{m=1}", "c=d,e=f|@-7{}"}));
}

TEST(LokiPushFormat, reads_the_older_json) {
  Format format(kIncoming);
  PushedLines lines;
  EXPECT_FALSE(format.decode(request("/api/prom/push", "application/json",
                                     R"({"streams":[{"labels":"{a=\"b\", c=\"d\"}","entries":[
                 {"ts":"2023-11-14T22:13:20.123456789Z","line":"one"},
                 {"line":"two","ts":"2023-11-14T23:13:20+01:00","other":5}]}]})"),
                             lines));
  EXPECT_EQ(shown_lines(lines),
            (Shown{"a=b,c=d|one@1700000000123456789{}", "a=b,c=d|two@1700000000000000000{}"}));
}

TEST(LokiPushFormat, reads_plain_lines) {
  Format format(kIncoming);
  PushedLines lines;
  const auto raw = request("/p/promtail/api/v1/raw", "", "one\r\n\r\n\n  two\nthree");
  EXPECT_FALSE(format.decode(raw, lines));
  EXPECT_EQ(shown_lines(lines), (Shown{"|one@0{}", "|  two@0{}", "|three@0{}"}));
  EXPECT_EQ(lines.group(0).kind, Kind::kFixed);
  EXPECT_FALSE(format.knows_repeats(raw));
  EXPECT_TRUE(format.knows_repeats(json("")));
  Format without({.has_labels = false});
  const auto refusal = without.decode(raw, lines);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->message, "plain lines need `labels` of the job's loki_push_api");
}

TEST(LokiPushFormat, takes_our_time_when_told_so) {
  Format format({.times = Format::Times::kOurs});
  for (
      const auto& one :
      {protobuf(stream("{a=\"b\"}", {"x"})),
       json(R"({"streams":[{"stream":{"a":"b"},"values":[["5","x"]]}]})"),
       json(
           R"({"streams":[{"labels":"{a=\"b\"}","entries":[{"ts":"2023-11-14T22:13:20Z","line":"x"}]}]})")}) {
    PushedLines lines;
    EXPECT_FALSE(format.decode(one, lines));
    EXPECT_EQ(shown_lines(lines), (Shown{"a=b|x@0{}"}));
  }
}

TEST(LokiPushFormat, keeps_tenants_when_told_so) {
  auto with_tenant = json(R"({"streams":[{"stream":{"a":"b"},"values":[["5","x"]]}]})");
  with_tenant.headers["x-scope-orgid"] = "t1";
  Format ignoring({.tenants = Format::Tenants::kIgnore});
  EXPECT_EQ(decoded(ignoring, with_tenant), (Shown{"a=b|x@0{}"}));
  Format keeping({.tenants = Format::Tenants::kKeep});
  EXPECT_EQ(decoded(keeping, with_tenant), (Shown{"__tenant_id__=t1,a=b|x@0{}"}));
}

TEST(LokiPushFormat, takes_nothing_of_an_empty_request) {
  Format format({});
  EXPECT_EQ(decoded(format, json("{}")), Shown{});
  EXPECT_EQ(decoded(format, json(R"({"streams":[]})")), Shown{});
  EXPECT_EQ(decoded(format, protobuf("")), Shown{});
}

TEST(LokiPushFormat, unpacks_json_in_snappy) {
  auto packed = json("");
  const std::string body = R"({"streams":[{"stream":{"a":"b"},"values":[["5","x"]]}]})";
  const std::string_view part = body;
  packed.body = std::string(shippers::SnappyCompressor().compress({&part, 1}));
  packed.headers["content-encoding"] = "snappy";
  PushedLines lines;
  EXPECT_FALSE(Format({}).decode(packed, lines));
  EXPECT_EQ(lines.size(), 1U);
}

TEST(LokiPushFormat, refuses_in_words) {
  struct Case {
    http::ServerRequest request;
    int status;
    std::string message;
  };
  const std::string stream_begin = R"({"streams":[{"stream":{"a":"b"},"values":)";
  auto unknown_encoding = json("{}");
  unknown_encoding.headers["content-encoding"] = "br";
  const std::vector<Case> cases = {
      {request("/loki/api/v1/push", "", "{}"), 400,
       "Content-Type must be application/x-protobuf or application/json"},
      {request("/loki/api/v1/push", "text/plain", "{}"), 400,
       "the body is not in snappy block format"},
      {unknown_encoding, 400, "Content-Encoding br is not supported"},
      {json(""), 400, "the body is not {\"streams\": [...]}"},
      {json("[]"), 400, "the body is not {\"streams\": [...]}"},
      {json("{\"streams\": {}}"), 400, "the body is not {\"streams\": [...]}"},
      {json("{\"streams\": [5]}"), 400, "the body is not {\"streams\": [...]}"},
      {json("{\"streams\": [{}]}"), 400, "a stream lacks `stream`, its labels"},
      {json(R"({"streams": [{"stream": {"a": 5}}]})"), 400, "a label is something else than text"},
      {json(R"({"streams": [{"stream": {"a b": "c"}}]})"), 400,
       "a label has a name that is none: a b"},
      {json(R"({"streams": [{"labels": "a=b"}]})"), 400, "these are no labels: \"a=b\""},
      {json(R"({"streams": [{"stream": {}}]})"), 400, "a stream lacks `values`"},
      {json(stream_begin + "[5]}]}"), 400, "an entry of `values` is not [\"<time>\", \"<line>\"]"},
      {json(stream_begin + R"([["5"]]}]})"), 400,
       "an entry of `values` is not [\"<time>\", \"<line>\"]"},
      {json(stream_begin + R"([[5, "x"]]}]})"), 400,
       "an entry of `values` is not [\"<time>\", \"<line>\"]"},
      {json(stream_begin + R"([["5x", "x"]]}]})"), 400,
       "a time is not a number of nanoseconds: 5x"},
      {json(stream_begin + R"([["5", "x", 7]]}]})"), 400, "structured metadata is not an object"},
      {json(stream_begin + R"([["5", "x", {"a": 7}]]}]})"), 400,
       "structured metadata holds something else than text"},
      {json(R"({"streams":[{"labels":"{}","entries":[{"ts":"yesterday"}]}]})"), 400,
       "a time is not as RFC 3339: yesterday"},
      {request("/loki/api/v1/push", "application/x-protobuf", "\xff\xff\xff"), 400,
       "the body is not in snappy block format"},
      {protobuf("\x0a\x05xx"), 400, "push request: malformed field"},
      {protobuf(stream("a", {"x"})), 400, "these are no labels: \"a\""},
      {protobuf(std::string(2000, '\0')), 413, "the request is too large when unpacked"},
  };
  Format format({.raw_bytes_max = 1000});
  for (const Case& one : cases) {
    PushedLines lines;
    const auto refusal = format.decode(one.request, lines);
    ASSERT_TRUE(refusal) << one.message;
    EXPECT_EQ(refusal->message, one.message) << one.request.body;
    EXPECT_EQ(refusal->status, one.status) << one.message;
  }
}

}  // namespace
}  // namespace tailrace::receivers
