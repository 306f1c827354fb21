// Logs of a Cloudflare zone as an input: the Logpull API, window by window.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "config/cloudflare_config.h"
#include "http/transport.h"
#include "model/input.h"

namespace tailrace::tailer {

// What the API is asked for: a comma list.
std::string cloudflare_fields(const config::CloudflareConfig& cloudflare);

// Pulls windows of pull_range that ended at least a minute ago, each in as many slices at once as
// there are workers, and gives their lines slice by slice.
//
// - Order: the API promises none, so the lines of a slice are sorted by (EdgeStartTimestamp, hash
// of
//   the line). Then a place within a slice is the last line that has run, and a slice that is
//   pulled again after a restart goes on behind it.
// - Position: `cursor-<zone>`, with Promtail's meaning: the end of the next window in nanoseconds.
//   The details have the slice and the place in it.
// - A slice whose answer is too long is halved. What Cloudflare does not have any more (kKept) is
//   skipped, said and counted.
//
// Ownership: borrows Options' world; has an endpoint of the transport.
// Threading: confined to one worker.
// Errors: every failed request is tried again, without end, with Backoff or Retry-After.
// Memory: kBodiesBytesMax for all slices, twice while one is parsed.
class CloudflareReader final : public Input {
 public:
  static constexpr std::size_t kBodiesBytesMax = 64U << 20U;
  static constexpr std::chrono::minutes kDelay{1};  // docs/compatibility.md, cloudflare.
  static constexpr std::chrono::hours kKept{7 * 24};

  struct Options {
    SourceId id = 0;
    std::string job;
    config::CloudflareConfig cloudflare;
    std::optional<ResumePoint> resume;
    std::optional<std::string> stored_cursor;
    std::uint32_t line_bytes_max = 1U << 20U;
  };
  struct World {
    const Clock& clock;
    Log& log;
    Metrics& metrics;
    http::Transport& transport;
    LabelSetTable& label_sets;
  };

  CloudflareReader(Options options, const World& world);
  ~CloudflareReader() override;

  SourceId id() const override { return options_.id; }
  std::string_view job() const override { return options_.job; }
  const LabelSet& labels() const override { return labels_; }
  Result<Outcome> read(ReadBuffer& buffer, LineBlock& block) override;
  void consume(const Line& last) override;
  void fill_resume_point(ResumePoint& point) const override;

  void poll(SteadyTime now) override;
  bool ready() const override;
  SteadyTime next_deadline() const override;
  void begin_stop() override;
  InputStatus status() const override;

 private:
  // How far a slice that ended at `end` has run: its last line, and of several equal ones how many.
  struct Mark {
    std::int64_t end = 0;  // 0: none.
    std::int64_t time_ns = -1;
    std::uint64_t hash = 0;
    std::uint64_t equal = 0;
  };
  struct PulledLine {
    std::int64_t time_ns = 0;
    std::uint64_t hash = 0;
    std::string_view text;  // Into the slice's body.
  };
  struct Slice {
    std::int64_t begin = 0, end = 0;  // Nanoseconds since 1970.
    enum class State { kDue, kInFlight, kPulled } state = State::kDue;
    http::RequestTag tag = 0;
    std::string body;
    std::vector<PulledLine> lines;
    std::size_t consumed = 0;
  };

  void resume();
  void resume_details(std::string_view details);
  void plan_slices();
  void skip_what_is_gone(std::int64_t now_ns);
  std::ptrdiff_t sendable() const;  // So many slices may be asked for at once.
  void send_due(SteadyTime now);
  void take_answers(SteadyTime now);
  void take_answer(Slice& slice, http::Response response, SteadyTime now);
  void halve(Slice& slice);
  void parse(Slice& slice);
  void skip_run(Slice& slice, const Mark& mark) const;
  std::int64_t next_end() const;
  void leave_consumed();
  std::int64_t range_ns() const { return options_.cloudflare.pull_range.count(); }

  const Options options_;
  const World world_;
  const LabelSet& labels_;
  const std::string fields_;
  const int endpoint_;
  MetricValue& entries_;
  MetricValue& last_end_;
  MetricValue& skipped_seconds_;
  Random random_;
  Backoff backoff_;
  SteadyTime retry_at_ = SteadyTime::min();

  std::int64_t from_ = 0;  // Everything before this is done.
  Mark mark_;              // In the slice that begins there.
  std::vector<Mark>
      resumed_;  // Of before a restart: of slices up to its end it hides what had run.
  std::deque<std::unique_ptr<Slice>> slices_;
  std::unique_ptr<Slice> last_;  // Its lines are in the last block.
  std::size_t given_ = 0;        // Of the front slice, in the last block.
  std::uint32_t requests_ = 0;
  std::uint64_t lines_ = 0;
  std::string trouble_;
  bool stopping_ = false;
};

}  // namespace tailrace::tailer
