// Frames of a drain.
#include "receivers/heroku_format.h"

#include <gtest/gtest.h>

#include "tests/receivers/decode_rig.h"

namespace tailrace::receivers {
namespace {

http::ServerRequest drain(const std::vector<std::string>& messages) {
  std::string body;
  for (const std::string& message : messages)
    body += std::to_string(message.size()) + " " + message;
  return push_of("/heroku/api/v1/drain", "application/logplex-1", body);
}

constexpr const char* kOne =
    "<40>1 2023-11-14T22:13:20.5+00:00 host app web.1 - State changed to up\n";
constexpr const char* kOneLabels =
    "__heroku_drain_host=host,__heroku_drain_app=app,__heroku_drain_proc=web.1,"
    "__heroku_drain_log_id=-";

TEST(HerokuFormat, reads_frames) {
  HerokuFormat format({.times = HerokuFormat::Times::kIncoming});
  EXPECT_EQ(decoded(format, drain({kOne, "<7>1 2023-11-14T22:13:20Z h a p id "})),
            (Shown{std::string(kOneLabels) + "|State changed to up\n@1700000000500000000{}",
                   "__heroku_drain_host=h,__heroku_drain_app=a,__heroku_drain_proc=p,"
                   "__heroku_drain_log_id=id|@1700000000000000000{}"}));
  HerokuFormat ours({});
  EXPECT_EQ(decoded(ours, drain({kOne})),
            (Shown{std::string(kOneLabels) + "|State changed to up\n@0{}"}));
  EXPECT_EQ(decoded(ours, drain({})), Shown{});
}

TEST(HerokuFormat, parameters_and_tenants_are_labels) {
  HerokuFormat format({});
  auto request = drain({kOne});
  request.query_pairs = {{"env", "prod"}, {"tag", "a"}, {"env", "eu"}};
  request.headers["x-scope-orgid"] = "t1";
  EXPECT_EQ(decoded(format, request),
            (Shown{"__heroku_drain_param_env=prod,eu,__heroku_drain_param_tag=a,"
                   "__tenant_id__=t1," +
                   std::string(kOneLabels) + "|State changed to up\n@0{}"}));
}

TEST(HerokuFormat, refuses_in_words) {
  HerokuFormat format({});
  const auto body = [](const std::string& text) {
    return push_of("/heroku/api/v1/drain", "", text);
  };
  for (const char* text :
       {"x", "5", "5x abcde", "6 abcde", "-1 x", " 3 abc", "99999999999999999999 x"}) {
    EXPECT_EQ(decoded(format, body(text)), (Shown{"400 : a frame's length is wrong"})) << text;
  }
  for (const char* text :
       {"", "x", "<40>1", "40>1 2023-11-14T22:13:20Z h a p i m",
        "<40 2023-11-14T22:13:20Z h a p i m", "<>1 2023-11-14T22:13:20Z h a p i m",
        "<40> 2023-11-14T22:13:20Z h a p i m", "<40>1 2023-11-14T22:13:20Z h a p i",
        "<40>1 2023-11-14T22:13:20Z  a p i m"}) {
    EXPECT_EQ(decoded(format, drain({text})), (Shown{"400 : a frame is no message of Heroku's"}))
        << text;
  }
  EXPECT_EQ(decoded(format, drain({"<40>1 today h a p i m"})),
            (Shown{"400 : a time is not as RFC 3339: today"}));
  // Nothing of a request is taken when its end is bad.
  EXPECT_EQ(decoded(format, body(drain({kOne}).body + "x")),
            (Shown{"400 : a frame's length is wrong"}));
}

TEST(HerokuFormat, what_is_too_large_unpacked_is_413) {
  HerokuFormat format({.raw_bytes_max = 1});
  auto packed = drain({});
  packed.headers["content-encoding"] = "snappy";
  packed.body = "\x02\x04zz";
  EXPECT_EQ(decoded(format, packed), (Shown{"413 : the request is too large when unpacked"}));
}

}  // namespace
}  // namespace tailrace::receivers
