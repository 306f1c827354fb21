// Marks, their text, and what they say of a line.
#include "tailer/docker_cursor.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace tailrace::tailer {
namespace {

constexpr std::int64_t kPerSecondNs = 1'000'000'000;

}  // namespace

// "1 base=0 any=1 last=17 open=-1 closed=0 2/17/17 0/0/0".
std::string DockerCursor::details(std::int64_t open_ns) const {
  const std::int64_t open = std::min(floor_ns_, open_ns);
  std::string text = fmt::format("1 base={} any={:d} last={} open={} closed={:d}", base_ns_, any_,
                                 last_ns_, open == DockerFrames::kNever ? -1 : open, closed_);
  for (const Mark& mark : marks_)
    text += fmt::format(" {}/{}/{}", mark.lines, mark.time_ns, mark.highest_ns);
  return text;
}

Result<DockerCursor> DockerCursor::parse(std::string_view details) {
  DockerCursor cursor;
  bool good = true;
  const auto expect = [&](std::string_view text) {
    good = good && details.starts_with(text);
    if (good) details.remove_prefix(text.size());
  };
  const auto number = [&](auto& field) {
    const auto [end, error] =
        std::from_chars(details.data(), details.data() + details.size(), field);
    good = good && error == std::errc{};
    if (good) details.remove_prefix(static_cast<std::size_t>(end - details.data()));
  };
  int any = 0;
  int closed = 0;
  expect("1 base=");
  number(cursor.base_ns_);
  expect(" any=");
  number(any);
  expect(" last=");
  number(cursor.last_ns_);
  expect(" open=");
  number(cursor.floor_ns_);
  expect(" closed=");
  number(closed);
  for (Mark& mark : cursor.marks_) {
    expect(" ");
    number(mark.lines);
    expect("/");
    number(mark.time_ns);
    expect("/");
    number(mark.highest_ns);
  }
  if (!good || !details.empty()) {
    return fail(Error::kInvalid, "not the cursor of a container");
  }
  if (cursor.floor_ns_ < 0) cursor.floor_ns_ = DockerFrames::kNever;
  cursor.any_ = any != 0;
  cursor.closed_ = closed != 0;
  return cursor;
}

DockerCursor DockerCursor::from_seconds(std::int64_t seconds) {
  DockerCursor cursor;
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max() / kPerSecondNs;
  cursor.base_ns_ = std::clamp<std::int64_t>(seconds, 0, kMax) * kPerSecondNs;
  return cursor;
}

std::string DockerCursor::seconds(std::int64_t open_ns) const {
  const std::int64_t time_ns = std::min({any_ ? last_ns_ : base_ns_, floor_ns_, open_ns});
  return fmt::format("{}", std::max<std::int64_t>(time_ns, 0) / kPerSecondNs);
}

void DockerCursor::rewind(std::int64_t open_ns) {
  floor_ns_ = std::min(floor_ns_, open_ns);
  for (Mark& mark : marks_) {
    mark.passed = mark.lines == 0;
    mark.seen = 0;
  }
}

std::string DockerCursor::since() const {
  std::int64_t since_ns = base_ns_;
  if (any_ && closed_ && floor_ns_ == DockerFrames::kNever) {
    since_ns = last_ns_ + 1;
  } else if (any_) {
    since_ns = std::min(last_ns_, floor_ns_);
    // After a clock that was set back the last line of a stream is known by its time alone.
    for (const Mark& mark : marks_) {
      if (mark.lines != 0 && mark.time_ns < mark.highest_ns)
        since_ns = std::min(since_ns, mark.time_ns);
    }
    since_ns = std::max(base_ns_, since_ns - kOverlapNs);
  }
  if (since_ns <= 0) return "0";
  return fmt::format("{}.{:09}", since_ns / kPerSecondNs, since_ns % kPerSecondNs);
}

bool DockerCursor::knows_line(const DockerLine& line) {
  Mark& mark = marks_[static_cast<std::size_t>(line.stream)];
  // What was open comes at most the overlap later than its time.
  if (floor_ns_ != DockerFrames::kNever && line.time_ns - kOverlapNs > floor_ns_) {
    floor_ns_ = DockerFrames::kNever;
  }
  if (mark.passed) return false;
  if (line.time_ns == mark.time_ns) {
    mark.passed = ++mark.seen >= mark.lines;
    return true;
  }
  mark.passed = line.time_ns > mark.highest_ns;
  return !mark.passed;
}

void DockerCursor::consume(const DockerLine& line, DockerFrames::Format format) {
  Mark& mark = marks_[static_cast<std::size_t>(line.stream)];
  if (mark.lines == 0 || line.time_ns != mark.time_ns) {
    mark.highest_ns = mark.lines == 0 ? line.time_ns : std::max(mark.highest_ns, line.time_ns);
    mark.time_ns = line.time_ns;
    mark.lines = 0;
  }
  ++mark.lines;
  any_ = true;
  last_ns_ = line.time_ns;
  closed_ = line.unterminated && format == DockerFrames::Format::kRaw;
}

}  // namespace tailrace::tailer
