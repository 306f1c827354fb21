// The log of a container, by Docker's Engine API.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/backoff.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "discovery/docker_api.h"
#include "model/input.h"
#include "model/label_set.h"
#include "tailer/docker_cursor.h"
#include "tailer/docker_frames.h"

namespace tailrace::tailer {

// Follows the log of one container over its restarts, the daemon's and our own
// (docs/sources/docker.md):
//
//   look (is it running, has it a TTY) -> stream -> look -> ... -> a last reading when it stands
//   still -> wait until it runs again -> ...
//
// ends when the container is gone. What was consumed before is recognised (docker_cursor.h).
//
// Ownership: borrows the world; pins the label sets.
// Threading: confined to one worker.
// Errors: a daemon that is away is asked again with Backoff, without end.
// Memory: what a look at the stream gave (http::Transport::kStreamBytesMax) as lines, and a line of
//   the limit for each of stdout and stderr.
class DockerReader final : public Input {
 public:
  struct World {
    discovery::DockerApi::World api;
    Log& log;
    Metrics& metrics;
  };
  struct Options {
    SourceId id = 0;
    std::string job;
    std::string name;  // ResumePoint::path.
    std::string container_id;
    std::string container_name;  // For people.
    discovery::DockerEndpoint endpoint;
    // By DockerStream; nullptr: its lines are not asked for. At least one is there.
    std::array<const LabelSet*, 2> labels{};
    // What to do with a container that stands still and of which nothing was ever read.
    enum class Still { kRead, kLeave };
    Still still = Still::kRead;
    std::uint32_t line_bytes_max = 1U << 20U;
    // Nothing: it has never run.
    std::optional<ResumePoint> resume;
    std::optional<std::string> stored_cursor;
  };

  DockerReader(Options options, const World& world);
  ~DockerReader() override;

  SourceId id() const override { return options_.id; }
  std::string_view job() const override { return options_.job; }
  const LabelSet& labels() const override;
  Result<Outcome> read(ReadBuffer& buffer, LineBlock& block) override;
  void consume(const Line& last) override;
  void fill_resume_point(ResumePoint& point) const override;

  void poll(SteadyTime now) override;
  bool ready() const override;
  SteadyTime next_deadline() const override;
  void begin_stop() override;
  InputStatus status() const override;

 private:
  enum class State {
    kLookNext,    // Asks what the container does, at next_.
    kLooking,     // Asked.
    kStreamNext,  // Asks for its log.
    kStreaming,   // Asked; lines come.
    kGone,        // The container is no more.
  };

  void resume();
  void take_from_transport(SteadyTime now);
  void send(SteadyTime now);
  Result<discovery::DockerApi::Sent> ask_for_log();
  void on_look(const http::Response& response, SteadyTime now);
  void on_container(std::string_view started_at, SteadyTime now);
  void on_stream_end(const http::Response& response, SteadyTime now);
  void parse();
  void look_after(std::chrono::nanoseconds wait, SteadyTime now);
  void fail_later(std::string why, SteadyTime now);
  std::int64_t open_since() const;
  bool wants(DockerStream stream) const {
    return options_.labels[static_cast<std::size_t>(stream)] != nullptr;
  }
  bool drained() const {
    return next_line_ == frames_.lines().size() && bytes_.empty() && !finish_due_;
  }

  const Options options_;
  Log& log_;
  MetricValue& entries_;
  MetricValue& parsing_errors_;
  discovery::DockerApi api_;
  Random random_;
  Backoff backoff_;

  State state_ = State::kLookNext;
  SteadyTime next_{};
  bool stopping_ = false;
  std::string trouble_;
  bool stream_failed_ = false;  // What trouble_ is about.

  // What the last look said.
  bool running_ = false;
  DockerFrames::Format format_ = DockerFrames::Format::kFrames;
  std::string started_at_;
  // started_at_ of the run of which a reading that began when it stood still has come to its end,
  // and of the one where that was seen to be all.
  std::string read_once_, read_out_;
  std::string left_;    // started_at_ of the run that was not read (Still::kLeave).
  bool began_ = false;  // The log was asked for, now or before a restart.
  std::chrono::nanoseconds still_wait_{};

  // The stream at hand.
  bool follows_ = false;
  bool stands_ = false;                // The daemon has begun to answer.
  bool brought_lines_ = false;         // New ones.
  bool look_again_ = false;            // The transport may have more.
  std::string bytes_;                  // Taken from the transport and not parsed.
  std::string refusal_;                // The body of an answer that is no stream.
  std::optional<http::Response> end_;  // It has ended; seen to once all is consumed.
  bool finish_due_ = false;            // What is open is a line.
  std::uint64_t faults_counted_ = 0;
  DockerFrames frames_;
  std::size_t next_line_ = 0;  // Of frames_.lines(): the first that is not consumed.
  DockerCursor cursor_;
  SourcePosition position_ = 0;  // Lines consumed.
};

}  // namespace tailrace::tailer
