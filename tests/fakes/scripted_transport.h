// A transport that answers from a script, on a fake clock, and remembers what was sent.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/transport.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/scripted_exchange.h"

namespace tailrace::testing {

// Each request takes the next queued reply, else what the function says, else 204.
//
// The body of a request is read again when it completes or is cancelled: a caller whose views died
// too early is found (by the sanitizer, and by views_changed()).
class ScriptedTransport final : public http::Transport {
 public:
  using Sent = ScriptedSent;
  using Reply = ScriptedReply;

  // Appends to the answer of a stream that is in flight (its Reply has `never`); with `end` it
  // completes. False: no such request is in flight.
  enum class StreamGoes { kOn, kToItsEnd };
  bool stream(http::RequestTag tag, std::string_view bytes, StreamGoes goes = StreamGoes::kOn) {
    for (Flight& flight : flights_) {
      if (flight.tag != tag) continue;
      flight.reply.body += bytes;
      flight.answered = true;
      if (goes == StreamGoes::kToItsEnd) flight.due = clock_.steady_now();
      return true;
    }
    return false;
  }

  // Completes a request that hangs. False: no such request is in flight.
  bool finish(http::RequestTag tag, Reply reply) {
    for (Flight& flight : flights_) {
      if (flight.tag != tag) continue;
      flight.reply = std::move(reply);
      flight.due = clock_.steady_now();
      return true;
    }
    return false;
  }

  using Script = std::function<Reply(const Sent&)>;

  explicit ScriptedTransport(const FakeClock& clock) : clock_(clock) {}

  void reply(Reply reply) { queue_.push_back(std::move(reply)); }
  void reply(int status) { queue_.push_back({.status = status}); }
  void answer_with(Script script) { script_ = std::move(script); }

  // Breaks all connections: everything in flight completes without an answer.
  void reset() {
    for (Flight& flight : flights_) {
      flight.reply = {.status = 0, .error = "connection reset by peer"};
      flight.due = clock_.steady_now();
    }
  }

  const std::vector<Sent>& sent() const { return sent_; }
  std::size_t in_flight() const { return flights_.size(); }
  const std::vector<http::EndpointOptions>& endpoints() const { return endpoints_; }
  std::size_t endpoints_removed() const { return endpoints_removed_; }
  bool views_changed() const { return views_changed_; }

  // When the next reply arrives.
  SteadyTime next_deadline() const override {
    SteadyTime next = SteadyTime::max();
    for (const Flight& flight : flights_)
      next = std::min(next, flight.due);
    return next;
  }

  int add_endpoint(const http::EndpointOptions& options) override {
    endpoints_.push_back(options);
    return static_cast<int>(endpoints_.size()) - 1;
  }
  void remove_endpoint(int /*endpoint*/) override { ++endpoints_removed_; }

  void submit(int endpoint, http::RequestTag tag, const http::Request& request) override {
    Sent sent{.endpoint = endpoint,
              .tag = tag,
              .method = request.method,
              .url = request.url,
              .headers = request.headers,
              .body = join(request.body),
              .basic_auth = request.basic_auth,
              .timeout = request.timeout,
              .at = clock_.steady_now(),
              .answer = request.answer,
              .body_bytes_max = request.body_bytes_max,
              .wanted_header = request.wanted_header};
    Reply reply;
    if (!queue_.empty()) {
      reply = std::move(queue_.front());
      queue_.pop_front();
    } else if (script_) {
      reply = script_(sent);
    }
    const SteadyTime due = reply.never ? SteadyTime::max() : sent.at + reply.delay;
    flights_.push_back({.endpoint = endpoint,
                        .tag = tag,
                        .views = request.body,
                        .body = sent.body,
                        .reply = std::move(reply),
                        .due = due});
    sent_.push_back(std::move(sent));
  }

  void cancel(http::RequestTag tag) override {
    std::erase_if(flights_, [&](const Flight& flight) {
      if (flight.tag != tag) return false;
      check_views(flight);
      return true;
    });
  }

  http::StreamPart take_stream(http::RequestTag tag) override {
    for (Flight& flight : flights_) {
      if (flight.tag != tag || !(flight.answered || flight.due <= clock_.steady_now())) continue;
      return {flight.reply.status, std::exchange(flight.reply.body, {})};
    }
    return {};
  }

  std::vector<http::Completion> take_completions(int endpoint) override {
    std::vector<http::Completion> completions;
    const SteadyTime now = clock_.steady_now();
    for (std::size_t i = 0; i < flights_.size();) {
      if (flights_[i].endpoint != endpoint || flights_[i].due > now) {
        ++i;
        continue;
      }
      check_views(flights_[i]);
      Reply& reply = flights_[i].reply;
      completions.push_back({.tag = flights_[i].tag,
                             .response = {.status = reply.status,
                                          .error = std::move(reply.error),
                                          .too_long = reply.too_long,
                                          .body = std::move(reply.body),
                                          .content_type = std::move(reply.content_type),
                                          .retry_after = reply.retry_after,
                                          .wanted_header = std::move(reply.wanted_header)}});
      flights_.erase(flights_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return completions;
  }

 private:
  struct Flight {
    int endpoint = 0;
    http::RequestTag tag = 0;
    std::vector<std::string_view> views;
    std::string body;
    Reply reply;
    SteadyTime due{};
    bool answered = false;  // A stream whose beginning is there.
  };

  static std::string join(const std::vector<std::string_view>& parts) {
    std::string joined;
    for (const std::string_view part : parts)
      joined += part;
    return joined;
  }

  void check_views(const Flight& flight) {
    if (join(flight.views) != flight.body) views_changed_ = true;
  }

  const FakeClock& clock_;
  std::deque<Reply> queue_;
  Script script_;
  std::vector<Sent> sent_;
  std::vector<Flight> flights_;
  std::vector<http::EndpointOptions> endpoints_;
  std::size_t endpoints_removed_ = 0;
  bool views_changed_ = false;
};

}  // namespace tailrace::testing
