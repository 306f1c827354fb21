// One syslog message, RFC 5424 or RFC 3164, taken apart.
#pragma once

#include <cstdint>
#include <string_view>

namespace tailrace::receivers {

enum class SyslogFormat { kRfc5424, kRfc3164 };

// What is taken besides the two documents.
enum class SyslogLeniency {
  kPromtail,  // What Promtail takes, and nothing else (docs/compatibility.md, syslog).
  kTolerant,  // What senders send (docs/sources/syslog.md).
};

// A time as it was written.
struct SyslogTime {
  bool present = false;
  std::int32_t year = -1;  // -1: not said.
  int month = 1;           // 1 to 12.
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;  // 60 in a leap second.
  std::int32_t nanosecond = 0;
  bool has_offset = false;
  std::int32_t offset_seconds = 0;  // East of UTC.
  std::string_view zone_name;       // "CEST"; empty: none, or it has an offset.
};

// Empty views are what the message does not say ("-").
struct SyslogMessage {
  enum class Fault : std::uint8_t {
    kNone,
    kPriority,  // "<13>" is missing or no such thing.
    kVersion,
    kTime,
    kHeader,  // Host, application, process, message id.
    kStructuredData,
  };
  Fault fault = Fault::kNone;
  SyslogFormat format = SyslogFormat::kRfc5424;  // Which of the two it was.
  int priority = -1;                             // 8 * facility + severity; -1: not said.
  int version = 0;
  SyslogTime time;
  std::string_view hostname;
  std::string_view app_name;
  std::string_view proc_id;
  std::string_view msg_id;
  std::string_view structured_data;  // With its brackets; well-formed.
  bool has_text = false;
  std::string_view text;
};

// For the label __syslog_parse_error.
std::string_view to_text(SyslogMessage::Fault fault);

// Takes `bytes`, a frame without its end, apart; the views are into them. A message with a fault
// has what came before the fault. kTolerant: `format` is only what is tried where the message does
// not say itself which it is.
//
// Memory: none.
SyslogMessage parse_syslog_message(std::string_view bytes, SyslogFormat format,
                                   SyslogLeniency leniency);

// "critical", "local4"; "" for less than 0.
std::string_view syslog_severity(int priority);
std::string_view syslog_facility(int priority);

// Goes over structured data: [id name="value" ...][...].
class SyslogParams {
 public:
  explicit SyslogParams(std::string_view structured_data) : rest_(structured_data) {}

  // false: there is no more. An element without parameters is given once, with an empty name.
  bool next();
  std::string_view id() const { return id_; }
  std::string_view name() const { return name_; }
  // As it is written, with its backslashes.
  std::string_view value() const { return value_; }

 private:
  std::string_view rest_;
  std::string_view id_;
  std::string_view name_;
  std::string_view value_;
  bool fresh_ = false;  // Behind an id.
};

}  // namespace tailrace::receivers
