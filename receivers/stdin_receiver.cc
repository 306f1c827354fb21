// Standard input as a source.
#include "receivers/stdin_receiver.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tailrace::receivers {
namespace {

constexpr std::size_t kChunk = ReadBuffer::kDefaultBytes;

}  // namespace

StdinReceiver::StdinReceiver(int descriptor, SourceId id, std::string job, const LabelSet& labels,
                             std::uint32_t line_bytes_max)
    : descriptor_(descriptor),
      id_(id),
      job_(std::move(job)),
      labels_(labels),
      line_bytes_max_(line_bytes_max) {
  labels_.pin();
  const int flags = fcntl(descriptor_, F_GETFL);
  if (flags >= 0) fcntl(descriptor_, F_SETFL, flags | O_NONBLOCK);
}

std::size_t StdinReceiver::pending_bytes_max() const {
  return kChunk + line_bytes_max_;
}

StdinReceiver::~StdinReceiver() {
  labels_.unpin();
}

void StdinReceiver::fill() {
  if (ended_ || pending_.size() > pending_bytes_max()) return;
  const std::size_t had = pending_.size();
  pending_.resize(had + kChunk);
  const ssize_t got = ::read(descriptor_, pending_.data() + had, kChunk);
  const int code = errno;
  pending_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got == 0) ended_ = true;
  if (got < 0 && code != EAGAIN && code != EINTR) {
    ended_ = true;
    error_ = system_failure(code, "read standard input").message;
  }
}

void StdinReceiver::consume(const Line& last) {
  consumed_ = last.next;
  skipping_ = last.cut_short;
}

// Drops what is consumed, and what is here of the rest of a line that was cut short.
void StdinReceiver::drop_consumed() {
  if (skipping_) {
    const std::size_t newline = pending_.find('\n', consumed_ - begin_);
    skipping_ = newline == std::string::npos;
    consumed_ = begin_ + (skipping_ ? pending_.size() : newline + 1);
  }
  pending_.erase(0, consumed_ - begin_);
  begin_ = consumed_;
}

Result<Source::Outcome> StdinReceiver::read(ReadBuffer& /*buffer*/, LineBlock& block) {
  drop_consumed();
  fill();
  drop_consumed();
  std::size_t at = 0;
  while (at < pending_.size()) {
    const std::size_t newline = pending_.find('\n', at);
    const bool complete = newline != std::string::npos;
    const std::size_t end = complete ? newline : pending_.size();
    std::string_view text(pending_.data() + at, end - at);
    while (text.ends_with('\r'))
      text.remove_suffix(1);
    // So many CRs at the end that no more can be read are the end of the line for what it is worth.
    const bool full = end - at > pending_bytes_max();
    if (!complete && !ended_ && !full && text.size() <= line_bytes_max_) break;
    Line line;
    line.begin = begin_ + at;
    line.cut_short = text.size() > line_bytes_max_ || (full && !complete && !ended_);
    line.text = text.substr(0, line_bytes_max_);
    const std::size_t after = complete ? end + 1 : end;
    line.next = begin_ + (line.cut_short ? at + line.text.size() : after);
    at = after;
    if (!text.empty()) block.lines.push_back(line);
    if (!complete) break;
  }
  if (!block.lines.empty()) return Outcome::kLines;
  consumed_ = begin_ + at;
  return ended_ ? Outcome::kEnded : Outcome::kUpToDate;
}

void StdinReceiver::fill_resume_point(ResumePoint& point) const {
  point.source = id_;
  point.job = job_;
  point.kind = SourceKind::kStdin;
  point.position = consumed_;
  point.skipping_line = skipping_;
  point.finished = ended_ && consumed_ == begin_ + pending_.size();
}

}  // namespace tailrace::receivers
