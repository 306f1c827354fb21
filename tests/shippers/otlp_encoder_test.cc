// Push requests as OTLP exports.
#include "shippers/otlp_encoder.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/shippers/otlp_support.h"
#include "tests/shippers/push_support.h"

namespace tailrace::shippers {
namespace {

using Texts = std::vector<std::string>;

struct OtlpEntry {
  std::string line;
  std::vector<LabelPair> metadata = {};
  Timestamp time = {1'700'000'000, 5};
};

// A compressed request of these streams.
std::string request_of(const std::vector<std::pair<std::string, std::vector<OtlpEntry>>>& streams) {
  std::string raw;
  for (const auto& [labels, stream] : streams) {
    std::string encoded;
    for (const OtlpEntry& entry : stream) {
      const EntryEncoder encoder(entry.time, entry.line, entry.metadata);
      const std::size_t begin = encoded.size();
      encoded.resize(begin + encoder.bytes());
      encoder.write(encoded.data() + begin);
    }
    append_stream_header(raw, labels, encoded.size());
    raw += encoded;
  }
  const std::string_view whole = raw;
  return std::string(SnappyCompressor().compress({&whole, 1}));
}

Texts records(const std::string& request, EntryRange range) {
  const auto encoded = encode_otlp_range(push_body(request, range.first + range.count), range);
  if (!encoded) return {encoded.error().message};
  return otlp_records(*encoded);
}

TEST(OtlpEncoder, labels_are_the_resource_and_metadata_attributes) {
  const std::string request = request_of(
      {{R"({job="j", service_name="s\"1"})", {{"one"}, {"two", {{"user", "u"}}}}}, {"{}", {{""}}}});
  EXPECT_EQ(records(request, {.first = 0, .count = 3}),
            (Texts{"[job=j][service.name=s\"1] 1700000000000000005: one",
                   "[job=j][service.name=s\"1] 1700000000000000005: two {user=u}",
                   " 1700000000000000005: "}));
}

TEST(OtlpEncoder, every_label_that_loki_makes_of_an_attribute_goes_back) {
  const std::string request =
      request_of({{R"({k8s_pod_name="p", cloud_availability_zone="z"})", {{"x"}}}});
  EXPECT_EQ(records(request, {.first = 0, .count = 1}),
            Texts{"[k8s.pod.name=p][cloud.availability_zone=z] 1700000000000000005: x"});
}

TEST(OtlpEncoder, a_range_leaves_out_the_others) {
  const std::string request =
      request_of({{"{a=\"1\"}", {{"1"}, {"2"}}}, {"{a=\"2\"}", {{"3"}, {"4"}}}});
  EXPECT_EQ(records(request, {.first = 1, .count = 2}),
            (Texts{"[a=1] 1700000000000000005: 2", "[a=2] 1700000000000000005: 3"}));
  EXPECT_EQ(records(request, {.first = 3, .count = 1}), Texts{"[a=2] 1700000000000000005: 4"});
  EXPECT_EQ(records(request, {.first = 3, .count = 2}),
            Texts{"push request: fewer entries than it should have"});
}

TEST(OtlpEncoder, metadata_of_records_go_into_their_fields) {
  const std::string request = request_of({{"{}",
                                           {{"x",
                                             {{"severity_text", "WARN"},
                                              {"severity_number", "13"},
                                              {"flags", "1"},
                                              {"observed_timestamp", "7"},
                                              {"trace_id", "4142434445464748494a4b4c4d4e4f50"},
                                              {"span_id", "6162636465666768"}}}}}});
  EXPECT_EQ(records(request, {.first = 0, .count = 1}),
            Texts{" 1700000000000000005: x (3)WARN (2)13 (8)1 (11)7 (9)ABCDEFGHIJKLMNOP "
                  "(10)abcdefgh"});
}

TEST(OtlpEncoder, metadata_of_another_form_stay_attributes) {
  const std::string request = request_of({{"{}",
                                           {{"x",
                                             {{"severity_number", "25"},
                                              {"flags", "-1"},
                                              {"observed_timestamp", "today"},
                                              {"trace_id", "41"},
                                              {"span_id", "zz62636465666768"}}}}}});
  EXPECT_EQ(records(request, {.first = 0, .count = 1}),
            Texts{" 1700000000000000005: x {severity_number=25} {flags=-1} "
                  "{observed_timestamp=today} {trace_id=41} {span_id=zz62636465666768}"});
}

TEST(OtlpEncoder, what_is_not_utf_8_is_replaced) {
  const std::string request = request_of({{"{a=\"\\xff\"}", {{"x\xc3\xbc\xff\xe2\x82y"}}}});
  EXPECT_EQ(records(request, {.first = 0, .count = 1}),
            Texts{"[a=\xef\xbf\xbd] 1700000000000000005: x\xc3\xbc\xef\xbf\xbd\xef\xbf\xbd\xef\xbf"
                  "\xbdy"});
}

TEST(OtlpEncoder, times_that_otlp_does_not_have_are_its_ends) {
  const std::string request =
      request_of({{"{}", {{"old", {}, {-5, 3}}, {"far", {}, {100'000'000'000, 0}}}}});
  EXPECT_EQ(records(request, {.first = 0, .count = 2}),
            (Texts{" 0: old", " 18446744073709551615: far"}));
}

TEST(OtlpEncoder, what_is_no_push_request_is_said) {
  const std::string rubbish = "\x05rubbish";
  EXPECT_FALSE(encode_otlp_range(push_body(rubbish, 1), {.first = 0, .count = 1}));
  EXPECT_EQ(gunzipped(empty_otlp()), "");
}

TEST(OtlpRejection, is_read_from_a_partial_success) {
  using std::string_literals::operator""s;
  EXPECT_EQ(otlp_rejection("").entries, 0U);
  const OtlpRejection two = otlp_rejection("\x0a\x06\x08\x02\x12\x02no"s);
  EXPECT_EQ(two.entries, 2U);
  EXPECT_EQ(two.message, "no");
  EXPECT_EQ(otlp_rejection("\x0a\x03\x08\xac\x02"s).entries, 300U);
  for (const std::string& bad :
       {"{\"partialSuccess\":{}}"s, "\x0a"s, "\x0a\x09\x08"s, "\x0a\x01\x08"s,
        "\x0a\x04\x08\x02\x12\x09"s, "\x0a\x02\x18\x02"s}) {
    EXPECT_EQ(otlp_rejection(bad).entries, 0U);
  }
}

}  // namespace
}  // namespace tailrace::shippers
