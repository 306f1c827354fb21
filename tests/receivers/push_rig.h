// A PushReceiver without a server: requests are handed in, answers are written down.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/event_loop.h"
#include "base/log.h"
#include "base/metrics.h"
#include "receivers/push_receiver.h"
#include "tests/fakes/fake_clock.h"

namespace tailrace::receivers {

// One sender's side.
struct Sender final : http::Responder::Exchange {
  void answer(http::ServerResponse response, http::Responder::Done done) override {
    status = response.status;
    body = response.body;
    if (done) done(gone ? http::Responder::Outcome::kLost : http::Responder::Outcome::kSent);
  }
  bool peer_gone() const override { return gone; }
  int status = 0;  // 0: it waits.
  std::string body;
  bool gone = false;
};

// A line as it came out of a receiver.
struct GotLine {
  std::string text;
  std::string labels;
  std::int64_t time_ns = 0;
  std::string metadata{};  // "a=b,c=d"
  friend bool operator==(const GotLine&, const GotLine&) = default;
};

class PushRig {
 public:
  explicit PushRig(PushReceiver::Options options = {}) : options_(std::move(options)) {
    options_.id = 7;
    options_.job = "push";
    options_.name = "loki_push_api/push/0";
    options_.inbox.metrics_prefix = "promtail_push_";
  }

  discovery::LineRelabeler::Options relabel;
  std::vector<config::RelabelConfig> rules;
  std::function<std::unique_ptr<PushFormat>()> make_format;

  // Begins anew, as after a restart, from the last resume point that was cut.
  void start() {
    receiver_.reset();
    std::vector<config::Diagnostic> diagnostics;
    auto relabeler = discovery::Relabeler::compile(rules, diagnostics);
    ASSERT_TRUE(relabeler);
    relabel.labels = {options_.fixed_labels.begin(), options_.fixed_labels.end()};
    receiver_ = std::make_unique<PushReceiver>(
        PushReceiver::Parts{.clock = clock,
                            .log = log_,
                            .metrics = metrics,
                            .loop = *loop_,
                            .label_sets = table_,
                            .format = make_format(),
                            .relabeler = std::make_unique<discovery::LineRelabeler>(
                                std::move(*relabeler), relabel, table_)},
        options_, cut_point_);
  }
  PushReceiver& receiver() { return *receiver_; }

  static http::ServerRequest request(std::string path, std::string type, std::string body) {
    http::ServerRequest request;
    request.method = "POST";
    request.path = std::move(path);
    if (!type.empty()) request.headers["content-type"] = std::move(type);
    request.body = std::move(body);
    return request;
  }
  std::shared_ptr<Sender> send(http::ServerRequest request) {
    auto sender = std::make_shared<Sender>();
    receiver_->inbox().request(std::move(request), http::Responder(sender));
    receiver_->poll(clock.steady_now());
    return sender;
  }

  // Reads one block and consumes `count` lines of it at most.
  std::vector<GotLine> read(std::size_t count = SIZE_MAX) {
    receiver_->poll(clock.steady_now());
    LineBlock block;
    last_outcome = *receiver_->read(buffer_, block);
    std::vector<GotLine> lines;
    for (const Line& line : block.lines) {
      if (lines.size() == count) break;
      GotLine& got = lines.emplace_back();
      got.text = line.text;
      got.labels = (line.labels == nullptr ? receiver_->labels() : *line.labels).text();
      got.time_ns = line.time_ns;
      for (const LabelPair& pair : line.metadata) {
        if (!got.metadata.empty()) got.metadata += ',';
        got.metadata += std::string(pair.name) + "=" + std::string(pair.value);
      }
    }
    if (!lines.empty()) receiver_->consume(block.lines[lines.size() - 1]);
    return lines;
  }
  // Reads all that there is.
  std::vector<GotLine> read_all() {
    std::vector<GotLine> all;
    receiver_->poll(clock.steady_now());
    while (receiver_->ready()) {
      for (GotLine& line : read())
        all.push_back(std::move(line));
      if (last_outcome == Source::Outcome::kEnded) break;
    }
    return all;
  }
  // A cut: what was consumed is in the outbox.
  void cut() {
    cut_point_.emplace();
    receiver_->fill_resume_point(*cut_point_);
    receiver_->stored();
    table_.sweep();
  }
  const std::optional<ResumePoint>& cut_point() const { return cut_point_; }

  testing::FakeClock clock;
  Metrics metrics;
  Source::Outcome last_outcome = Source::Outcome::kUpToDate;

 private:
  PushReceiver::Options options_;
  Log log_ = Log::discard(clock);
  std::unique_ptr<EventLoop> loop_ = std::move(*EventLoop::create());
  LabelSetTable table_;
  ReadBuffer buffer_;
  std::optional<ResumePoint> cut_point_;
  std::unique_ptr<PushReceiver> receiver_;
};

}  // namespace tailrace::receivers
