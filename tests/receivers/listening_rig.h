// Receivers on real sockets of this machine, under a clock that moves when told.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "base/event_loop.h"
#include "base/log.h"
#include "base/metrics.h"
#include "discovery/line_relabeler.h"
#include "receivers/listening_input.h"
#include "tests/fakes/fake_clock.h"

namespace tailrace::receivers {

class ListeningRig : public ::testing::Test {
 protected:
  ListeningRig() : loop_(std::move(*EventLoop::create())) {}
  ~ListeningRig() override {
    for (const int descriptor : descriptors_)
      if (descriptor >= 0) close(descriptor);
  }

  // A bound socket of 127.0.0.1; of a stream it listens.
  int listen_on(int type) {
    const int descriptor = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    if (type == SOCK_STREAM) {
      EXPECT_EQ(listen(descriptor, 16), 0);
    }
    socklen_t size = sizeof address_;
    getsockname(descriptor, reinterpret_cast<sockaddr*>(&address_), &size);
    type_ = type;
    descriptors_.push_back(descriptor);
    return descriptor;
  }

  int connect_to() {
    const int descriptor = socket(AF_INET, type_ | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(descriptor, reinterpret_cast<sockaddr*>(&address_), sizeof address_), 0);
    descriptors_.push_back(descriptor);
    return descriptor;
  }
  static void send_to(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      ASSERT_GT(sent, 0);
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void hang_up(int& descriptor) {
    std::erase(descriptors_, descriptor);
    close(std::exchange(descriptor, -1));
  }

  std::unique_ptr<discovery::LineRelabeler> relabeler(
      const std::vector<config::RelabelConfig>& rules, discovery::LabelMap labels) {
    std::vector<config::Diagnostic> diagnostics;
    auto compiled = discovery::Relabeler::compile(rules, diagnostics);
    EXPECT_TRUE(compiled.has_value());
    return std::make_unique<discovery::LineRelabeler>(
        std::move(*compiled),
        discovery::LineRelabeler::Options{
            .labels = std::move(labels), .fixed = discovery::LineRelabeler::Options::Fixed::kUnder},
        sets_);
  }
  ListeningInput::World world() {
    return {.clock = clock_, .log = log_, .metrics = metrics_, .loop = *loop_};
  }

  // One turn of a worker: waits for something to happen, at most `patience`.
  void turn(Input& input, std::chrono::milliseconds patience) {
    const SystemClock real;
    static_cast<void>(loop_->wait(real, real.steady_now() + patience));
    input.poll(clock_.steady_now());
  }
  // Reads and consumes what there is: "{labels} text".
  void take(Input& input) {
    while (input.ready()) {
      LineBlock block;
      const auto outcome = input.read(buffer_, block);
      ASSERT_TRUE(outcome.has_value());
      ended_ = *outcome == Source::Outcome::kEnded;
      if (*outcome != Source::Outcome::kLines) return;
      for (const Line& line : block.lines) {
        seen_.push_back((line.labels == nullptr ? std::string() : line.labels->text()) + " " +
                        std::string(line.text));
        times_.push_back(line.time_ns);
      }
      input.consume(block.lines.back());
    }
  }
  // Until there are so many lines; gives up after 10 s.
  void take_lines(Input& input, std::size_t lines) {
    for (int i = 0; i < 1000 && seen_.size() < lines; ++i) {
      turn(input, std::chrono::milliseconds(10));
      take(input);
    }
    ASSERT_EQ(seen_.size(), lines);
  }
  // Until `done`.
  template <typename Done>
  void turn_until(Input& input, Done done) {
    for (int i = 0; i < 1000 && !done(); ++i) {
      turn(input, std::chrono::milliseconds(10));
      take(input);
    }
    ASSERT_TRUE(done());
  }

  double metric(const std::string& name) { return metrics_.counter(name, "").value(); }

  testing::FakeClock clock_;
  Log log_ = Log::discard(clock_);
  Metrics metrics_;
  std::unique_ptr<EventLoop> loop_;
  LabelSetTable sets_;
  ReadBuffer buffer_;
  std::vector<std::string> seen_;
  std::vector<std::int64_t> times_;
  bool ended_ = false;

 private:
  sockaddr_in address_{};
  int type_ = SOCK_STREAM;
  std::vector<int> descriptors_;
};

}  // namespace tailrace::receivers
