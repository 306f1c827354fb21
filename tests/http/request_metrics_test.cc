// What is counted of requests, and that clients cannot make up series.
#include "http/request_metrics.h"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace tailrace::http {
namespace {

using tailrace::testing::FakeClock;

class RequestMetricsTest : public ::testing::Test {
 protected:
  ServerResponse ask(const std::string& method, const std::string& path,
                     const std::string& body = "") {
    ServerRequest request;
    request.method = method;
    request.path = path;
    request.body = body;
    return handler_(request);
  }
  bool shows(const std::string& line) const {
    return metrics_.serialize().find(line + "\n") != std::string::npos;
  }

  FakeClock clock_;
  Metrics metrics_;
  std::string during_;
  RequestHandler handler_ = with_request_metrics(
      metrics_, clock_, "/pre", [this](const ServerRequest& request) -> ServerResponse {
        clock_.advance(std::chrono::milliseconds(30));
        during_ = metrics_.serialize();
        return {.status = request.path == "/pre/ready" ? 200 : 404, .body = "Ready", .headers = {}};
      });
};

TEST_F(RequestMetricsTest, times_and_sizes_are_counted_by_page) {
  const ServerResponse response = ask("GET", "/pre/ready", "123");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "Ready");
  ask("GET", "/pre/ready");
  const std::string labels = "{method=\"GET\",route=\"ready\"";
  const std::string all = labels + ",status_code=\"200\",ws=\"false\"";
  EXPECT_TRUE(shows("request_duration_seconds_count" + all + "} 2"));
  EXPECT_TRUE(shows("request_duration_seconds_sum" + all + "} 0.06"));
  EXPECT_TRUE(shows("request_duration_seconds_bucket" + all + ",le=\"0.025\"} 0"));
  EXPECT_TRUE(shows("request_duration_seconds_bucket" + all + ",le=\"0.05\"} 2"));
  EXPECT_TRUE(shows("request_duration_seconds_bucket" + all + ",le=\"0.005\"} 0"));
  EXPECT_TRUE(shows("request_duration_seconds_bucket" + all + ",le=\"100\"} 2"));
  EXPECT_TRUE(shows("request_message_bytes_sum" + labels + "} 3"));
  EXPECT_TRUE(shows("request_message_bytes_count" + labels + "} 2"));
  EXPECT_TRUE(shows("response_message_bytes_sum" + labels + "} 10"));
  EXPECT_TRUE(shows("response_message_bytes_bucket" + labels + ",le=\"1.048576e+06\"} 2"));
  EXPECT_TRUE(shows("response_message_bytes_bucket" + labels + ",le=\"2.62144e+08\"} 2"));
}

TEST_F(RequestMetricsTest, a_request_is_in_flight_while_it_is_answered) {
  ask("GET", "/pre/ready");
  const std::string series = "inflight_requests{method=\"GET\",route=\"ready\"} ";
  EXPECT_NE(during_.find(series + "1\n"), std::string::npos);
  EXPECT_TRUE(shows(series + "0"));
}

TEST_F(RequestMetricsTest, unknown_paths_and_methods_share_a_series) {
  ask("BREW", "/pre/a");
  ask("STIR", "/b");
  EXPECT_TRUE(
      shows("request_duration_seconds_count{method=\"other\",route=\"other\","
            "status_code=\"404\",ws=\"false\"} 2"));
  ask("DELETE", "/pre/metrics");
  EXPECT_TRUE(shows("inflight_requests{method=\"DELETE\",route=\"metrics\"} 0"));
}

TEST_F(RequestMetricsTest, connections_have_a_number_and_a_limit) {
  connection_metrics(metrics_, 1000).add(3);
  EXPECT_TRUE(shows("tcp_connections{protocol=\"http\"} 3"));
  EXPECT_TRUE(shows("tcp_connections_limit{protocol=\"http\"} 1000"));
}

TEST(RouteOf, is_the_name_of_the_page) {
  EXPECT_EQ(route_of("/", ""), "root");
  EXPECT_EQ(route_of("/ready", ""), "ready");
  EXPECT_EQ(route_of("/p/metrics", "/p"), "metrics");
  EXPECT_EQ(route_of("/p/", "/p"), "root");
  EXPECT_EQ(route_of("/p", "/p"), "other");
  EXPECT_EQ(route_of("/ready", "/p"), "other");
  EXPECT_EQ(route_of("/pready", "/p"), "other");
  EXPECT_EQ(route_of("/service-discovery", ""), "service_discovery");
  EXPECT_EQ(route_of("/targets", ""), "targets");
  EXPECT_EQ(route_of("/config", ""), "config");
  EXPECT_EQ(route_of("/reload", ""), "reload");
  EXPECT_EQ(route_of("/ready/", ""), "other");
}

}  // namespace
}  // namespace tailrace::http
