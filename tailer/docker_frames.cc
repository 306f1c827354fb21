// From frames, or raw text, to lines.
#include "tailer/docker_frames.h"

#include <algorithm>

namespace tailrace::tailer {
namespace {

// What dockerd cuts long lines into (docs/compatibility.md, docker_sd_configs).
constexpr std::uint64_t kPartBytes = 16U << 10U;
// "2006-01-02T15:04:05.000000000+07:00 " with room to spare.
constexpr std::size_t kStampBytesMax = 48;
constexpr std::size_t kServerErrorBytesMax = 512;
constexpr std::string_view kStampShape = "dddd-dd-ddTdd:dd:dd";

bool is_stamp_digit(char c) {
  return c >= '0' && c <= '9';
}

bool has_stamp_shape(std::string_view text) {
  for (std::size_t i = 0; i < std::min(text.size(), kStampShape.size()); ++i) {
    if (kStampShape[i] == 'd' ? !is_stamp_digit(text[i]) : text[i] != kStampShape[i]) return false;
  }
  return true;
}

// Whether `text` could be the beginning of a time and its blank.
bool may_become_stamp(std::string_view text) {
  if (!has_stamp_shape(text)) return false;
  for (std::size_t i = kStampShape.size(); i < text.size(); ++i) {
    const char c = text[i];
    if (!is_stamp_digit(c) && c != '.' && c != 'Z' && c != '+' && c != '-' && c != ':')
      return false;
  }
  return text.size() < kStampBytesMax;
}

std::int64_t stamp_digits(std::string_view text, std::size_t at, std::size_t count) {
  std::int64_t value = 0;
  for (std::size_t i = at; i < at + count; ++i)
    value = value * 10 + (text[i] - '0');
  return value;
}

// Days since 1970-01-01 of a date of the Gregorian calendar.
std::int64_t days_since_1970(std::int64_t year, std::int64_t month, std::int64_t day) {
  // Years begin in March here, so that the leap day is the last one.
  if (month <= 2) --year;
  const std::int64_t era = year / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719'468;
}

// "Z " or "+02:00 " at `at`: seconds east of UTC, and moves `at` behind it.
std::optional<std::int64_t> parse_zone(std::string_view text, std::size_t& at) {
  if (at + 1 < text.size() && text[at] == 'Z' && text[at + 1] == ' ') {
    at += 2;
    return 0;
  }
  if (at + 6 >= text.size() || (text[at] != '+' && text[at] != '-') || text[at + 3] != ':' ||
      text[at + 6] != ' ') {
    return std::nullopt;
  }
  for (const std::size_t digit : {at + 1, at + 2, at + 4, at + 5}) {
    if (!is_stamp_digit(text[digit])) return std::nullopt;
  }
  const std::int64_t seconds =
      stamp_digits(text, at + 1, 2) * 3600 + stamp_digits(text, at + 4, 2) * 60;
  const bool west = text[at] == '-';
  at += 7;
  return west ? -seconds : seconds;
}

std::string_view without_line_end(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r'))
    text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<DockerTime> parse_docker_time(std::string_view text) {
  if (text.size() < kStampShape.size() + 2 || !has_stamp_shape(text)) return std::nullopt;
  const std::int64_t year = stamp_digits(text, 0, 4);
  const std::int64_t month = stamp_digits(text, 5, 2);
  const std::int64_t day = stamp_digits(text, 8, 2);
  // Beyond these years nanoseconds do not fit.
  if (year < 1700 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31) {
    return std::nullopt;
  }
  std::size_t at = kStampShape.size();
  std::int64_t fraction = 0;
  if (text[at] == '.') {
    std::int64_t unit = 1'000'000'000;
    for (++at; at < text.size() && is_stamp_digit(text[at]); ++at) {
      unit /= 10;
      fraction += (text[at] - '0') * unit;
    }
  }
  const auto zone = parse_zone(text, at);
  if (!zone) return std::nullopt;
  const std::int64_t seconds = days_since_1970(year, month, day) * 86'400 +
                               stamp_digits(text, 11, 2) * 3600 + stamp_digits(text, 14, 2) * 60 +
                               stamp_digits(text, 17, 2) - *zone;
  return DockerTime{.ns = seconds * 1'000'000'000 + fraction, .bytes = at};
}

void DockerFrames::feed(std::string_view bytes) {
  if (format_ == Format::kRaw) {
    feed_raw(bytes);
  } else {
    feed_frames(bytes);
  }
}

void DockerFrames::clear_lines() {
  lines_.clear();
  texts_.clear();
}

std::int64_t DockerFrames::open_since() const {
  std::int64_t earliest = kNever;
  for (const Open& open : open_) {
    if (open.active) earliest = std::min(earliest, open.time_ns);
  }
  return earliest;
}

void DockerFrames::feed_frames(std::string_view bytes) {
  while (!bytes.empty() && !broken_) {
    if (header_bytes_ < header_.size()) {
      header_[header_bytes_++] = static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
      if (header_bytes_ < header_.size()) continue;
      begin_frame();
      if (broken_) return;
      if (payload_left_ <= bytes.size()) {
        whole_frame(bytes.substr(0, payload_left_));
        bytes.remove_prefix(payload_left_);
        header_bytes_ = 0;
      }
      continue;
    }
    const std::string_view piece = bytes.substr(0, payload_left_);
    bytes.remove_prefix(piece.size());
    payload_left_ -= piece.size();
    piece_of_frame(piece);
    if (payload_left_ == 0) end_frame();
  }
}

void DockerFrames::begin_frame() {
  payload_left_ = (std::uint64_t{header_[4]} << 24U) | (std::uint64_t{header_[5]} << 16U) |
                  (std::uint64_t{header_[6]} << 8U) | header_[7];
  // 0 is stdin's echo, 3 the daemon's own words.
  broken_ = header_[0] > 3 || header_[1] != 0 || header_[2] != 0 || header_[3] != 0;
  stream_ = header_[0] == 2 ? DockerStream::kStderr : DockerStream::kStdout;
  is_server_error_ = header_[0] == 3;
  state_ = State::kStamp;
  stamp_.clear();
  if (is_server_error_) server_error_.clear();
}

// The usual case: nothing is open, and the frame is a line.
void DockerFrames::whole_frame(std::string_view payload) {
  const auto time = is_server_error_ ? std::nullopt : parse_docker_time(payload);
  if (!time) {
    piece_of_frame(payload);
    end_frame();
    return;
  }
  const std::string_view text = payload.substr(time->bytes);
  const Open& open = open_[static_cast<std::size_t>(stream_)];
  if (!open.active && text.ends_with('\n')) {
    add_line(stream_, time->ns, without_line_end(text));
    return;
  }
  begin_part(stream_, time->ns);
  append(stream_, text);
  state_ = State::kText;
  end_frame();
}

// Takes from `piece` what belongs to the time; true when it is complete and readable.
bool DockerFrames::gather_stamp(std::string_view& piece) {
  const std::size_t blank = piece.find(' ');
  const std::size_t bytes = blank == std::string_view::npos ? piece.size() : blank + 1;
  const bool too_long = stamp_.size() + bytes > kStampBytesMax;
  if (!too_long) stamp_.append(piece.substr(0, bytes));
  piece.remove_prefix(bytes);
  if (blank == std::string_view::npos && !too_long) return false;
  const auto time = too_long ? std::nullopt : parse_docker_time(stamp_);
  if (time) {
    begin_part(stream_, time->ns);
  } else {
    ++faults_;
  }
  state_ = time ? State::kText : State::kSkip;
  return time.has_value();
}

void DockerFrames::piece_of_frame(std::string_view piece) {
  if (is_server_error_) {
    server_error_.append(piece.substr(
        0, kServerErrorBytesMax - std::min(kServerErrorBytesMax, server_error_.size())));
    return;
  }
  if (state_ == State::kStamp && !gather_stamp(piece)) return;
  if (state_ == State::kText) append(stream_, piece);
}

void DockerFrames::end_frame() {
  header_bytes_ = 0;
  if (is_server_error_) return;
  if (state_ == State::kStamp) ++faults_;
  if (state_ != State::kText) return;
  const Open& open = open_[static_cast<std::size_t>(stream_)];
  if (open.last == '\n') end_line(stream_, LineEnd::kNewline);
}

void DockerFrames::begin_part(DockerStream stream, std::int64_t time_ns) {
  Open& open = open_[static_cast<std::size_t>(stream)];
  if (open.active && open.part_time_ns != time_ns && open.part_bytes != kPartBytes) {
    end_line(stream, LineEnd::kNone);
  }
  if (!open.active) {
    open.active = true;
    open.time_ns = time_ns;
  }
  open.part_time_ns = time_ns;
  open.part_bytes = 0;
  open.last = '\0';
}

void DockerFrames::append(DockerStream stream, std::string_view piece) {
  if (piece.empty()) return;
  Open& open = open_[static_cast<std::size_t>(stream)];
  open.part_bytes += piece.size();
  open.last = piece.back();
  if (open.given) return;
  // A line end is not counted: two bytes more tell whether the line is too long.
  const std::size_t room_max = std::size_t{line_bytes_max_} + 2;
  open.text.append(piece.substr(0, room_max - open.text.size() + 1));
  if (open.text.size() <= room_max) return;
  add_line(stream, open.time_ns, open.text);
  lines_.back().cut_short = true;
  open.given = true;
  open.text.clear();
}

void DockerFrames::end_line(DockerStream stream, LineEnd end) {
  Open& open = open_[static_cast<std::size_t>(stream)];
  if (!open.given) {
    add_line(stream, open.time_ns, without_line_end(open.text));
    lines_.back().unterminated = end == LineEnd::kNone;
  }
  open.active = false;
  open.given = false;
  open.text.clear();
}

void DockerFrames::add_line(DockerStream stream, std::int64_t time_ns, std::string_view text) {
  DockerLine line{.begin = texts_.size(), .time_ns = time_ns, .stream = stream};
  line.cut_short = text.size() > line_bytes_max_;
  line.size = std::min<std::size_t>(text.size(), line_bytes_max_);
  texts_.append(text.substr(0, line.size));
  lines_.push_back(line);
}

void DockerFrames::feed_raw(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t taken = 0;
    switch (state_) {
      case State::kStamp:
      case State::kSkip:
        taken = feed_raw_stamp(bytes);
        break;
      case State::kText:
        taken = feed_raw_text(bytes);
        break;
      case State::kBoundary:
        taken = feed_raw_boundary(bytes);
        break;
    }
    bytes.remove_prefix(taken);
  }
}

// A line that does not begin with a time is left out.
std::size_t DockerFrames::feed_raw_stamp(std::string_view bytes) {
  const std::size_t newline = bytes.find('\n');
  std::string_view piece = bytes.substr(0, newline);
  const std::size_t had = piece.size();
  whole_line_ = false;
  if (state_ == State::kStamp) {
    if (gather_stamp(piece)) {
      stamp_.clear();
      return had - piece.size();
    }
  }
  if (newline == std::string_view::npos) return had;
  if (state_ == State::kStamp) ++faults_;
  state_ = State::kStamp;
  stamp_.clear();
  return newline + 1;
}

std::size_t DockerFrames::feed_raw_text(std::string_view bytes) {
  Open& open = open_[0];
  std::string_view piece = bytes;
  if (!whole_line_) piece = piece.substr(0, kPartBytes - open.part_bytes);
  const std::size_t newline = piece.find('\n');
  piece = piece.substr(0, newline == std::string_view::npos ? newline : newline + 1);
  append(DockerStream::kStdout, piece);
  if (newline != std::string_view::npos) {
    end_line(DockerStream::kStdout, LineEnd::kNewline);
    state_ = State::kStamp;
  } else if (!whole_line_ && open.part_bytes == kPartBytes) {
    state_ = State::kBoundary;
    stamp_.clear();
  }
  return piece.size();
}

// Behind a full part: the time of the next one, or more of a line that is not in parts.
std::size_t DockerFrames::feed_raw_boundary(std::string_view bytes) {
  stamp_.push_back(bytes.front());
  if (bytes.front() == ' ') {
    if (const auto time = parse_docker_time(stamp_)) {
      stamp_.clear();
      begin_part(DockerStream::kStdout, time->ns);
      state_ = State::kText;
      return 1;
    }
  } else if (may_become_stamp(stamp_)) {
    return 1;
  }
  whole_line_ = true;
  state_ = State::kText;
  stamp_.pop_back();
  append(DockerStream::kStdout, stamp_);
  stamp_.clear();
  return 0;
}

void DockerFrames::finish() {
  if (state_ == State::kBoundary) append(DockerStream::kStdout, stamp_);
  stamp_.clear();
  state_ = State::kStamp;
  header_bytes_ = 0;
  // In the order of their times.
  const bool stderr_first = open_[1].active && open_[1].time_ns < open_[0].time_ns;
  for (const DockerStream stream : {stderr_first ? DockerStream::kStderr : DockerStream::kStdout,
                                    stderr_first ? DockerStream::kStdout : DockerStream::kStderr}) {
    if (open_[static_cast<std::size_t>(stream)].active) end_line(stream, LineEnd::kNone);
  }
}

}  // namespace tailrace::tailer
