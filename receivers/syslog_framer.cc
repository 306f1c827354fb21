// The four ways in which syslog is cut into messages.
#include "receivers/syslog_framer.h"

#include <algorithm>

#include "receivers/syslog_cursor.h"

namespace tailrace::receivers {
namespace {

constexpr std::size_t kCountDigitsMax = 9;
constexpr std::size_t kNowhere = std::string_view::npos;

// "123 ": whether the data begins so, as far as it goes.
enum class Count { kYes, kNo, kTooShort };
Count begins_with_count(std::string_view data) {
  std::size_t digits = 0;
  while (digits < data.size() && digits <= kCountDigitsMax && is_digit(data[digits]))
    ++digits;
  if (digits == 0 || digits > kCountDigitsMax) return Count::kNo;
  if (digits == data.size()) return Count::kTooShort;
  return data[digits] == ' ' ? Count::kYes : Count::kNo;
}

}  // namespace

SyslogFramer::Step SyslogFramer::decide(std::string_view data) {
  switch (options_.framing) {
    case Framing::kNewline:
      mode_ = Mode::kLine;
      return Step::kFrame;
    case Framing::kOctetCounted:
      mode_ = Mode::kOctets;
      return Step::kFrame;
    case Framing::kNul:
      mode_ = Mode::kNul;
      return Step::kFrame;
    case Framing::kAuto:
      break;
  }
  if (data.empty()) return Step::kMore;
  if (data.front() == '<') {
    mode_ = Mode::kAngle;
  } else if (is_digit(data.front())) {
    const Count count = begins_with_count(data);
    if (count == Count::kTooShort) return Step::kMore;
    // A time may begin with digits, too.
    mode_ = count == Count::kNo && tolerant() ? Mode::kLine : Mode::kOctets;
  } else if (tolerant()) {
    mode_ = Mode::kLine;
  } else {
    return Step::kBroken;
  }
  return Step::kFrame;
}

std::size_t SyslogFramer::find_end(std::string_view data, std::size_t from) {
  const char mark = mode_ == Mode::kNul ? '\0' : '\n';
  while (true) {
    const std::size_t end = data.find(mark, from);
    if (end == kNowhere) {
      scanned_ = data.size();
      return kNowhere;
    }
    if (mode_ != Mode::kAngle) return end;
    if (end + 1 == data.size()) {
      scanned_ = end;  // What follows it decides.
      return kNowhere;
    }
    if (data[end + 1] == '<') return end;
    from = end + 1;
  }
}

std::string_view SyslogFramer::trimmed(std::string_view bytes) const {
  if (!tolerant()) return bytes;
  while (!bytes.empty() && (bytes.back() == '\r' || bytes.back() == '\n' || bytes.back() == '\0'))
    bytes.remove_suffix(1);
  return bytes;
}

SyslogFramer::Step SyslogFramer::next_delimited(std::string_view& data, Frame& frame) {
  while (true) {
    const std::size_t end = find_end(data, std::min(scanned_, data.size()));
    if (skipping_line_) {
      const bool whole = end != kNowhere;
      // A newline at the end is kept: what follows it decides.
      const std::size_t gone = whole ? end + 1 : scanned_;
      data.remove_prefix(gone);
      scanned_ = 0;
      skipping_line_ = !whole;
      if (!whole) return Step::kMore;
      continue;
    }
    // A newline at the end whose message may go on is not counted yet.
    const std::size_t known = end == kNowhere ? scanned_ : end;
    if (known > options_.line_bytes_max) {
      frame = {.bytes = data.substr(0, options_.line_bytes_max), .cut = true};
      data.remove_prefix(options_.line_bytes_max);
      scanned_ = 0;
      skipping_line_ = true;
      return Step::kFrame;
    }
    if (end == kNowhere) return Step::kMore;
    frame = {.bytes = trimmed(data.substr(0, end))};
    data.remove_prefix(end + 1);
    scanned_ = 0;
    if (!frame.bytes.empty()) return Step::kFrame;
  }
}

SyslogFramer::Step SyslogFramer::next_counted(std::string_view& data, Frame& frame) {
  while (true) {
    const std::uint64_t gone = std::min<std::uint64_t>(skip_octets_, data.size());
    data.remove_prefix(gone);
    skip_octets_ -= gone;
    if (skip_octets_ != 0) return Step::kMore;
    while (!data.empty() && (data.front() == '\n' || (tolerant() && data.front() == '\r')))
      data.remove_prefix(1);
    if (data.empty()) return Step::kMore;
    const Count count = begins_with_count(data);
    if (count == Count::kTooShort) return Step::kMore;
    if (count == Count::kNo) {
      if (!tolerant()) return Step::kBroken;
      mode_ = Mode::kLine;  // Out of step: every line is a message from here on.
      scanned_ = 0;
      return next_delimited(data, frame);
    }
    SyslogCursor at(data);
    int octets = 0;
    at.number(octets, {.least = 1, .most = kCountDigitsMax});
    at.skip(1);
    const auto whole = static_cast<std::size_t>(octets);
    const std::size_t wanted = std::min<std::size_t>(whole, options_.counted_bytes_max);
    if (at.rest().size() < wanted) return Step::kMore;
    frame = {.bytes = at.rest().substr(0, wanted), .cut = wanted < whole};
    if (!frame.cut) frame.bytes = trimmed(frame.bytes);
    skip_octets_ = whole - wanted;
    at.skip(wanted);
    data = at.rest();
    if (!frame.bytes.empty()) return Step::kFrame;
  }
}

SyslogFramer::Step SyslogFramer::next(std::string_view& data, Frame& frame) {
  if (mode_ == Mode::kUndecided) {
    while (tolerant() && options_.framing == Framing::kAuto && !data.empty() &&
           (data.front() == '\n' || data.front() == '\r' || data.front() == '\0'))
      data.remove_prefix(1);
    const Step decided = decide(data);
    if (decided != Step::kFrame) return decided;
  }
  return mode_ == Mode::kOctets ? next_counted(data, frame) : next_delimited(data, frame);
}

SyslogFramer::Step SyslogFramer::finish(std::string_view& data, Frame& frame) {
  std::string_view rest = data;
  data.remove_prefix(data.size());
  scanned_ = 0;
  if (skipping_line_ || skip_octets_ != 0) {
    skipping_line_ = false;
    skip_octets_ = 0;
    return Step::kMore;
  }
  bool cut = false;
  if (mode_ == Mode::kOctets) {
    if (rest.empty()) return Step::kMore;
    if (!tolerant()) return Step::kBroken;
    // A message whose sender died: what came of it.
    const std::size_t space = rest.find(' ');
    rest = space == kNowhere ? std::string_view() : rest.substr(space + 1);
    cut = true;
  } else if (mode_ != Mode::kNul && rest.ends_with('\n')) {
    rest.remove_suffix(1);
  }
  rest = trimmed(rest);
  if (rest.empty()) return Step::kMore;
  frame = {.bytes = rest, .cut = cut};
  return Step::kFrame;
}

std::string_view SyslogFramer::skip_rest(std::string_view data) {
  scanned_ = 0;
  if (mode_ != Mode::kOctets) {
    // A newline that the next message ends with its "<" must not be skipped together with it.
    skipping_line_ = mode_ != Mode::kUndecided && !may_finish(data);
    return data;
  }
  SyslogCursor at(data);
  int octets = 0;
  if (!at.number(octets, {.least = 1, .most = kCountDigitsMax}) || !at.take(' ')) return data;
  skip_octets_ = static_cast<std::uint64_t>(octets) - at.rest().size();
  return at.rest();
}

bool SyslogFramer::may_finish(std::string_view data) const {
  return mode_ == Mode::kAngle && !skipping_line_ && data.ends_with('\n');
}

}  // namespace tailrace::receivers
