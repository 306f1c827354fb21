// Where reading a container's log goes on: which of its lines have been consumed.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "tailer/docker_frames.h"

namespace tailrace::tailer {

// Docker can only be asked for what is not older than a time. Times are not enough: lines may have
// the same one, and stdout and stderr overtake each other by a little. So each stream has a mark:
// its last consumed line's time, and how many lines in a row had it. A reading begins
// kOverlap before the last line, and knows_line() tells what was consumed before.
//
// Within a stream the order of lines is that of their times, unless the clock was set back. Then
// the mark is behind the highest time so far, and everything up to the marked line is known.
class DockerCursor {
 public:
  // How much later than its time a line may be written, that is, how far streams may be apart.
  static constexpr std::int64_t kOverlapNs = 2'000'000'000;

  // From ResumePoint::cursor_details; an error: nothing of it was taken.
  static Result<DockerCursor> parse(std::string_view details);
  // From Promtail's value, unix seconds: everything of that second and later is unread.
  static DockerCursor from_seconds(std::int64_t seconds);

  // Below, `open_ns` is the time at which something begins that was not consumed yet;
  // DockerFrames::kNever: nothing does.
  //
  // ResumePoint::cursor_details.
  std::string details(std::int64_t open_ns) const;
  // ResumePoint::cursor, as Promtail writes it.
  std::string seconds(std::int64_t open_ns) const;

  // A reading begins; what was open in the last one is read again.
  void rewind(std::int64_t open_ns);
  // What to ask for then, as `since`: "<seconds>.<nanoseconds>"; "0" for everything.
  std::string since() const;
  // Called once for each line of a reading, in order: whether it was consumed before.
  bool knows_line(const DockerLine& line);
  // The reading at hand has come to what begins at `open_ns`.
  void on_open(std::int64_t open_ns) {
    if (open_ns <= floor_ns_) floor_ns_ = DockerFrames::kNever;
  }
  void consume(const DockerLine& line, DockerFrames::Format format);

 private:
  struct Mark {
    std::uint64_t lines = 0;   // In a row with time_ns; 0: none was consumed.
    std::int64_t time_ns = 0;  // Of the last line.
    std::int64_t highest_ns = 0;
    // Of the reading at hand.
    bool passed = true;
    std::uint64_t seen = 0;
  };

  std::array<Mark, 2> marks_;  // By stream.
  bool any_ = false;           // A line was consumed: last_ns_.
  std::int64_t last_ns_ = 0;   // Of the line consumed last.
  std::int64_t base_ns_ = 0;   // Where it began.
  // What an earlier reading had open and this one has not come to.
  std::int64_t floor_ns_ = DockerFrames::kNever;
  // The last line had no end but that of the container: in raw text it would run into the next.
  bool closed_ = false;
};

}  // namespace tailrace::tailer
