// Flags of `tailrace tap`, and what it prints of a daemon's answers.
#include "daemon/tap_command.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/mutex.h"
#include "http/microhttpd_server.h"

namespace tailrace::daemon {
namespace {

TapOptions parsed(const std::vector<const char*>& arguments) {
  const auto options = parse_tap_options(arguments);
  EXPECT_TRUE(options) << options.error().message;
  return options.value_or(TapOptions{});
}

std::string refused(const std::vector<const char*>& arguments) {
  const auto options = parse_tap_options(arguments);
  return options ? "" : options.error().message;
}

TEST(TapOptions, have_defaults) {
  const TapOptions options = parsed({});
  EXPECT_EQ(options.selector, "");
  EXPECT_EQ(options.rate, 100U);
  EXPECT_EQ(options.format, TapOptions::Format::kText);
  EXPECT_FALSE(options.stages.has_value());
  EXPECT_EQ(options.limit, 0U);
  EXPECT_EQ(options.duration.count(), 0);
  EXPECT_FALSE(options.help);
}

TEST(TapOptions, take_flags_around_the_selector) {
  const TapOptions options =
      parsed({"-config.file=c.yaml", "--rate", "5", "{a=\"b\"}", "-socket=/s", "-format=json",
              "-stages=false", "-limit=7", "-for=1m30s", "-config.expand-env", "-help"});
  EXPECT_EQ(options.config_file, "c.yaml");
  EXPECT_EQ(options.rate, 5U);
  EXPECT_EQ(options.selector, "{a=\"b\"}");
  EXPECT_EQ(options.socket, "/s");
  EXPECT_EQ(options.format, TapOptions::Format::kJson);
  EXPECT_EQ(options.stages, false);
  EXPECT_EQ(options.limit, 7U);
  EXPECT_EQ(options.duration, std::chrono::seconds(90));
  EXPECT_TRUE(options.expand_env);
  EXPECT_TRUE(options.help);
  EXPECT_EQ(parsed({"-stages"}).stages, true);
}

TEST(TapOptions, refuse_what_they_do_not_know) {
  EXPECT_EQ(refused({"-x=1"}), "flag provided but not defined: -x");
  EXPECT_EQ(refused({"-rate"}), "flag needs an argument: -rate");
  EXPECT_EQ(refused({"-rate=0"}), "-rate wants a number from 1 to 1000, not \"0\"");
  EXPECT_EQ(refused({"-rate=1001"}), "-rate wants a number from 1 to 1000, not \"1001\"");
  EXPECT_EQ(parsed({"-rate=1000"}).rate, 1000U);
  EXPECT_TRUE(refused({"{a="}).starts_with("selector: column 4: "));
  EXPECT_NE(refused({"{a=~\"(\"}"}), "");
  EXPECT_EQ(refused({"-limit=5x"}), "-limit wants a number above 0, not \"5x\"");
  EXPECT_EQ(refused({"-for=5"}), "-for wants a duration (30s, 5m), not \"5\"");
  EXPECT_EQ(refused({"-for=-1s"}), "-for wants a duration (30s, 5m), not \"-1s\"");
  EXPECT_EQ(refused({"-format=xml"}), "-format wants text or json");
  EXPECT_EQ(refused({"-stages=maybe"}), "invalid boolean value \"maybe\" for -stages");
  EXPECT_EQ(refused({"{}", "{}"}), "one selector is enough: put it in quotes");
}

constexpr const char* kTrace =
    R"({"fate":"sent","timestamp_ns":"1000000000","labels":{"a":"b"},"line":"L",)"
    R"("before":{"timestamp_ns":"1000000000","labels":{"a":"b"},"line":"l"},)"
    R"("stages":[{"number":0,"name":"output","depth":0,"verdict":"keep",)"
    R"("changes":[{"field":"line","was":"l","now":"L"}]}]})";

class RunTapTest : public ::testing::Test {
 protected:
  RunTapTest() {
    std::string name = "/tmp/tap-command-XXXXXX";
    folder_ = mkdtemp(name.data());
    socket_ = folder_ + "/x.sock";
    loop_ = EventLoop::create().value();
  }
  ~RunTapTest() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  void serve(std::function<http::ServerResponse(const http::ServerRequest&)> answer) {
    http::MicrohttpdServer::Options options;
    options.local_socket = socket_;
    auto server = http::MicrohttpdServer::create(
        options, [this, answer = std::move(answer)](const http::ServerRequest& request) {
          const MutexLock lock(mutex_);
          requests_.push_back(request);
          return answer(request);
        });
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  void serve(std::string body) {
    serve([body = std::move(body)](const http::ServerRequest&) {
      return http::ServerResponse{.body = body, .headers = {}};
    });
  }
  int run(const std::vector<const char*>& arguments) {
    const TapOptions options = parsed(arguments);
    const auto client = http::LocalClient::create(socket_);
    return run_tap(options, **client,
                   {.clock = clock_,
                    .loop = *loop_,
                    .interrupted = [this] { return interrupted_; },
                    .output = {[this](std::string_view text) { output_ += text; }},
                    .errors = {[this](std::string_view text) { errors_ += text; }},
                    .id = "me"});
  }
  std::vector<http::ServerRequest> requests() {
    const MutexLock lock(mutex_);
    return requests_;
  }

  std::string folder_;
  std::string socket_;
  SystemClock clock_;
  std::unique_ptr<EventLoop> loop_;
  bool interrupted_ = false;
  std::string output_;
  std::string errors_;
  Mutex mutex_;
  std::vector<http::ServerRequest> requests_ TAILRACE_GUARDED_BY(mutex_);
  std::unique_ptr<http::Server> server_;
};

std::string answer_with(const std::string& traces) {
  return "{\"traces\":[" + traces + "],\"seen\":9,\"sampled_out\":4,\"dropped_queue\":0}";
}

TEST_F(RunTapTest, shows_entries_and_what_stages_did) {
  serve(answer_with(kTrace));
  EXPECT_EQ(run({"-limit=1", "{a=\"b\"}"}), 0) << errors_;
  EXPECT_EQ(output_,
            "1970-01-01T00:00:01+0000\t{a=\"b\"}\tL\n"
            "[inspect: output stage]: \n{stages.Entry}.Entry.Entry.Line:\n\t-: l\n\t+: L\n\n");
  EXPECT_EQ(errors_, "1 shown, 9 seen, 4 sampled out\n");
  const auto got = requests();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].path, "/tailrace/api/v1/tap");
  EXPECT_EQ(got[0].query,
            (std::map<std::string, std::string>{
                {"id", "me"}, {"selector", "{a=\"b\"}"}, {"rate", "100"}, {"stages", "true"}}));
  EXPECT_EQ(got[1].method, "DELETE");
}

TEST_F(RunTapTest, shows_json_as_it_comes) {
  serve(answer_with(std::string(R"({"labels":{},"line":"a"},)") + kTrace));
  EXPECT_EQ(run({"-format=json", "-limit=1"}), 0) << errors_;
  EXPECT_EQ(output_, "{\"labels\":{},\"line\":\"a\"}\n");
  EXPECT_EQ(requests().at(0).query.at("stages"), "false");
}

TEST_F(RunTapTest, ends_after_its_time) {
  serve(answer_with(""));
  EXPECT_EQ(run({"-for=1ms"}), 0) << errors_;
  EXPECT_EQ(requests().size(), 3U);  // At once, at the end, and the farewell.
  EXPECT_EQ(errors_, "0 shown, 18 seen, 8 sampled out\n");
}

TEST_F(RunTapTest, ends_when_it_is_interrupted_with_what_came_until_then) {
  serve(answer_with(kTrace));
  interrupted_ = true;
  EXPECT_EQ(run({"-stages=false"}), 0) << errors_;
  EXPECT_EQ(errors_, "2 shown, 18 seen, 8 sampled out\n");
}

TEST_F(RunTapTest, says_that_no_daemon_is_there) {
  EXPECT_EQ(run({}), 1);
  EXPECT_EQ(errors_, socket_ +
                         ": No such file or directory\nNo daemon listens there. Does it run with "
                         "this configuration, and is its control_socket not switched off?\n");
}

TEST_F(RunTapTest, a_daemon_that_does_not_answer_is_left_when_the_time_is_over) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_.copy(address.sun_path, sizeof address.sun_path - 1);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);  // Never accepts.
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  const SteadyTime begin = clock_.steady_now();
  EXPECT_EQ(run({"-for=1ms"}), 1);
  EXPECT_LT(clock_.steady_now() - begin, std::chrono::seconds(20));  // 30 s unless told.
  EXPECT_NE(errors_.find("The daemon does not answer."), std::string::npos) << errors_;
  close(listener);
}

TEST_F(RunTapTest, says_why_the_daemon_refuses) {
  serve([](const http::ServerRequest&) {
    return http::ServerResponse{.status = 400, .body = "{\"error\":\"no\"}", .headers = {}};
  });
  EXPECT_EQ(run({}), 1);
  EXPECT_EQ(errors_, "no\n");
}

TEST_F(RunTapTest, says_what_it_cannot_read) {
  serve([](const http::ServerRequest&) {
    return http::ServerResponse{.status = 500, .body = "x", .headers = {}};
  });
  EXPECT_EQ(run({}), 1);
  EXPECT_EQ(errors_, "the daemon answers with status 500\n");
  for (const char* body : {"", "{}", "[]", "{\"traces\":[5]}"}) {
    errors_.clear();
    server_.reset();
    serve(body);
    EXPECT_EQ(run({}), 1) << body;
    EXPECT_NE(errors_, "") << body;
  }
}

}  // namespace
}  // namespace tailrace::daemon
