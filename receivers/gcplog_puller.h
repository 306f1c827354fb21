// A subscription of Google's Pub/Sub as an input: entries of logs, pulled and acknowledged.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "discovery/line_relabeler.h"
#include "http/transport.h"
#include "model/input.h"
#include "receivers/gcp_log_entry.h"
#include "receivers/gcp_token.h"

namespace tailrace::receivers {

// Pulls messages by the REST API, gives each as a line and acknowledges it when it is in the
// outbox.
//
// - Pub/Sub sends again what was not acknowledged in time, and now and then what was. The ids of
//   messages whose acknowledgement has not been confirmed are in the resume point, so that after a
//   restart too a message that is in the outbox is acknowledged, not read again, and so over
//   several restarts; ids of the last kRememberedMax messages are remembered while the process
//   lives.
// - A message that is no entry of a log is a line as it is, with the fixed labels, and counted.
//
// Ownership: borrows Options' world; has an endpoint of the transport.
// Threading: confined to one worker.
// Errors: credentials, answers: tried again without end, with Backoff; status() says why.
// Memory: one answer (kAnswerBytesMax) and the messages in it; kOpenMax ids of this run and
// kOfBeforeMax of those before it in the resume point.
class GcplogPuller final : public Input {
 public:
  static constexpr std::size_t kMessagesAtOnce = 500;
  static constexpr std::size_t kOpenMax = 2000;
  // Every kill -9 may leave kOpenMax that were acknowledged and not confirmed; they are kept for
  // as long as they may come again. Beyond this the oldest are forgotten.
  static constexpr std::size_t kOfBeforeMax = 10'000;
  static constexpr std::size_t kRememberedMax = 20'000;
  // Pub/Sub takes 512 KiB of ids in a request, each of which has some 200 bytes.
  static constexpr std::size_t kAcknowledgedAtOnce = 1000;
  static constexpr std::size_t kAnswerBytesMax = 32U << 20U;
  // Well within the shortest deadline that a subscription can have for acknowledgements (10 s).
  static constexpr std::chrono::seconds kCutWithin{1};

  struct Options {
    SourceId id = 0;
    std::string job;
    std::string name;  // ResumePoint::path.
    std::string project, subscription;
    std::string api_url = "https://pubsub.googleapis.com";
    GcpToken::Options token;
    GcpTimes times = GcpTimes::kOurs;
    GcpLines lines = GcpLines::kTextPayload;
    config::LabelMap labels;
    std::optional<ResumePoint> resume;
    std::uint32_t line_bytes_max = 1U << 20U;
  };
  struct World {
    const Clock& clock;
    FileSystem& file_system;
    Log& log;
    Metrics& metrics;
    http::Transport& transport;
    LabelSetTable& label_sets;
  };

  GcplogPuller(Options options, discovery::Relabeler relabeler, const World& world);
  ~GcplogPuller() override;

  SourceId id() const override { return options_.id; }
  std::string_view job() const override { return options_.job; }
  const LabelSet& labels() const override { return labels_; }
  Result<Outcome> read(ReadBuffer& buffer, LineBlock& block) override;
  void consume(const Line& last) override;
  void fill_resume_point(ResumePoint& point) const override;

  void poll(SteadyTime now) override;
  bool ready() const override;
  SteadyTime next_deadline() const override;
  bool wants_cut() const override;
  void stored() override;
  void begin_stop() override;
  InputStatus status() const override;

 private:
  bool may_end() const;
  struct Message {
    std::uint64_t id = 0;  // A hash of it.
    std::string ack;
    GcpLogEntry entry;
    const LabelSet* labels = nullptr;  // nullptr: a rule drops it.
  };
  // A message that has run. `ack` is empty while it has not come since a restart.
  struct Open {
    std::uint64_t id = 0;
    std::string ack;
    enum class State { kRan, kStored, kInFlight } state = State::kRan;
    bool of_before = false;
  };

  void resume();
  void take_answers(SteadyTime now);
  void take_pulled(const http::Response& response, SteadyTime now);
  Status parse_pulled(std::string_view body);
  void add_message(std::string_view id, std::string_view ack, std::string_view data);
  void take_acknowledged(const http::Response& response, SteadyTime now);
  void fail_for_now(std::string_view what, const http::Response& response, SteadyTime now);
  void send_pull(const std::string& authorization);
  void send_acknowledgement(const std::string& authorization);
  bool wants_pull() const;
  bool wants_acknowledgement() const;
  void pass_front();
  void ran(Message message);
  static void drop(const Message& message);
  void remember(std::uint64_t id);
  template <typename Predicate>
  void close(Predicate predicate);
  http::Request request(const char* verb, const std::string& authorization) const;
  http::RequestTag tag(std::uint32_t number) const;

  const Options options_;
  const World world_;
  discovery::LineRelabeler relabeler_;
  const LabelSet& labels_;
  const int endpoint_;
  GcpToken token_;
  MetricValue& entries_;
  MetricValue& errors_;
  MetricValue& last_success_;
  Random random_;
  Backoff backoff_;
  SteadyTime retry_at_ = SteadyTime::min();

  std::deque<Message> waiting_;
  std::vector<Message> given_;  // Of the last block.
  std::size_t consumed_ = 0;    // Of given_.
  SourcePosition lines_ = 0;    // Consumed, in all runs.
  std::deque<Open> open_;
  std::size_t of_before_ = 0;  // How many of open_ are.
  SteadyTime forget_before_at_ = SteadyTime::max();
  SteadyTime oldest_ran_ = SteadyTime::max();
  std::unordered_set<std::uint64_t> remembered_;
  std::deque<std::uint64_t> remembered_order_;
  std::string pull_body_, acknowledge_body_;
  bool pulling_ = false;
  bool acknowledging_ = false;
  std::string trouble_ = "has not pulled yet";
  bool stopping_ = false;
};

}  // namespace tailrace::receivers
