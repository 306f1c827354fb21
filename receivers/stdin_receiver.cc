// Standard input as a source.
#include "receivers/stdin_receiver.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tailrace::receivers {

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

StdinReceiver::~StdinReceiver() {
  labels_.unpin();
}

void StdinReceiver::fill() {
  constexpr std::size_t kChunk = ReadBuffer::kDefaultBytes;
  if (ended_ || pending_.size() > kChunk + line_bytes_max_) return;
  const std::size_t had = pending_.size();
  pending_.resize(had + kChunk);
  const ssize_t got = ::read(descriptor_, pending_.data() + had, kChunk);
  const int code = errno;
  pending_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got == 0) ended_ = true;
  if (got < 0 && code != EAGAIN && code != EINTR) {
    ended_ = true;
    error_ = std::string("read standard input: ") + std::strerror(code);
  }
}

Result<Source::Outcome> StdinReceiver::read(ReadBuffer& /*buffer*/, LineBlock& block) {
  pending_.erase(0, consumed_ - begin_);
  begin_ = consumed_;
  fill();
  std::size_t at = 0;
  while (at < pending_.size()) {
    const std::size_t newline = pending_.find('\n', at);
    const bool complete = newline != std::string::npos;
    const std::size_t end = complete ? newline : pending_.size();
    if (!complete && !ended_ && end - at <= line_bytes_max_) break;
    Line line;
    line.begin = begin_ + at;
    line.next = begin_ + end + (complete ? 1 : 0);
    std::string_view text(pending_.data() + at, end - at);
    at = line.next - begin_;
    const bool rest = std::exchange(skipping_, !complete && !ended_);
    if (rest) {
      consumed_ = line.next;  // The rest of a line that was cut short.
      continue;
    }
    while (!text.empty() && (text.back() == '\r' || text.back() == '\n'))
      text.remove_suffix(1);
    if (text.empty()) continue;
    line.cut_short = text.size() > line_bytes_max_;
    line.text = text.substr(0, line_bytes_max_);
    block.lines.push_back(line);
  }
  if (!block.lines.empty()) return Outcome::kLines;
  consumed_ = begin_ + at;
  return ended_ ? Outcome::kEnded : Outcome::kUpToDate;
}

void StdinReceiver::fill_resume_point(ResumePoint& point) const {
  point.source = id_;
  point.job = job_;
  point.kind = "stdin";
  point.position = consumed_;
  point.finished = ended_ && consumed_ == begin_ + pending_.size();
}

}  // namespace tailrace::receivers
