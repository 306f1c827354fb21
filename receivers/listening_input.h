// What syslog and gelf have in common: sockets, a queue of what came, and an end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "config/listen_config.h"
#include "http/tls_options.h"
#include "model/input.h"
#include "receivers/datagram_listener.h"
#include "receivers/frame_sink.h"
#include "receivers/message_queue.h"
#include "receivers/stream_listener.h"

namespace tailrace::receivers {

// An input on one socket. What comes waits in a queue until it is consumed; when that is full,
// nothing more is read.
//
// Ownership: shares the socket with whoever listens on its address next.
// Threading: confined to one worker.
// Memory: the queue, kQueueBytes and twice the longest message, and what StreamListener or
//   DatagramListener say.
class ListeningInput : public Input, protected FrameSink {
 public:
  static constexpr std::size_t kQueueBytes = 2U << 20U;

  struct Options {
    SourceId id = 0;
    SourcePosition begin = 0;  // Of the resume point: positions rise over restarts, too.
    std::string job;
    std::string kind;  // "syslog", "gelf": in the names of metrics.
    config::ListenConfig listen;
    int descriptor = -1;
    // Keeps the descriptor open; shared, since over a reload the next input has it, too.
    std::shared_ptr<const void> socket;
    ConnectionPark* park = nullptr;                  // Of the socket; null: none.
    std::shared_ptr<const ConnectionPark::Use> use;  // With the park.
    http::ServerTlsOptions tls;
    SyslogFramer::Options framer;
    std::chrono::nanoseconds idle_timeout{0};
    std::size_t datagram_bytes_max = 8192;
    std::size_t message_bytes_max = 0;  // When messages may be longer than frames and datagrams.
    const LabelSet* labels = nullptr;   // Pinned by this.
  };
  struct World {
    const Clock& clock;
    Log& log;
    Metrics& metrics;
    EventLoop& loop;
  };

  ~ListeningInput() override;

  SourceId id() const override { return options_.id; }
  std::string_view job() const override { return options_.job; }
  const LabelSet& labels() const override { return *options_.labels; }
  void consume(const Line& last) override { queue_.consume(last.next); }
  void fill_resume_point(ResumePoint& point) const override;

  void poll(SteadyTime now) override;
  bool ready() const override;
  SteadyTime next_deadline() const override;
  void begin_stop() override;
  InputStatus status() const override;

 protected:
  ListeningInput(Options options, World world);
  // Opens what listens; at the end of the constructor's work.
  Status start();

  bool has_room(std::size_t bytes) const override;
  void on_broken_stream(const PeerAddress& peer) override;
  // Counted by the kind: bytes that are no message.
  virtual void count_broken() = 0;

  // At the beginning of read().
  void make_room();
  // kUpToDate, or kEnded when nothing more can come.
  Outcome outcome_without_lines() const;
  // read() has nothing to give before this time.
  void wait_until(SteadyTime time) { wait_until_ = time; }
  SteadyTime now() const { return now_; }
  const Options& options() const { return options_; }
  const World& world() const { return world_; }
  MessageQueue& queue() { return queue_; }
  const MessageQueue& queue() const { return queue_; }
  bool is_stream() const;

 private:
  struct Metered {
    MetricValue& total;
    std::uint64_t seen = 0;
  };
  void count(Metered& metered, std::uint64_t now_at);
  void count_all();

  const Options options_;
  const World world_;
  MessageQueue queue_;
  std::unique_ptr<StreamListener> stream_;
  std::unique_ptr<DatagramListener> datagrams_;
  SteadyTime now_{};
  SteadyTime wait_until_{};
  bool stopping_ = false;
  std::string trouble_;
  Metered accepted_, refused_, timed_out_, failed_, cut_, kernel_drops_;
  MetricValue& open_;
  std::size_t open_seen_ = 0;
};

}  // namespace tailrace::receivers
