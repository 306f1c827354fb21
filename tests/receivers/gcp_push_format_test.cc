// Messages of Pub/Sub around entries of a log.
#include "receivers/gcp_push_format.h"

#include <gtest/gtest.h>

#include "receivers/base64.h"
#include "tests/receivers/decode_rig.h"

namespace tailrace::receivers {
namespace {

constexpr const char* kEntry =
    R"({"logName":"projects/p/logs/l","resource":{"type":"gcs_bucket","labels":{"bucket-name":"b","projectId":"p"}},)"
    R"("severity":"INFO","labels":{"a.b/c":"x"},"timestamp":"2023-11-14T22:13:20.5Z",)"
    R"("receiveTimestamp":"2023-11-14T22:13:21Z","textPayload":"hello"})";

http::ServerRequest gcp_message(const std::string& data, const std::string& more = "") {
  return push_of("/gcp/api/v1/push", "application/json",
                 R"({"message":{"data":")" + encode_base64(data) + R"(","messageId":"17")" + more +
                     R"(},"subscription":"projects/p/s"})");
}

constexpr const char* kLabels =
    "__gcp_message_id=17,__gcp_subscription_name=projects/p/s,__gcp_logname=projects/p/logs/l,"
    "__gcp_resource_type=gcs_bucket,__gcp_severity=INFO,__gcp_resource_labels_bucket_name=b,"
    "__gcp_resource_labels_project_id=p,__gcp_labels_a_b_c=x";

TEST(GcpPushFormat, reads_an_entry) {
  GcpPushFormat ours({});
  EXPECT_EQ(decoded(ours, gcp_message(kEntry)), (Shown{std::string(kLabels) + "|hello@0{}"}));
  GcpPushFormat full({.times = GcpTimes::kIncoming, .lines = GcpLines::kFull});
  EXPECT_EQ(decoded(full, gcp_message(kEntry)),
            (Shown{std::string(kLabels) + "|" + kEntry + "@1700000000500000000{}"}));
}

TEST(GcpPushFormat, a_blank_text_is_no_line) {
  GcpPushFormat format({});
  for (const char* data : {R"({"textPayload":" \n"})", R"({"jsonPayload":{"a":1}})", "{}"}) {
    EXPECT_EQ(decoded(format, gcp_message(data)),
              (Shown{"__gcp_message_id=17,__gcp_subscription_name=projects/p/s,__gcp_logname=,"
                     "__gcp_resource_type=,__gcp_severity=|" +
                     std::string(data) + "@0{}"}));
  }
}

TEST(GcpPushFormat, attributes_and_tenants_are_labels) {
  GcpPushFormat format({});
  auto request = gcp_message("{}", R"(,"attributes":{"logging.googleapis.com/timestamp":"t"})");
  request.headers["x-scope-orgid"] = "t1";
  EXPECT_EQ(decoded(format, request),
            (Shown{"__gcp_message_id=17,__gcp_subscription_name=projects/p/s,"
                   "__gcp_attributes_logging_googleapis_com_timestamp=t,__gcp_logname=,"
                   "__gcp_resource_type=,__gcp_severity=,__tenant_id__=t1|{}@0{}"}));
}

TEST(GcpPushFormat, the_time_of_receipt_stands_in) {
  GcpPushFormat format({.times = GcpTimes::kIncoming});
  EXPECT_TRUE(
      decoded(format, gcp_message(R"({"receiveTimestamp":"2023-11-14T22:13:20Z"})"))[0].ends_with(
          "@1700000000000000000{}"));
  EXPECT_EQ(decoded(format, gcp_message("{}")),
            (Shown{"400 translation: the entry has no time: \"\""}));
}

TEST(GcpPushFormat, refuses_in_words) {
  const auto body = [](std::string text) {
    return push_of("/gcp/api/v1/push", "application/json", std::move(text));
  };
  GcpPushFormat format({});
  auto packed = body("x");
  packed.headers["content-encoding"] = "gzip";
  EXPECT_EQ(decoded(format, packed), (Shown{"400 read_error: the compressed body is damaged"}));
  EXPECT_EQ(decoded(format, body("")), (Shown{"400 format: the body is no JSON object"}));
  EXPECT_EQ(decoded(format, body("[]")), (Shown{"400 format: the body is no JSON object"}));
  EXPECT_EQ(decoded(format, body("{}")), (Shown{"400 invalid_message: the body lacks `message`"}));
  EXPECT_EQ(decoded(format, body(R"({"message":{"data":"e30="},"subscription":"s"})")),
            (Shown{"400 invalid_message: the message lacks `messageId`"}));
  EXPECT_EQ(decoded(format, body(R"({"message":{"data":"e30=","messageId":"1"}})")),
            (Shown{"400 invalid_message: the body lacks `subscription`"}));
  EXPECT_EQ(decoded(format, body(R"({"message":{"messageId":"1"},"subscription":"s"})")),
            (Shown{"400 invalid_message: the message lacks `data`"}));
  EXPECT_EQ(
      decoded(format, body(R"({"message":{"data":"%%","messageId":"1"},"subscription":"s"})")),
      (Shown{"400 translation: `data` is not in base64"}));
  for (const char* data : {"text", "[]", R"({"textPayload":5})", R"({"labels":5})",
                           R"({"labels":{"a":5}})", R"({"resource":{"labels":[]}})"}) {
    EXPECT_EQ(decoded(format, gcp_message(data)),
              (Shown{"400 translation: the message is no entry of a log in JSON"}))
        << data;
  }
}

TEST(GcpLogEntry, keys_become_parts_of_names) {
  EXPECT_EQ(gcp_label_part("a.b-c/d"), "a_b_c_d");
  EXPECT_EQ(gcp_label_part("projectId"), "project_id");
  EXPECT_EQ(gcp_label_part("HTTPServerName"), "h_t_t_p_server_name");
  EXPECT_EQ(gcp_label_part("k8s-pod/appName"), "k8s_pod_app_name");
  EXPECT_EQ(gcp_label_part("logID"), "log_i_d");
  EXPECT_EQ(gcp_label_part("a-Bc"), "a_bc");
  EXPECT_EQ(gcp_label_part("_Ab"), "_ab");
  EXPECT_EQ(gcp_label_part("a1B2"), "a1_b2");
  EXPECT_EQ(gcp_label_part(""), "");
}

TEST(GcpPushFormat, what_is_too_large_unpacked_is_413) {
  GcpPushFormat format({.raw_bytes_max = 1});
  auto packed = push_of("/gcp/api/v1/push", "application/json", "\x02\x04zz");
  packed.headers["content-encoding"] = "snappy";
  EXPECT_EQ(decoded(format, packed),
            (Shown{"413 read_error: the request is too large when unpacked"}));
}

}  // namespace
}  // namespace tailrace::receivers
