// A transport on an event loop of its own, driven until something came back.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/event_loop.h"
#include "http/curl_transport.h"

namespace tailrace::http {

class TransportRig : public ::testing::Test {
 protected:
  // Turns the loop until the endpoint has `count` completions, or too much time went by.
  std::vector<Completion> complete(int endpoint, std::size_t count) {
    std::vector<Completion> done;
    const SteadyTime limit = clock_.steady_now() + std::chrono::seconds(20);
    while (done.size() < count && clock_.steady_now() < limit) {
      for (Completion& completion : transport_->take_completions(endpoint))
        done.push_back(std::move(completion));
      if (done.size() >= count) break;
      EXPECT_TRUE(loop_->wait(clock_, std::min(limit, transport_->next_deadline())));
    }
    EXPECT_EQ(done.size(), count);
    return done;
  }
  // One request through an endpoint of these options.
  Response perform(const Request& request, const EndpointOptions& options = {}) {
    const int endpoint = transport_->add_endpoint(options);
    transport_->submit(endpoint, ++last_tag_, request);
    std::vector<Completion> done = complete(endpoint, 1);
    transport_->remove_endpoint(endpoint);
    if (done.empty()) return {};
    EXPECT_EQ(done[0].tag, last_tag_);
    return std::move(done[0].response);
  }
  static Request get(const std::string& url) {
    Request request;
    request.method = "GET";
    request.url = url;
    return request;
  }
  static Request post(const std::string& url, std::vector<std::string_view> body) {
    Request request;
    request.url = url;
    request.body = std::move(body);
    return request;
  }
  static std::string url_of(std::uint16_t port, const std::string& path = "/",
                            const std::string& scheme = "http") {
    return scheme + "://127.0.0.1:" + std::to_string(port) + path;
  }

  SystemClock clock_;
  std::unique_ptr<EventLoop> loop_ = std::move(*EventLoop::create());
  std::unique_ptr<CurlTransport> transport_ = std::move(*CurlTransport::create(*loop_, clock_));
  RequestTag last_tag_ = 0;
};

}  // namespace tailrace::http
