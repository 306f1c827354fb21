// Answers of /tailrace/api/v1/ as JSON.
#include "daemon/live_routes.h"

#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "tests/daemon/trouble_rig.h"

namespace tailrace::daemon {
namespace {

using nlohmann::json;

class LiveRoutesTest : public TroubleRig {
 protected:
  using Query = std::map<std::string, std::string>;

  http::ServerResponse tap(const Query& query) {
    http::ServerRequest request;
    request.query = query;
    return tap_answer(hub_, request);
  }
  std::string error(const Query& query) {
    const http::ServerResponse response = tap(query);
    return std::to_string(response.status) + " " +
           json::parse(response.body).at("error").get<std::string>();
  }

  SystemClock real_clock_;
  TapHub hub_{real_clock_, {.workers = 1, .post = [](std::size_t, WorkerTask) {}, .wake_main = {}}};
};

TEST_F(LiveRoutesTest, a_tap_is_made_polled_and_ended) {
  const http::ServerResponse response =
      tap({{"id", "a"}, {"selector", "{}"}, {"rate", "5"}, {"stages", "true"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{\"traces\":[],\"seen\":0,\"sampled_out\":0,\"dropped_queue\":0}\n");
  EXPECT_EQ(response.content_type, "application/json; charset=utf-8");
  EXPECT_NE(hub_.next_deadline(), SteadyTime::max());
  http::ServerRequest end;
  EXPECT_EQ(tap_end_answer(hub_, end).status, 400);
  end.query = {{"id", "a"}};
  EXPECT_EQ(tap_end_answer(hub_, end).status, 200);
  EXPECT_EQ(hub_.next_deadline(), SteadyTime::max());
}

TEST_F(LiveRoutesTest, what_is_asked_wrongly_is_named) {
  EXPECT_EQ(error({}), "400 id: wants a text of 1 to 64 bytes");
  for (const char* rate : {"", "x", "5x", "-1", "0", "1001", "99999999999"}) {
    EXPECT_EQ(error({{"id", "a"}, {"rate", rate}}), "400 rate: wants a number from 1 to 1000")
        << rate;
  }
  EXPECT_EQ(error({{"id", "a"}, {"stages", "yes"}}), "400 stages: wants true or false");
  EXPECT_EQ(error({{"id", "a"}, {"selector", "{a}"}}),
            "400 selector: column 3: expected =, !=, =~ or !~, but found `}`");
  for (int i = 0; i < 16; ++i)
    EXPECT_EQ(tap({{"id", std::to_string(i)}}).status, 200);
  EXPECT_TRUE(error({{"id", "x"}}).starts_with("429 there are 16 taps already"));
}

TEST_F(LiveRoutesTest, targets_have_their_files_and_workers_their_troubles) {
  loki_status_ = 503;
  files_.append("/logs/a.log", "one\ntwo");
  start(text());
  run();
  WorkersStatus workers{{status_of(worker())}, {7}};
  workers.answered[0].troubles = {"client http://me:secret@loki/push: no"};
  workers.answered[0].files.push_back({.source = 999, .job = "gone", .path = "/logs/b.log"});
  const json got = json::parse(targets_json(engine_->status(), workers));
  ASSERT_EQ(got.at("jobs").size(), 1U);
  EXPECT_EQ(got["jobs"][0].at("job"), "a");
  const json& target = got["jobs"][0].at("targets").at(0);
  EXPECT_EQ(target.at("path"), "/logs/*.log");
  EXPECT_EQ(target.at("labels"), json::object());
  ASSERT_EQ(target.at("files").size(), 1U);
  const json& file = target["files"][0];
  EXPECT_EQ(file.at("path"), "/logs/a.log");
  EXPECT_EQ(file.at("size_bytes"), 7);
  EXPECT_EQ(file.at("offset"), 4);
  EXPECT_EQ(file.at("lag_bytes"), 3);
  EXPECT_EQ(file.at("lines"), 1);
  EXPECT_EQ(file.at("worker"), 0);
  EXPECT_EQ(file.at("lag_seconds"), 0);
  EXPECT_EQ(got.at("other_files").at(0).at("job"), "gone");
  const json& state = got.at("workers").at(0);
  EXPECT_EQ(state.at("troubles").at(0), "client http://***@loki/push: no");
  EXPECT_EQ(state.at("outbox_pending_entries"), 1);
  EXPECT_EQ(state.at("stalled"), false);
  EXPECT_EQ(got.at("silent_workers"), json::array({7}));
}

}  // namespace
}  // namespace tailrace::daemon
