// The same records in protobuf and in JSON, and answers as senders want them.
#include "receivers/otlp_format.h"

#include <gtest/gtest.h>

#include "receivers/otlp_json.h"
#include "receivers/otlp_protobuf.h"
#include "tests/receivers/decode_rig.h"

namespace tailrace::receivers {
namespace {

using namespace std::string_literals;

// Protobuf, written by hand.
std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7U)
    out += static_cast<char>((value & 0x7fU) | 0x80U);
  return out + static_cast<char>(value);
}
std::string bytes(int field, const std::string& content) {
  return varint(static_cast<std::uint64_t>(field) << 3U | 2U) + varint(content.size()) + content;
}
std::string number(int field, std::uint64_t value) {
  return varint(static_cast<std::uint64_t>(field) << 3U) + varint(value);
}
std::string fixed(int field, std::uint64_t value) {
  std::string out = varint(static_cast<std::uint64_t>(field) << 3U | 1U);
  for (int i = 0; i < 8; ++i)
    out += static_cast<char>((value >> (8U * static_cast<unsigned>(i))) & 0xffU);
  return out;
}
std::string pair(const std::string& key, const std::string& value) {
  return bytes(1, key) + bytes(2, value);
}
std::string text(const std::string& value) {
  return bytes(1, value);
}
std::string otlp_request(const std::string& resource, const std::string& scope,
                         const std::string& record) {
  return bytes(1, bytes(1, resource) + bytes(2, bytes(1, scope) + bytes(2, record)));
}

OtlpFormat::Options options() {
  OtlpFormat::Options options;
  const auto& index = OtlpMapping::default_index();
  options.mapping.index_attributes = {index.begin(), index.end()};
  return options;
}
Shown from_protobuf(const std::string& body, OtlpFormat::Options with = options()) {
  OtlpFormat format(std::move(with));
  return decoded(format, push_of("/v1/logs", "application/x-protobuf", body));
}
Shown from_json(const std::string& body, OtlpFormat::Options with = options()) {
  OtlpFormat format(std::move(with));
  return decoded(format, push_of("/v1/logs", "application/json", body));
}

constexpr const char* kWhole =
    "service_name=shop,__otlp_resource_service_name=shop,__otlp_resource_host_name=h1|"
    "it \"works\"@1700000000000000001{http_status=200,http_ok=true,nested_a=1.5,nested_b_c=x,"
    "list=[1,\"two\",{\"k\":null}],raw=AQI=,observed_timestamp=1700000000000000002,"
    "severity_number=9,severity_text=INFO,dropped_attributes_count=3,flags=1,"
    "trace_id=0102030405060708090a0b0c0d0e0f10,span_id=0102030405060708,event_name=e,"
    "host_name=h1,resource_dropped_attributes_count=2,scope_attr=s,scope_name=lib,"
    "scope_version=1.0,scope_dropped_attributes_count=4}";

TEST(OtlpFormat, maps_everything_in_protobuf) {
  const std::string resource = bytes(1, pair("service.name", text("shop"))) +
                               bytes(1, pair("host.name", text("h1"))) + number(2, 2);
  const std::string scope =
      bytes(1, "lib") + bytes(2, "1.0") + bytes(3, pair("scope.attr", text("s"))) + number(4, 4);
  const std::string list = bytes(5, bytes(1, number(3, 1)) + bytes(1, text("two")) +
                                        bytes(1, bytes(6, bytes(1, pair("k", "")))));
  const std::string nested =
      bytes(6, bytes(1, pair("a", fixed(4, 0x3ff8000000000000))) +
                   bytes(1, pair("b", bytes(6, bytes(1, pair("c", text("x")))))));
  const std::string record =
      fixed(1, 1'700'000'000'000'000'001) + number(2, 9) + bytes(3, "INFO") +
      bytes(5, text("it \"works\"")) + bytes(6, pair("http.status", number(3, 200))) +
      bytes(6, pair("http.ok", number(2, 1))) + bytes(6, pair("nested", nested)) +
      bytes(6, pair("list", list)) + bytes(6, pair("raw", bytes(7, "\x01\x02"))) + number(7, 3) +
      "\x45\x01\x00\x00\x00"s +
      bytes(9, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10") +
      bytes(10, "\x01\x02\x03\x04\x05\x06\x07\x08") + fixed(11, 1'700'000'000'000'000'002) +
      bytes(12, "e");
  EXPECT_EQ(from_protobuf(otlp_request(resource, scope, record)), Shown{kWhole});
}

TEST(OtlpFormat, maps_everything_in_json) {
  EXPECT_EQ(from_json(R"({"resourceLogs":[{"resource":{"attributes":[
      {"key":"service.name","value":{"stringValue":"shop"}},
      {"key":"host.name","value":{"stringValue":"h1"}}],"droppedAttributesCount":2},
      "scopeLogs":[{"scope":{"name":"lib","version":"1.0","attributes":[
        {"key":"scope.attr","value":{"stringValue":"s"}}],"droppedAttributesCount":4},
      "logRecords":[{"timeUnixNano":"1700000000000000001",
        "observedTimeUnixNano":1700000000000000002,"severityNumber":9,"severityText":"INFO",
        "body":{"stringValue":"it \"works\""},"attributes":[
          {"key":"http.status","value":{"intValue":"200"}},
          {"key":"http.ok","value":{"boolValue":true}},
          {"key":"nested","value":{"kvlistValue":{"values":[
            {"key":"a","value":{"doubleValue":1.5}},
            {"key":"b","value":{"kvlistValue":{"values":[{"key":"c","value":{"stringValue":"x"}}]}}}]}}},
          {"key":"list","value":{"arrayValue":{"values":[{"intValue":1},{"stringValue":"two"},
            {"kvlistValue":{"values":[{"key":"k"}]}}]}}},
          {"key":"raw","value":{"bytesValue":"AQI="}}],
        "droppedAttributesCount":3,"flags":1,"traceId":"0102030405060708090a0b0c0d0e0f10",
        "spanId":"0102030405060708","eventName":"e"}]}]}]})"),
            Shown{kWhole});
}

TEST(OtlpFormat, bodies_that_are_no_text_are_json) {
  const std::string map =
      bytes(6, bytes(1, pair("a", text("x\n\"\x01"))) +
                   bytes(1, pair("n", number(3, static_cast<std::uint64_t>(-5)))));
  EXPECT_EQ(from_protobuf(otlp_request("", "", bytes(5, map))),
            Shown{R"(service_name=unknown_service|{"a":"x\n\"\u0001","n":-5}@0{})"});
  EXPECT_EQ(from_json(R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[
      {"body":{"kvlistValue":{"values":[{"key":"a","value":{"stringValue":"x\n\"\u0001"}},
        {"key":"n","value":{"intValue":-5}}]}}}]}]}]})"),
            Shown{R"(service_name=unknown_service|{"a":"x\n\"\u0001","n":-5}@0{})"});
}

TEST(OtlpFormat, the_time_is_the_records_else_when_it_was_seen_else_ours) {
  EXPECT_TRUE(from_protobuf(otlp_request("", "", fixed(1, 5) + fixed(11, 6)))[0].find("@5{") !=
              std::string::npos);
  EXPECT_TRUE(from_protobuf(otlp_request("", "", fixed(11, 6)))[0].find("@6{") !=
              std::string::npos);
  EXPECT_TRUE(from_protobuf(otlp_request("", "", ""))[0].find("@0{") != std::string::npos);
  auto ours = options();
  ours.mapping.times = OtlpMapping::Times::kOurs;
  EXPECT_TRUE(from_protobuf(otlp_request("", "", fixed(1, 5)), ours)[0].find("@0{") !=
              std::string::npos);
}

TEST(OtlpFormat, the_index_and_the_tenant_are_configured) {
  OtlpFormat::Options own;
  own.mapping.index_attributes = {"a.b"};
  own.mapping.has_labels = true;
  own.tenants = OtlpFormat::Tenants::kKeep;
  OtlpFormat format(own);
  auto pushed = push_of(
      "/otlp/v1/logs", "application/x-protobuf",
      otlp_request(bytes(1, pair("a.b", text("1"))) + bytes(1, pair("service.name", text("2"))), "",
                   bytes(5, text("x"))));
  pushed.headers["x-scope-orgid"] = "t";
  EXPECT_EQ(decoded(format, pushed),
            Shown{"__tenant_id__=t,a_b=1,__otlp_resource_a_b=1,__otlp_resource_service_name=2|x@0{"
                  "service_name=2}"});
}

TEST(OtlpFormat, many_resources_scopes_and_records) {
  const std::string two = bytes(2, bytes(5, text("1"))) + bytes(2, bytes(5, text("2")));
  const std::string body =
      bytes(1, bytes(2, two) + bytes(2, two)) +
      bytes(1, bytes(2, two) + bytes(1, bytes(1, pair("service.name", text("late")))));
  const Shown lines = from_protobuf(body);
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_TRUE(lines[5].starts_with("service_name=late,"));
}

TEST(OtlpFormat, refuses_in_words) {
  const std::string bad_protobuf =
      "400 format: the body is no ExportLogsServiceRequest in protobuf";
  for (const std::string& body :
       {"\xff"s, number(1, 5), bytes(1, "\xff"), bytes(1, number(1, 5)), bytes(1, number(2, 5)),
        bytes(1, bytes(2, number(1, 5))), bytes(1, bytes(2, number(2, 5))),
        otlp_request("", "", bytes(1, "")), otlp_request("", "", number(5, 1)),
        otlp_request("", "", bytes(5, number(1, 1))), otlp_request("", "", bytes(6, "\xff")),
        otlp_request(number(1, 1), "", ""), otlp_request("", number(1, 1), "")}) {
    EXPECT_EQ(from_protobuf(body), Shown{bad_protobuf}) << body;
  }
  std::string deep = text("x");
  for (int i = 0; i < 100; ++i)
    deep = bytes(5, bytes(1, deep));
  EXPECT_EQ(from_protobuf(otlp_request("", "", bytes(5, deep))), Shown{bad_protobuf});
  std::string deep_map = text("x");
  for (int i = 0; i < 100; ++i)
    deep_map = bytes(6, bytes(1, pair("k", deep_map)));
  EXPECT_EQ(from_protobuf(otlp_request(bytes(1, pair("a", deep_map)), "", "")),
            Shown{bad_protobuf});
  const std::string bad_json = "400 format: the body is no ExportLogsServiceRequest in JSON";
  for (const char* body :
       {"", "[]", "5", R"({"resourceLogs":5})", R"({"resourceLogs":[5]})",
        R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":5}]}]}]})",
        R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"intValue":"x"}}]}]}]})",
        R"({"resourceLogs":[{"resource":{"attributes":[5]}}]})"}) {
    EXPECT_EQ(from_json(body), Shown{bad_json}) << body;
  }
  OtlpFormat format(options());
  EXPECT_EQ(decoded(format, push_of("/v1/logs", "text/plain", "")),
            Shown{"415 format: Content-Type must be application/x-protobuf or application/json"});
  auto packed = push_of("/v1/logs", "application/json", "x");
  packed.headers["content-encoding"] = "gzip";
  EXPECT_EQ(decoded(format, packed), Shown{"400 format: the compressed body is damaged"});
}

// Each entry of a map has the map's name in front of its own.
TEST(OtlpFormat, a_long_name_of_a_large_map_is_too_large) {
  const std::string name(1U << 20U, 'n');
  std::string entries;
  std::string json = R"({"resourceLogs":[{"resource":{"attributes":[{"key":")" + name +
                     R"(","value":{"kvlistValue":{"values":[{"key":"a"})";
  for (int i = 0; i < 200; ++i) {
    entries += bytes(1, pair("a", text("x")));
    json += R"(,{"key":"a","value":{"stringValue":"x"}})";
  }
  json += "]}}}]}}]}";
  const std::string request = otlp_request(bytes(1, pair(name, bytes(6, entries))), "", "");
  OtlpFormat format(options());
  PushedLines lines;
  EXPECT_FALSE(format.decode(push_of("/v1/logs", "application/x-protobuf", request), lines));
  EXPECT_TRUE(lines.full());
  lines.clear();
  EXPECT_FALSE(format.decode(push_of("/v1/logs", "application/json", json), lines));
  EXPECT_TRUE(lines.full());
}

TEST(OtlpFormat, answers_in_the_senders_encoding) {
  const OtlpFormat format(options());
  const auto json = push_of("/v1/logs", "application/json", "");
  const auto protobuf = push_of("/v1/logs", "application/x-protobuf", "");
  EXPECT_EQ(format.taken(json).status, 200);
  EXPECT_EQ(format.taken(json).body, "{}");
  EXPECT_EQ(format.taken(json).content_type, "application/json");
  EXPECT_EQ(format.taken(protobuf).body, "");
  EXPECT_EQ(format.taken(protobuf).content_type, "application/x-protobuf");
  const Refusal refusal{.status = 400, .reason = "format", .message = std::string(200, 'x')};
  EXPECT_EQ(format.refused(protobuf, refusal).body, "\x12\xc8\x01" + std::string(200, 'x'));
  EXPECT_EQ(format.refused(json, {.status = 400, .reason = "", .message = "a \"b\""}).body,
            R"({"message":"a \"b\""})");
}

}  // namespace
}  // namespace tailrace::receivers
