// What is pushed to us by HTTP: taken, cut into the outbox, and only then answered.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "discovery/line_relabeler.h"
#include "http/microhttpd_server.h"
#include "model/input.h"
#include "receivers/push_format.h"
#include "receivers/push_inbox.h"
#include "receivers/pushed_lines.h"
#include "receivers/recent_bodies.h"

namespace tailrace::receivers {

// A server and the requests that it took, one after the other. A request that is refused is refused
// before anything of it is taken. A sender has its answer when the cut with the last of its lines
// is in the outbox; one that never got it (we were killed, its connection broke) is recognised when
// it sends the same again (RecentBodies), and nothing is taken twice.
//
// Without room new requests get 503 before their bodies are read, and those that wait get it too,
// but for one of which a part was taken.
//
// Ownership: owns server and format; borrows the rest of its world.
// Threading: confined to one worker; the server has a thread of its own, which only fills the
//   PushInbox.
// Memory: the bodies that wait (the server's bodies_bytes_max), the one at hand unpacked, and what
//   its decoder needs (PushedLines).
class PushReceiver final : public Input {
 public:
  struct Options {
    SourceId id = 0;
    std::string job{};
    std::string name{};
    // Whose lines had no rules: `labels`.
    std::map<std::string, std::string> fixed_labels{};
    std::uint32_t line_bytes_max = 1U << 20U;
    std::chrono::nanoseconds answer_timeout{0};  // Then 503; 0: never.
    // Counters of lines and of refused requests; empty: nothing counts them.
    std::string entries_metric{};
    std::string errors_metric{};
    enum class Errors { kPlain, kByReason };
    Errors errors = Errors::kPlain;
    PushInbox::Options inbox{};
  };
  struct Parts {
    const Clock& clock;
    Log& log;
    Metrics& metrics;
    EventLoop& loop;
    LabelSetTable& label_sets;
    std::unique_ptr<PushFormat> format;
    std::unique_ptr<discovery::LineRelabeler> relabeler;
  };

  // Without room for longer than this, senders are told so.
  static constexpr auto kPatience = std::chrono::seconds(1);
  // How long a stop waits for the cut that senders wait for.
  static constexpr auto kStopPatience = std::chrono::seconds(5);

  // `resume`: of the last cut.
  PushReceiver(Parts parts, Options options, const std::optional<ResumePoint>& resume);
  ~PushReceiver() override;

  // Begins to listen. Its socket, TLS, times and limits are the caller's.
  Status listen(http::MicrohttpdServer::Options server);
  // What the server does with requests; for tests, too.
  PushInbox& inbox() { return inbox_; }
  std::uint16_t port() const { return server_ == nullptr ? 0 : server_->port(); }

  SourceId id() const override { return options_.id; }
  std::string_view job() const override { return options_.job; }
  const LabelSet& labels() const override { return *fixed_; }
  Result<Outcome> read(ReadBuffer& buffer, LineBlock& block) override;
  void consume(const Line& last) override;
  void fill_resume_point(ResumePoint& point) const override;

  void poll(SteadyTime now) override;
  bool ready() const override;
  SteadyTime next_deadline() const override;
  bool wants_cut() const override { return !waiting_.empty(); }
  void stored() override;
  void set_room(Room room) override;
  void begin_stop() override;
  InputStatus status() const override;

 private:
  // The request whose lines are being read.
  struct Current {
    http::ServerRequest request;
    PushInbox::Ticket ticket;  // Until all is consumed.
    RecentBodies::Record record;
    bool knows_repeats = false;
    SourcePosition base = 0;  // Position of its first line.
    std::size_t next = 0;     // The first line that is not consumed.
    std::size_t counted = 0;  // Dropped lines before this one are counted.
    bool complete = false;    // Nothing of it is left.
  };
  // All of it is consumed: it is answered when that is stored.
  struct Waiting {
    PushInbox::Ticket ticket;
    http::ServerResponse response;
  };

  // Takes the next request. False: there is none, or it was refused.
  bool begin_next();
  void begin(PushInbox::Arrived arrived);
  void fill(LineBlock& block);
  // The labels of a group, or nullptr when its lines are dropped.
  const LabelSet* labels_of(const PushedLines::Group& group);
  // All of the current request is consumed or dropped.
  void complete();
  void answer_taken(PushInbox::Ticket& ticket, http::ServerResponse response);
  void refuse(const Refusal& refusal);  // The current one.
  void refuse_queue(const char* reason);
  // The record of a request that came before, if this one repeats it.
  void recognise(const PushInbox::Arrived& arrived, RecentBodies::Record& record);
  void answer_late(SteadyTime now);
  void take_messages();
  bool all_given() const { return (!current_ || current_->complete) && queue_.empty(); }
  // The same request has the same hash.
  static BodyHash hash_of(const http::ServerRequest& request);

  const Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  LabelSetTable& label_sets_;
  const Options options_;
  const std::unique_ptr<PushFormat> format_;
  const std::unique_ptr<discovery::LineRelabeler> relabeler_;
  const LabelSet* fixed_ = nullptr;  // Pinned.
  MetricValue& requests_taken_;
  MetricValue& requests_repeated_;
  MetricValue& lines_dropped_;
  MetricValue* entries_ = nullptr;  // May be null.
  PushInbox inbox_;

  std::deque<PushInbox::Arrived> queue_;
  PushedLines lines_;  // Of the current request.
  std::optional<Current> current_;
  std::vector<Waiting> waiting_;
  RecentBodies recent_;
  SourcePosition position_ = 0;  // Lines consumed, ever.
  bool dirty_ = false;           // Something was consumed since the last stored().
  Room room_ = Room::kYes;
  SteadyTime no_room_since_ = SteadyTime::max();
  bool stopping_ = false;
  SteadyTime stop_deadline_ = SteadyTime::max();
  bool overdue_ = false;                            // The stop waited long enough.
  SteadyTime oldest_ = SteadyTime::max();           // When the first of those that wait arrived.
  std::unique_ptr<http::MicrohttpdServer> server_;  // Last: its thread uses the inbox.
};

}  // namespace tailrace::receivers
