// A place in the bytes of a syslog message, and the times that stand in such.
#pragma once

#include <string_view>

#include "receivers/syslog_parser.h"

namespace tailrace::receivers {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Views into the message; taking fails without moving.
class SyslogCursor {
 public:
  explicit SyslogCursor(std::string_view bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  // NUL at the end.
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  void skip(std::size_t bytes) { rest_.remove_prefix(bytes); }
  void spaces() {
    while (peek() == ' ')
      skip(1);
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  struct Digits {
    std::size_t least = 1;
    std::size_t most = 1;
  };
  // At most nine of them.
  bool number(int& value, Digits digits) {
    std::size_t count = 0;
    int result = 0;
    while (count < digits.most && count < rest_.size() && is_digit(rest_[count]))
      result = result * 10 + (rest_[count++] - '0');
    if (count < digits.least) return false;
    value = result;
    rest_.remove_prefix(count);
    return true;
  }

 private:
  std::string_view rest_;
};

enum class RfcTime {
  kStrict,  // RFC 5424: "T", up to six digits of a second, an offset.
  kWide,    // Also a space or "t", a comma, nine digits, "+0200", a leap second, no offset.
};

// Each takes a time and moves behind it, or leaves the cursor alone.
bool parse_rfc3339(SyslogCursor& at, RfcTime kind, SyslogTime& time);
// "Oct  1 22:14:15", and not "Oct 1".
bool parse_bsd_time(SyslogCursor& at, SyslogTime& time);
// Every form: RFC 3339; "Oct 1 22:14:15", also with a fraction, a year before or behind the clock,
// a zone's name before a colon.
bool parse_any_time(SyslogCursor& at, SyslogTime& time);

}  // namespace tailrace::receivers
