// HTTP by libcurl's multi interface on an event loop.
#pragma once

#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "http/transport.h"

namespace tailrace::http {

// Sends over HTTP/1.1, one connection per request in flight, kept open between requests.
//
// Ownership: borrows the event loop and the clock, which outlive it.
// Threading: confined to the event loop's thread. Name resolution runs in curl's own threads.
class CurlTransport final : public Transport {
 public:
  static Result<std::unique_ptr<CurlTransport>> create(EventLoop& loop, const Clock& clock);

  struct Multi;
  // For create() only.
  CurlTransport(EventLoop& loop, const Clock& clock, std::unique_ptr<Multi> multi);
  ~CurlTransport() override;

  int add_endpoint(const EndpointOptions& options) override;
  void remove_endpoint(int endpoint) override;
  void submit(int endpoint, RequestTag tag, const Request& request) override;
  void cancel(RequestTag tag) override;
  std::vector<Completion> take_completions(int endpoint) override;
  StreamPart take_stream(RequestTag tag) override;
  SteadyTime next_deadline() const override { return timer_; }

 private:
  struct Exchange;

  // What curl calls; `user` is this object.
  static int on_socket(void* easy, int descriptor, int what, void* user, void* socket);
  static int on_timer(void* multi, long milliseconds,
                      void* user);  // NOLINT(google-runtime-int): curl
  void socket_ready(int descriptor, int events);
  void run_timer();
  void collect_finished();

  EventLoop& loop_;
  const Clock& clock_;
  std::unique_ptr<Multi> multi_;
  std::map<int, EndpointOptions> endpoints_;
  int next_endpoint_ = 0;
  std::unordered_map<RequestTag, std::unique_ptr<Exchange>> open_;
  std::vector<std::unique_ptr<Exchange>> idle_;         // Handles to be used again.
  std::map<int, std::vector<Completion>> completions_;  // By endpoint.
  SteadyTime timer_ = SteadyTime::max();
};

}  // namespace tailrace::http
