// The network of an engine under test: one Loki per URL, as obedient as the test wants it.
#pragma once

#include <algorithm>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "http/transport.h"
#include "receivers/push_request.h"

namespace tailrace::daemon {

// A Loki that keeps what it accepts and answers as it is told: at once, or never.
struct Loki {
  // The status for a request of this tenant; nullopt: no answer before the timeout.
  std::function<std::optional<int>(const std::string& tenant)> answer = [](const std::string&) {
    return 204;
  };
  struct Kept {
    std::string tenant;
    std::string line;
    SteadyTime at{};
  };
  std::vector<Kept> kept;
  std::uint64_t requests = 0;

  std::vector<std::string> lines(std::string_view tenant = {}) const {
    std::vector<std::string> result;
    for (const Kept& one : kept) {
      if (tenant.empty() || one.tenant == tenant) result.push_back(one.line);
    }
    return result;
  }
};

// The network: requests go to the Loki of their URL.
class LokiTransport final : public http::Transport {
 public:
  LokiTransport(const Clock& clock, std::map<std::string, Loki>& lokis)
      : clock_(clock), lokis_(lokis) {}

  int add_endpoint(const http::EndpointOptions& /*options*/) override { return endpoints_++; }
  void remove_endpoint(int /*endpoint*/) override {}

  void submit(int endpoint, http::RequestTag tag, const http::Request& request) override {
    Flight flight{.endpoint = endpoint, .tag = tag, .views = request.body};
    std::string tenant;
    for (const auto& [name, value] : request.headers) {
      if (name == "X-Scope-OrgID") tenant = value;
    }
    Loki& loki = lokis_[request.url];
    ++loki.requests;
    const std::optional<int> status = loki.answer(tenant);
    flight.due = clock_.steady_now();
    if (!status) flight.due += request.timeout;
    flight.status = status.value_or(0);
    if (flight.status / 100 == 2) {
      const auto entries =
          receivers::decode_push_request("application/x-protobuf", "", flight.joined(), 64U << 20U);
      ASSERT_TRUE(entries) << entries.error().message;
      for (const receivers::PushedEntry& entry : *entries)
        loki.kept.push_back({tenant, entry.line, clock_.steady_now()});
    }
    flights_.push_back(std::move(flight));
  }

  // Reads the body once more: views that died too early are found by the sanitizer.
  void cancel(http::RequestTag tag) override {
    std::erase_if(flights_, [tag](const Flight& flight) {
      return flight.tag == tag && !flight.joined().empty();
    });
  }

  std::vector<http::Completion> take_completions(int endpoint) override {
    std::vector<http::Completion> done;
    std::erase_if(flights_, [&](const Flight& flight) {
      if (flight.endpoint != endpoint || flight.due > clock_.steady_now()) return false;
      EXPECT_FALSE(flight.joined().empty());
      http::Completion completion{.tag = flight.tag, .response = {}};
      completion.response.status = flight.status;
      if (flight.status == 0) completion.response.error = "timed out";
      done.push_back(std::move(completion));
      return true;
    });
    return done;
  }

  SteadyTime next_deadline() const override {
    SteadyTime next = SteadyTime::max();
    for (const Flight& flight : flights_)
      next = std::min(next, flight.due);
    return next;
  }

 private:
  struct Flight {
    int endpoint = 0;
    http::RequestTag tag = 0;
    std::vector<std::string_view> views;
    SteadyTime due{};
    int status = 0;
    std::string joined() const {
      std::string body;
      for (const std::string_view view : views)
        body += view;
      return body;
    }
  };
  const Clock& clock_;
  std::map<std::string, Loki>& lokis_;
  std::list<Flight> flights_;
  int endpoints_ = 0;
};

}  // namespace tailrace::daemon
