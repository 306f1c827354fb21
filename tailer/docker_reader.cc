// Looks and streams in turn, lines with what is known of them left out.
#include "tailer/docker_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace tailrace::tailer {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// Requests by number (discovery::DockerApi).
constexpr std::uint32_t kLookNumber = 1;
constexpr std::uint32_t kStreamNumber = 2;
constexpr Backoff::Options kDockerRetry{.min = milliseconds(250), .max = seconds(30)};
// A container that stands still is looked at from time to time; that it started is said by
// discovery, which has the input made anew.
constexpr nanoseconds kStillWaitMin = seconds(1);
constexpr nanoseconds kStillWaitMax = std::chrono::minutes(5);
constexpr std::size_t kRefusalBytesMax = 4096;
// cursor_details of a container that was left alone: when it had started.
constexpr std::string_view kLeft = "left ";

DockerFrames empty_frames(const DockerReader::Options& options, DockerFrames::Format format) {
  return {format, options.line_bytes_max};
}

}  // namespace

DockerReader::DockerReader(Options options, const World& world)
    : options_(std::move(options)),
      log_(world.log),
      entries_(world.metrics.counter("promtail_docker_target_entries_total",
                                     "Total number of successful entries sent to the Docker "
                                     "target")),
      parsing_errors_(world.metrics.counter("promtail_docker_target_parsing_errors_total",
                                            "Total number of parsing errors while receiving "
                                            "Docker messages")),
      api_(options_.endpoint, world.api),
      random_(hash_text(options_.container_id, 0)),
      backoff_(kDockerRetry, random_),
      still_wait_(kStillWaitMin),
      frames_(empty_frames(options_, DockerFrames::Format::kFrames)) {
  for (const LabelSet* set : options_.labels) {
    if (set != nullptr) set->pin();
  }
  resume();
}

DockerReader::~DockerReader() {
  for (const LabelSet* set : options_.labels) {
    if (set != nullptr) set->unpin();
  }
}

void DockerReader::resume() {
  if (options_.resume) {
    position_ = options_.resume->position;
    const std::string& details = options_.resume->cursor_details;
    auto cursor = DockerCursor::parse(details);
    if (cursor) {
      cursor_ = *cursor;
      began_ = true;
    } else if (details.starts_with(kLeft)) {
      left_ = details.substr(kLeft.size());
    } else if (!details.empty()) {
      log_.warn("a container's log is read from the second of its position",
                {{"container", options_.container_name}, {"reason", cursor.error().message}});
    }
  }
  // Promtail's, or somebody's, wins; without our own, the text of positions.yaml is left.
  std::optional<std::string> text = options_.stored_cursor;
  if (!text && !began_ && options_.resume && !options_.resume->cursor.empty()) {
    text = options_.resume->cursor;
  }
  if (!text) return;
  std::int64_t since = 0;
  const char* const end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, since);
  if (parsed.ec == std::errc{} && parsed.ptr == end) {
    cursor_ = DockerCursor::from_seconds(since);
    began_ = true;
  } else {
    log_.warn("the position of a container is no number of seconds, and is not used",
              {{"position", options_.name}, {"value", *text}});
  }
}

const LabelSet& DockerReader::labels() const {
  return *(options_.labels[0] != nullptr ? options_.labels[0] : options_.labels[1]);
}

void DockerReader::poll(SteadyTime now) {
  for (http::Completion& completion : api_.take_completions()) {
    if (stopping_) continue;
    if (completion.tag == kLookNumber && state_ == State::kLooking) {
      on_look(completion.response, now);
    } else if (completion.tag == kStreamNumber && state_ == State::kStreaming) {
      end_ = std::move(completion.response);
    }
  }
  if (stopping_ || !drained()) return;
  if (state_ == State::kStreaming) take_from_transport(now);
  const bool due = state_ == State::kStreamNext || (state_ == State::kLookNext && next_ <= now);
  if (due && drained() && !api_.waiting()) send(now);
}

// Bytes to parse, or the end of the stream.
void DockerReader::take_from_transport(SteadyTime now) {
  http::StreamPart part;
  if (end_) {
    // What came before a connection broke counts.
    part.status = end_->status == 0 && stands_ ? 200 : end_->status;
    part.bytes = std::exchange(end_->body, {});
  } else {
    part = api_.take_stream(kStreamNumber);
  }
  look_again_ = !part.bytes.empty();
  if (part.status == 200) {
    bytes_ = std::move(part.bytes);
    stands_ = true;
    trouble_.clear();
    stream_failed_ = false;
  } else if (part.status != 0) {
    refusal_.append(part.bytes, 0, kRefusalBytesMax - std::min(kRefusalBytesMax, refusal_.size()));
  }
  if (end_ && bytes_.empty()) on_stream_end(*std::exchange(end_, std::nullopt), now);
}

void DockerReader::send(SteadyTime now) {
  const bool look = state_ == State::kLookNext;
  const auto sent = look ? api_.get(kLookNumber, "/containers/" + options_.container_id + "/json",
                                    http::Request::Answer::kWhole)
                         : ask_for_log();
  if (!sent) {
    fail_later(sent.error().message, now);
  } else if (*sent == discovery::DockerApi::Sent::kYes) {
    state_ = look ? State::kLooking : State::kStreaming;
  }
}

Result<discovery::DockerApi::Sent> DockerReader::ask_for_log() {
  cursor_.rewind(open_since());
  frames_ = empty_frames(options_, format_);
  next_line_ = 0;
  faults_counted_ = 0;
  follows_ = running_;
  stands_ = false;
  brought_lines_ = false;
  read_once_.clear();
  refusal_.clear();
  began_ = true;
  return api_.get(
      kStreamNumber,
      fmt::format("/containers/{}/logs?follow={:d}&timestamps=1&stdout={:d}&stderr={:d}&since={}",
                  options_.container_id, follows_, wants(DockerStream::kStdout),
                  wants(DockerStream::kStderr), cursor_.since()),
      http::Request::Answer::kStream);
}

void DockerReader::on_look(const http::Response& response, SteadyTime now) {
  if (response.status == 404) {
    log_.debug("a container is gone", {{"container", options_.container_name}});
    state_ = State::kGone;
    trouble_.clear();
    finish_due_ = true;
    return;
  }
  if (const std::string failure = discovery::docker_failure(response); !failure.empty()) {
    fail_later(failure, now);
    return;
  }
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view started_at;
  bool tty = false;
  if (parser.parse(response.body).get(root) != simdjson::SUCCESS ||
      root["State"]["Running"].get(running_) != simdjson::SUCCESS ||
      root["State"]["StartedAt"].get(started_at) != simdjson::SUCCESS ||
      root["Config"]["Tty"].get(tty) != simdjson::SUCCESS) {
    fail_later("the daemon's answer about the container is not understood", now);
    return;
  }
  format_ = tty ? DockerFrames::Format::kRaw : DockerFrames::Format::kFrames;
  if (!stream_failed_) trouble_.clear();
  on_container(started_at, now);
}

void DockerReader::on_container(std::string_view started_at, SteadyTime now) {
  started_at_ = started_at;
  const bool unread = !began_ && options_.still == Options::Still::kLeave;
  if (running_) {
    read_out_.clear();
    left_.clear();
    still_wait_ = kStillWaitMin;
  } else if (unread && (left_.empty() || left_ == started_at_)) {
    left_ = started_at_;
    read_out_ = started_at_;
  } else if (read_once_ == started_at_) {
    finish_due_ = read_out_ != started_at_;
    read_out_ = started_at_;
  }
  const bool unwanted = format_ == DockerFrames::Format::kRaw && !wants(DockerStream::kStdout);
  if (unwanted || (!running_ && read_out_ == started_at_)) {
    look_after(still_wait_, now);
    still_wait_ = std::min(still_wait_ * 2, kStillWaitMax);
  } else {
    state_ = State::kStreamNext;
  }
}

void DockerReader::on_stream_end(const http::Response& response, SteadyTime now) {
  http::Response answer = response;
  if (answer.status != 200) answer.body = refusal_;
  std::string failure = discovery::docker_failure(answer);
  if (failure.empty() && !frames_.server_error().empty()) failure = frames_.server_error();
  if (failure.empty() && frames_.broken()) failure = "the daemon's log stream is not understood";
  if (!failure.empty()) {
    // A connection that broke is mended by the next one, which may be silent.
    stream_failed_ = answer.status != 0;
    fail_later(std::move(failure), now);
    return;
  }
  trouble_.clear();
  stream_failed_ = false;
  if (!follows_) read_once_ = started_at_;
  look_after(brought_lines_ || !follows_ ? nanoseconds(0) : backoff_.next(), now);
}

void DockerReader::look_after(nanoseconds wait, SteadyTime now) {
  state_ = State::kLookNext;
  next_ = now + wait;
}

void DockerReader::fail_later(std::string why, SteadyTime now) {
  log_.warn("a container's log cannot be read; trying again",
            {{"container", options_.container_name}, {"error", why}});
  trouble_ = std::move(why);
  look_after(backoff_.next(), now);
}

bool DockerReader::ready() const {
  return !drained() || state_ == State::kGone || stopping_;
}

SteadyTime DockerReader::next_deadline() const {
  if (stopping_ || !drained()) return SteadyTime::max();
  if (end_ || look_again_ || state_ == State::kStreamNext) return SteadyTime{};
  return state_ == State::kLookNext && !api_.waiting() ? next_ : SteadyTime::max();
}

// Only here, as the texts of the last block live until now.
void DockerReader::parse() {
  frames_.clear_lines();
  next_line_ = 0;
  if (!bytes_.empty()) {
    frames_.feed(bytes_);
    bytes_.clear();
  } else if (finish_due_) {
    frames_.finish();
    finish_due_ = false;
  }
  std::erase_if(frames_.lines(), [this](const DockerLine& line) {
    return cursor_.knows_line(line) || !wants(line.stream);
  });
  cursor_.on_open(frames_.open_since());
  parsing_errors_.add(static_cast<double>(frames_.faults() - faults_counted_));
  faults_counted_ = frames_.faults();
}

Result<Source::Outcome> DockerReader::read(ReadBuffer& /*buffer*/, LineBlock& block) {
  if (next_line_ == frames_.lines().size()) parse();
  std::size_t bytes = 0;
  SourcePosition position = position_;
  for (std::size_t i = next_line_; i < frames_.lines().size(); ++i) {
    const DockerLine& found = frames_.lines()[i];
    bytes += found.size;
    if (bytes > ReadBuffer::kDefaultBytes && i > next_line_) break;
    Line& line = block.lines.emplace_back();
    line.text = frames_.text(found);
    line.begin = position;
    line.next = ++position;
    line.cut_short = found.cut_short;
    line.time_ns = found.time_ns;
    line.labels = options_.labels[static_cast<std::size_t>(found.stream)];
  }
  if (!block.lines.empty()) return Outcome::kLines;
  if (drained() && (stopping_ || state_ == State::kGone)) return Outcome::kEnded;
  return Outcome::kUpToDate;
}

void DockerReader::consume(const Line& last) {
  const SourcePosition before = position_;
  for (; position_ < last.next && next_line_ < frames_.lines().size(); ++position_)
    cursor_.consume(frames_.lines()[next_line_++], format_);
  entries_.add(static_cast<double>(position_ - before));
  if (position_ == before) return;
  brought_lines_ = true;
  backoff_.reset();
}

// Where something begins that was not consumed.
std::int64_t DockerReader::open_since() const {
  std::int64_t earliest = frames_.open_since();
  for (std::size_t i = next_line_; i < frames_.lines().size(); ++i)
    earliest = std::min(earliest, frames_.lines()[i].time_ns);
  return earliest;
}

void DockerReader::fill_resume_point(ResumePoint& point) const {
  point.source = options_.id;
  point.kind = SourceKind::kDocker;
  point.job = options_.job;
  point.path = options_.name;
  point.position = position_;
  point.finished = state_ == State::kGone && drained();
  if (!began_) {
    if (!left_.empty()) point.cursor_details = fmt::format("{}{}", kLeft, left_);
    return;
  }
  point.cursor = cursor_.seconds(open_since());
  point.cursor_details = cursor_.details(open_since());
}

void DockerReader::begin_stop() {
  stopping_ = true;
  api_.cancel(kLookNumber);
  api_.cancel(kStreamNumber);
  end_.reset();
}

InputStatus DockerReader::status() const {
  InputStatus status;
  status.ready = trouble_.empty() && !started_at_.empty();
  status.trouble = trouble_;
  status.details = {{"container", options_.container_name},
                    {"state", state_ == State::kGone ? "gone"
                              : running_             ? "running"
                                                     : "still"}};
  return status;
}

}  // namespace tailrace::tailer
