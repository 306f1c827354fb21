// The log stream of Docker's Engine API as lines with their times.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tailrace::tailer {

enum class DockerStream : std::uint8_t { kStdout, kStderr };

// One line, without its line end; the text is DockerFrames::text().
struct DockerLine {
  std::size_t begin = 0;
  std::size_t size = 0;
  std::int64_t time_ns = 0;  // Docker's, of the line's first part.
  DockerStream stream = DockerStream::kStdout;
  bool cut_short = false;     // Longer than the limit: the text is its beginning.
  bool unterminated = false;  // Nothing but the end of the stream ended it.
};

// "2026-11-22T03:44:36.149414774Z" or with "+02:00"; nothing when it is none, or not followed by a
// blank. `bytes` counts the blank, too.
struct DockerTime {
  std::int64_t ns = 0;
  std::size_t bytes = 0;
};
std::optional<DockerTime> parse_docker_time(std::string_view text);

// Takes the bytes of GET /containers/{id}/logs?timestamps=1 as they come.
//
// kFrames: 8 bytes of header (stream, three zeros, length in big-endian), then "<time> <payload>".
// kRaw (a container with a TTY): the same without headers; all of it is stdout.
//
// Docker hands a line on in parts of 16 KiB; only the last ends in a newline. Parts of a stream are
// joined as long as they have one time (what dockerd sends since 17.10), or while they are full
// (older ones stamp each part). A piece that is neither is what a process wrote last without a
// newline: the next part, of the container's next run, is another line. In kRaw that piece and
// the next run's first line cannot be told apart and come as one.
//
// Memory: the lines of one feed(), and up to the line limit of each stream's open line.
class DockerFrames {
 public:
  enum class Format { kFrames, kRaw };
  // Nothing is open.
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  DockerFrames(Format format, std::uint32_t line_bytes_max)
      : format_(format), line_bytes_max_(line_bytes_max) {}

  // Appends to lines().
  void feed(std::string_view bytes);
  // Nothing follows: what is open is a line.
  void finish();

  const std::vector<DockerLine>& lines() const { return lines_; }
  // May be thinned by the caller.
  std::vector<DockerLine>& lines() { return lines_; }
  std::string_view text(const DockerLine& line) const {
    return std::string_view(texts_).substr(line.begin, line.size);
  }
  // Forgets the lines, not what is open.
  void clear_lines();

  // The earliest time of a line whose end was not seen, be it given already (cut short); kNever.
  std::int64_t open_since() const;
  // Frames and lines without a readable time, which are left out.
  std::uint64_t faults() const { return faults_; }
  // These are no frames; nothing more is taken.
  bool broken() const { return broken_; }
  // What the daemon said about an error of its own (stream 3); empty: nothing.
  const std::string& server_error() const { return server_error_; }

 private:
  enum class LineEnd : std::uint8_t { kNewline, kNone };
  enum class State : std::uint8_t { kStamp, kText, kBoundary, kSkip };
  struct Open {
    bool active = false;
    bool given = false;  // Cut short; the rest is left out.
    std::int64_t time_ns = 0;
    std::int64_t part_time_ns = 0;
    std::uint64_t part_bytes = 0;
    char last = '\0';
    std::string text;
  };

  void feed_frames(std::string_view bytes);
  void feed_raw(std::string_view bytes);
  std::size_t feed_raw_stamp(std::string_view bytes);
  std::size_t feed_raw_text(std::string_view bytes);
  std::size_t feed_raw_boundary(std::string_view bytes);
  void begin_frame();
  void whole_frame(std::string_view payload);
  void piece_of_frame(std::string_view piece);
  void end_frame();
  bool gather_stamp(std::string_view& piece);
  void begin_part(DockerStream stream, std::int64_t time_ns);
  void append(DockerStream stream, std::string_view piece);
  void end_line(DockerStream stream, LineEnd end);
  void add_line(DockerStream stream, std::int64_t time_ns, std::string_view text);

  Format format_;
  std::uint32_t line_bytes_max_;
  std::vector<DockerLine> lines_;
  std::string texts_;
  std::array<Open, 2> open_;  // By stream.
  std::string server_error_;
  std::uint64_t faults_ = 0;
  bool broken_ = false;

  std::array<unsigned char, 8> header_{};
  std::size_t header_bytes_ = 0;
  std::uint64_t payload_left_ = 0;
  DockerStream stream_ = DockerStream::kStdout;  // Of the frame at hand.
  bool is_server_error_ = false;
  State state_ = State::kStamp;
  std::string stamp_;        // As far as it was seen.
  bool whole_line_ = false;  // kRaw: the line is not in parts.
};

}  // namespace tailrace::tailer
