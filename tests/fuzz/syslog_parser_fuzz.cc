// Syslog messages of strangers: every view is into the message, and what Promtail takes we take.
// libraries: tailrace_receivers
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "pipeline/go_time/zone.h"
#include "receivers/syslog_parser.h"
#include "receivers/syslog_text.h"
#include "receivers/syslog_time.h"

namespace tailrace::syslog_parser_fuzz {

using namespace tailrace::receivers;

namespace {

void check_inside(std::string_view part, std::string_view whole) {
  if (part.empty()) return;
  TAILRACE_CHECK(part.data() >= whole.data());
  TAILRACE_CHECK(part.data() + part.size() <= whole.data() + whole.size());
}

void check(std::string_view bytes, SyslogFormat format, SyslogLeniency leniency) {
  const SyslogMessage message = parse_syslog_message(bytes, format, leniency);
  for (const std::string_view part :
       {message.hostname, message.app_name, message.proc_id, message.msg_id,
        message.structured_data, message.text, message.time.zone_name})
    check_inside(part, bytes);
  TAILRACE_CHECK(message.priority >= -1 && message.priority <= 191);
  static_cast<void>(syslog_facility(message.priority));
  static_cast<void>(syslog_severity(message.priority));
  const tailrace::pipeline::go_time::Zone utc;
  static_cast<void>(syslog_time_ns(message.time, utc, 1'767'225'600'000'000'000));
  if (message.fault != SyslogMessage::Fault::kNone) return;
  SyslogParams params(message.structured_data);
  std::string value;
  while (params.next()) {
    check_inside(params.value(), bytes);
    append_sd_value(params.value(), value);
  }
  if (message.format != SyslogFormat::kRfc5424) return;
  // What we write can be read, and is written the same again.
  SyslogRenderer renderer;
  std::string once;
  renderer.render(message, once);
  const SyslogMessage again = parse_syslog_message(once, format, SyslogLeniency::kTolerant);
  TAILRACE_CHECK(again.fault == SyslogMessage::Fault::kNone);
  std::string twice;
  renderer.render(again, twice);
  TAILRACE_CHECK(once == twice);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(data, data + size);
  for (const SyslogFormat format : {SyslogFormat::kRfc5424, SyslogFormat::kRfc3164}) {
    for (const SyslogLeniency leniency : {SyslogLeniency::kPromtail, SyslogLeniency::kTolerant})
      check(bytes, format, leniency);
  }
  return 0;
}

}  // namespace tailrace::syslog_parser_fuzz
