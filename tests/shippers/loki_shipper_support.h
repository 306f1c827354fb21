// A LokiShipper with everything it needs, on a scripted transport.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "shippers/loki_shipper.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/fakes/scripted_transport.h"
#include "tests/shippers/push_support.h"

namespace tailrace::shippers {

class LokiShipperTest : public ::testing::Test {
 protected:
  using Reply = testing::ScriptedTransport::Reply;
  using Sent = testing::ScriptedTransport::Sent;

  LokiShipperTest() { client_.url = "http://loki:3100/loki/api/v1/push"; }

  LokiShipper& shipper() {
    if (shipper_ == nullptr) {
      shipper_ = std::make_unique<LokiShipper>(client_,
                                               LokiShipper::World{.transport = transport_,
                                                                  .clock = clock_,
                                                                  .file_system = files_,
                                                                  .metrics = client_metrics_,
                                                                  .log = log_,
                                                                  .seed = 1,
                                                                  .user_agent = "tailrace/1.2.3"});
    }
    return *shipper_;
  }

  // A request of these lines, kept alive by the fixture.
  void submit(RequestId id, const std::vector<std::string>& lines, std::string tenant = {},
              std::uint32_t skip = 0) {
    bodies_.push_back(std::make_unique<std::string>(body_of(lines)));
    shipper().submit(id, push_body(*bodies_.back(), static_cast<std::uint32_t>(lines.size()) - skip,
                                   skip, std::move(tenant)));
  }

  // "id:entries" of each result since the last call, "id:-entries reason" for dropped ones.
  std::vector<std::string> results() {
    std::vector<std::string> texts;
    for (const PushResult& result : shipper().take_results(clock_.steady_now())) {
      std::string text = std::to_string(result.request) + ":";
      if (!result.accepted) text += "-";
      text += std::to_string(result.entries);
      if (!result.accepted) text += " " + result.reason;
      texts.push_back(std::move(text));
    }
    return texts;
  }

  // Lets time pass from deadline to deadline until nothing happens any more; all results, in order.
  std::vector<std::string> run(int steps_max = 2'000) {
    std::vector<std::string> all;
    for (int step = 0; step < steps_max; ++step) {
      for (std::string& text : results())
        all.push_back(std::move(text));
      const SteadyTime next = std::min(shipper().next_deadline(), transport_.next_deadline());
      if (next == SteadyTime::max()) return all;
      if (next > clock_.steady_now()) clock_.advance(next - clock_.steady_now());
    }
    ADD_FAILURE() << "does not come to rest";
    return all;
  }

  // Answers 400 to every body with a line that begins with "bad", as Loki would.
  static Reply refuse_bad(const Sent& sent) {
    for (const std::string& line : lines_of(sent.body)) {
      if (line.find(": bad") != std::string::npos) return {.status = 400, .body = "bad " + line};
    }
    return {};
  }

  // Sum over results of accepted and dropped entries.
  double metric(const std::string& series) const {
    const std::string text = "\n" + metrics_.serialize();
    const std::size_t place = text.find("\n" + series + " ");
    if (place == std::string::npos) return -1;
    return std::stod(text.substr(place + series.size() + 2));
  }
  static std::string dropped(const std::string& unit, const std::string& reason,
                             const std::string& tenant = {}) {
    return "promtail_dropped_" + unit + "_total{host=\"loki:3100\",reason=\"" + reason +
           "\",tenant=\"" + tenant + "\"}";
  }
  double retries() const {
    return metric("promtail_batch_retries_total{host=\"loki:3100\",tenant=\"\"}");
  }

  bool logged(std::string_view text) const { return log_text_.find(text) != std::string::npos; }

  config::ClientConfig client_;
  testing::FakeClock clock_;
  testing::MemoryFileSystem files_{clock_};
  testing::ScriptedTransport transport_{clock_};
  Metrics metrics_;
  ClientMetrics client_metrics_{metrics_, "loki:3100"};
  std::string log_text_;
  Log log_{clock_, Log::Options{}, [this](std::string_view line) { log_text_ += line; }};
  std::vector<std::unique_ptr<std::string>> bodies_;
  std::unique_ptr<LokiShipper> shipper_;
};

}  // namespace tailrace::shippers
