// By hand, from left to right: a cursor over the bytes, and a step per field.
#include "receivers/syslog_parser.h"

#include <array>

#include "receivers/syslog_cursor.h"

namespace tailrace::receivers {
namespace {

using Fault = SyslogMessage::Fault;

constexpr int kPriorityMax = 191;  // RFC 5424 6.2.1.

constexpr std::array<std::string_view, 8> kSeverities = {
    "emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"};
// As Promtail writes them (docs/compatibility.md, syslog).
constexpr std::array<std::string_view, 24> kFacilities = {
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog",   "lpr",     "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "security", "console", "solaris-cron",
    "local0", "local1", "local2",   "local3", "local4", "local5",   "local6",  "local7"};

// RFC 5424 6: how long the words of a header may be.
constexpr std::size_t kHostnameMax = 255;
constexpr std::size_t kAppNameMax = 48;
constexpr std::size_t kProcIdMax = 128;
constexpr std::size_t kMsgIdMax = 32;

bool parse_priority(SyslogCursor& at, SyslogLeniency leniency, int& priority) {
  SyslogCursor here = at;
  int value = 0;
  if (!here.take('<')) return false;
  const std::size_t before = here.rest().size();
  if (!here.number(value, {.least = 1, .most = 3}) || !here.take('>')) return false;
  const std::size_t digits = before - here.rest().size() - 1;
  const bool padded = digits > 1 && (value < 10 || (digits == 3 && value < 100));
  if (value > kPriorityMax || (padded && leniency == SyslogLeniency::kPromtail)) return false;
  priority = value;
  at = here;
  return true;
}

// A word up to the next space, which is taken too; "-" is none.
bool parse_word(SyslogCursor& at, std::size_t longest, std::string_view& word) {
  const std::string_view rest = at.rest();
  std::size_t end = 0;
  while (end < rest.size() && rest[end] > ' ' && rest[end] < '\x7f')
    ++end;
  if (end == 0 || end > longest) return false;
  if (end < rest.size() && rest[end] != ' ') return false;
  word = rest.substr(0, end);
  if (word == "-") word = {};
  at.skip(end);
  return true;
}

bool is_sd_name(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c >= '\x7f' || c == '=' || c == ']' || c == '"') return false;
  }
  return !text.empty();
}

// One ` name="value"`.
bool parse_param(SyslogCursor& at, std::size_t longest_name) {
  const std::string_view rest = at.rest();
  const std::size_t equals = rest.find('=');
  if (equals == std::string_view::npos || equals > longest_name) return false;
  if (!is_sd_name(rest.substr(0, equals))) return false;
  at.skip(equals + 1);
  if (!at.take('"')) return false;
  while (!at.done()) {
    if (at.take('\\')) {
      if (!at.done()) at.skip(1);
    } else if (at.take('"')) {
      return true;
    } else if (at.peek() == ']') {
      return false;  // It would have to be escaped.
    } else {
      at.skip(1);
    }
  }
  return false;
}

bool parse_element(SyslogCursor& at, std::size_t longest_name) {
  if (!at.take('[')) return false;
  const std::string_view rest = at.rest();
  std::size_t end = 0;
  while (end < rest.size() && rest[end] != ' ' && rest[end] != ']')
    ++end;
  if (end > longest_name || !is_sd_name(rest.substr(0, end))) return false;
  at.skip(end);
  while (at.take(' ')) {
    // Spaces before the bracket are seen in the field.
    if (at.peek() == ']') break;
    if (!parse_param(at, longest_name)) return false;
  }
  return at.take(']');
}

bool parse_structured_data(SyslogCursor& at, std::size_t longest_name, std::string_view& data) {
  if (at.take('-')) return true;
  const std::string_view before = at.rest();
  do {
    if (!parse_element(at, longest_name)) return false;
  } while (at.peek() == '[');
  data = before.substr(0, before.size() - at.rest().size());
  return true;
}

Fault parse_5424_header(SyslogCursor& at, SyslogLeniency leniency, SyslogMessage& message) {
  const bool tolerant = leniency == SyslogLeniency::kTolerant;
  if (!at.take('-') &&
      !parse_rfc3339(at, tolerant ? RfcTime::kWide : RfcTime::kStrict, message.time)) {
    return Fault::kTime;
  }
  const auto most = [tolerant](std::size_t longest) {
    return tolerant ? std::string_view::npos : longest;
  };
  for (const auto& [word, longest] :
       {std::pair{&message.hostname, kHostnameMax}, std::pair{&message.app_name, kAppNameMax},
        std::pair{&message.proc_id, kProcIdMax}, std::pair{&message.msg_id, kMsgIdMax}}) {
    if (!at.take(' ') || !parse_word(at, most(longest), *word)) return Fault::kHeader;
  }
  return at.take(' ') ? Fault::kNone : Fault::kHeader;
}

// Behind "<13>".
Fault parse_5424(SyslogCursor at, SyslogLeniency leniency, SyslogMessage& message) {
  message.format = SyslogFormat::kRfc5424;
  if (at.peek() == '0' || !at.number(message.version, {.least = 1, .most = 3}) || !at.take(' ')) {
    return Fault::kVersion;
  }
  const Fault fault = parse_5424_header(at, leniency, message);
  if (fault != Fault::kNone) return fault;
  const bool tolerant = leniency == SyslogLeniency::kTolerant;
  constexpr std::size_t kSdNameMax = 32;  // RFC 5424 6.3.2.
  if (!parse_structured_data(at, tolerant ? std::string_view::npos : kSdNameMax,
                             message.structured_data)) {
    return Fault::kStructuredData;
  }
  if (at.done()) return Fault::kNone;
  if (!at.take(' ')) return Fault::kStructuredData;
  message.has_text = true;
  message.text = at.rest();
  return Fault::kNone;
}

bool is_tag_end(char c) {
  return c == ':' || c == '[';
}

// "tag: text", "tag[pid]: text". Without the space behind the colon the tag stays in the text, too.
void parse_tag(std::string_view rest, SyslogMessage& message) {
  message.text = rest;
  std::size_t end = 0;
  while (end < rest.size() && rest[end] > ' ' && rest[end] < '\x7f' && !is_tag_end(rest[end]))
    ++end;
  if (end == 0 || end == rest.size() || !is_tag_end(rest[end])) return;
  const std::string_view tag = rest.substr(0, end);
  std::string_view process;
  if (rest[end] == '[') {
    const std::size_t close = rest.find(']', end);
    if (close == std::string_view::npos || close + 1 == rest.size() || rest[close + 1] != ':') {
      return;
    }
    process = rest.substr(end + 1, close - end - 1);
    end = close + 1;
  }
  message.app_name = tag;
  message.proc_id = process;
  if (end + 1 < rest.size() && rest[end + 1] == ' ') message.text = rest.substr(end + 2);
}

// Whether a word behind the time is the tag of a message without a host: "root:", "sshd[12]:".
bool is_tag_word(std::string_view word) {
  if (word.size() < 2 || word.back() != ':') return false;
  word.remove_suffix(1);
  const std::size_t bracket = word.find('[');
  if (bracket != std::string_view::npos && word.back() != ']') return false;
  return word.substr(0, bracket).find(':') == std::string_view::npos;  // No IPv6 address.
}

// Behind the time: "host tag[pid]: text".
void parse_3164_content(SyslogCursor at, SyslogMessage& message) {
  message.has_text = true;
  const std::string_view rest = at.rest();
  const std::size_t space = rest.find(' ');
  if (space == std::string_view::npos || is_tag_word(rest.substr(0, space))) {
    parse_tag(rest, message);
    return;
  }
  const std::string_view host = rest.substr(0, space);
  message.hostname = host == "-" ? std::string_view() : host;
  at.skip(space + 1);
  parse_tag(at.rest(), message);
}

// What Cisco puts in front of the time: "29: ", "host: ", "*" or "." for a clock that is not set.
void skip_cisco_prefix(SyslogCursor& at, SyslogMessage& message) {
  SyslogCursor here = at;
  int number = 0;
  if (here.number(number, {.least = 1, .most = 9}) && here.take(':')) {
    here.spaces();
    at = here;
  } else {
    here = at;
    if (here.take(':') && here.peek() == ' ') {
      here.spaces();
      at = here;
    }
  }
  here = at;
  const std::size_t colon = here.rest().find(": ");
  if (colon != std::string_view::npos && colon > 0 && colon <= kHostnameMax &&
      here.rest().substr(0, colon).find(' ') == std::string_view::npos) {
    const std::string_view host = here.rest().substr(0, colon);
    here.skip(colon + 1);
    here.spaces();
    SyslogCursor look = here;
    SyslogTime time;
    look.take('*') || look.take('.');
    if (parse_any_time(look, time)) {
      message.hostname = host;
      at = here;
    }
  }
  at.take('*') || at.take('.');
}

// As parse_3164, in every form that is known from the field.
Fault parse_3164_tolerant(SyslogCursor at, SyslogMessage& message) {
  message.format = SyslogFormat::kRfc3164;
  skip_cisco_prefix(at, message);
  if (!parse_any_time(at, message.time)) {
    message.hostname = {};
    return Fault::kTime;
  }
  const bool cisco = at.take(':');
  at.spaces();
  if (at.done()) return Fault::kNone;
  if (cisco || at.peek() == '%') {
    // "...: %LINK-3-UPDOWN: text": the mnemonic belongs to the text, as without a time.
    message.has_text = true;
    message.text = at.rest();
    return Fault::kNone;
  }
  parse_3164_content(at, message);
  // ASA writes "host : %ASA-6-302013: text".
  if (message.text.starts_with(": ")) message.text.remove_prefix(2);
  return Fault::kNone;
}

Fault parse_3164(SyslogCursor at, SyslogMessage& message) {
  message.format = SyslogFormat::kRfc3164;
  if (!parse_bsd_time(at, message.time) || !at.take(' ') || at.done()) return Fault::kTime;
  parse_3164_content(at, message);
  return Fault::kNone;
}

bool looks_like_5424(SyslogCursor at) {
  int version = 0;
  return at.peek() != '0' && at.number(version, {.least = 1, .most = 3}) && at.take(' ') &&
         (at.peek() == '-' || is_digit(at.peek()));
}

}  // namespace

SyslogMessage parse_syslog_message(std::string_view bytes, SyslogFormat format,
                                   SyslogLeniency leniency) {
  SyslogMessage message;
  message.format = format;
  SyslogCursor at(bytes);
  const bool has_priority = parse_priority(at, leniency, message.priority);
  if (leniency == SyslogLeniency::kPromtail) {
    if (!has_priority) {
      message.fault = Fault::kPriority;
    } else {
      message.fault = format == SyslogFormat::kRfc5424 ? parse_5424(at, leniency, message)
                                                       : parse_3164(at, message);
    }
    return message;
  }
  if (has_priority && looks_like_5424(at)) {
    message.fault = parse_5424(at, leniency, message);
    return message;
  }
  at.spaces();
  message.fault = parse_3164_tolerant(at, message);
  // Nothing of it is known then.
  if (message.fault == Fault::kTime && !has_priority) message.fault = Fault::kPriority;
  return message;
}

std::string_view syslog_severity(int priority) {
  return priority < 0 ? std::string_view() : kSeverities[static_cast<std::size_t>(priority) % 8];
}

std::string_view syslog_facility(int priority) {
  if (priority < 0 || priority > kPriorityMax) return {};
  return kFacilities[static_cast<std::size_t>(priority) / 8];
}

std::string_view to_text(SyslogMessage::Fault fault) {
  switch (fault) {
    case Fault::kPriority:
      return "priority";
    case Fault::kVersion:
      return "version";
    case Fault::kTime:
      return "time";
    case Fault::kHeader:
      return "header";
    case Fault::kStructuredData:
      return "structured_data";
    case Fault::kNone:
      break;
  }
  return "";
}

bool SyslogParams::next() {
  name_ = value_ = {};
  while (!rest_.empty()) {
    // Behind a space a bracket may be the first character of a name.
    const bool spaced = rest_.front() == ' ';
    if (spaced) rest_.remove_prefix(1);
    if (spaced && (rest_.empty() || rest_.front() == ' ' || rest_.front() == ']')) continue;
    if (rest_.front() == '[' && !spaced) {
      const std::size_t end = rest_.find_first_of(" ]", 1);
      if (end == std::string_view::npos) break;
      id_ = rest_.substr(1, end - 1);
      rest_.remove_prefix(end);
      fresh_ = true;
    } else if (rest_.front() == ']') {
      rest_.remove_prefix(1);
      if (fresh_) {
        fresh_ = false;
        return true;
      }
    } else {
      const std::size_t equals = rest_.find('=');
      if (equals == std::string_view::npos || equals + 1 >= rest_.size()) break;
      std::size_t end = equals + 2;
      while (end < rest_.size() && rest_[end] != '"')
        end += rest_[end] == '\\' ? 2U : 1U;
      if (end >= rest_.size()) break;
      name_ = rest_.substr(0, equals);
      value_ = rest_.substr(equals + 2, end - equals - 2);
      rest_.remove_prefix(end + 1);
      fresh_ = false;
      return true;
    }
  }
  rest_ = {};
  return false;
}

}  // namespace tailrace::receivers
