// Syslog messages: what is taken apart how, in Promtail's manner and in ours.
#include "receivers/syslog_parser.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/go_time/zone.h"
#include "receivers/syslog_text.h"
#include "receivers/syslog_time.h"

namespace tailrace::receivers {
namespace {

using Fault = SyslogMessage::Fault;

// pri|host|app|pid|msgid|sd|text, or the fault.
std::string shown(const SyslogMessage& message) {
  if (message.fault != Fault::kNone) return "fault " + std::string(to_text(message.fault));
  std::string out = std::to_string(message.priority);
  for (const std::string_view field :
       {message.hostname, message.app_name, message.proc_id, message.msg_id,
        message.structured_data, message.has_text ? message.text : std::string_view("(none)")})
    out.append("|").append(field);
  return out;
}

struct ParseCase {
  std::string_view bytes;
  std::string_view promtail;  // What Promtail 3.4.6 was observed to do; "": drops it.
  std::string_view tolerant;  // "=": the same.
};

void check(const std::vector<ParseCase>& cases, SyslogFormat format) {
  for (const ParseCase& one : cases) {
    const SyslogMessage strict = parse_syslog_message(one.bytes, format, SyslogLeniency::kPromtail);
    if (one.promtail.empty()) {
      EXPECT_NE(strict.fault, Fault::kNone) << one.bytes;
    } else {
      EXPECT_EQ(shown(strict), one.promtail) << one.bytes;
    }
    const SyslogMessage tolerant =
        parse_syslog_message(one.bytes, format, SyslogLeniency::kTolerant);
    EXPECT_EQ(shown(tolerant), one.tolerant == "=" ? one.promtail : one.tolerant) << one.bytes;
  }
}

TEST(SyslogParser, takes_rfc5424_apart) {
  check(
      {{"<34>1 2003-10-11T22:14:15.003000Z mymachine su - ID47 - \xef\xbb\xbf"
        "bom",
        "34|mymachine|su||ID47||\xef\xbb\xbf"
        "bom",
        "="},
       {"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - [zz@32473 iut=\"3\" "
        "b=\"a\\\"b\\]c\\\\d\"][aa x=\"1\"] trail  ",
        "165|192.0.2.1|myproc|8710||[zz@32473 iut=\"3\" b=\"a\\\"b\\]c\\\\d\"][aa x=\"1\"]|trail  ",
        "="},
       {"<165>1 2003-08-24T05:14:15Z h a p m [a x=\"1\"]", "165|h|a|p|m|[a x=\"1\"]|(none)", "="},
       {"<165>1 2003-08-24T05:14:15Z h a p m [a.b-c x.y=\"1\"] dots",
        "165|h|a|p|m|[a.b-c x.y=\"1\"]|dots", "="},
       {"<165>12 - - - - - - only msg", "165||||||only msg", "="},
       {"<165>1 - - - - - -  two spaces", "165|||||| two spaces", "="},
       {"<165>1 2003-08-24T05:14:15Z h a p m [a] noparam", "165|h|a|p|m|[a]|noparam", "="},
       {"<13>1 2003-08-24T05:14:15Z h a p m - line\nbreak", "13|h|a|p|m||line\nbreak", "="},
       {"<13>1 2003-08-24t05:14:15z h a p m - lower", "", "13|h|a|p|m||lower"},
       {"<13>1 2003-08-24T05:14:60Z h a p m - leap", "", "13|h|a|p|m||leap"},
       {"<13>1 2003-08-24T05:14:15.1234567Z h a p m - frac", "", "13|h|a|p|m||frac"},
       {"<13>1 2003-08-24T05:14:15.123456789+0200 h a p m - frac", "", "13|h|a|p|m||frac"},
       {"<13>1 2003-08-24T05:14:15 h a p m - no zone", "", "13|h|a|p|m||no zone"},
       {"<013>1 2003-08-24T05:14:15Z h a p m - zeros", "", "13|h|a|p|m||zeros"},
       {"<192>1 - - - - - - too large", "", "fault priority"},
       {"<13>1 2003-08-24T05:14:15Z h a p m -nospace", "", "fault structured_data"},
       {"<13>1 2003-08-24T05:14:15Z h a p m [a x=\"1] open", "", "fault structured_data"},
       {"<13>1 2003-13-24T05:14:15Z h a p m - month", "", "fault time"},
       {"<13>1 - h a p", "", "fault header"},
       {"<13>0 - - - - - - version", "", "fault time"},
       {"<13>615 - h a p m - three digits", "13|h|a|p|m||three digits", "="},
       // Another kind of message, in a job that is for RFC 5424.
       {"<13>Oct  1 22:14:15 h tag[12]: text", "", "13|h|tag|12|||text"}},
      SyslogFormat::kRfc5424);
}

TEST(SyslogParser, takes_rfc3164_apart) {
  check({{"<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
          "34|mymachine|su||||'su root' failed", "="},
         {"<34>Oct  1 22:14:15 mymachine su[12]: pid", "34|mymachine|su|12|||pid", "="},
         {"<34>Oct  1 22:14:15 mymachine this has no tag", "34|mymachine|||||this has no tag", "="},
         {"<34>Oct  1 22:14:15 root: local form", "34||root||||local form", "="},
         {"<34>Oct  1 22:14:15 sshd[7]: local form", "34||sshd|7|||local form", "="},
         {"<34>Oct  1 22:14:15 h a/b-c_d.e: tagchars", "34|h|a/b-c_d.e||||tagchars", "="},
         {"<34>Oct  1 22:14:15 h tag:nospace", "34|h|tag||||tag:nospace", "="},
         {"<34>Oct  1 22:14:15 h tag:  twospace", "34|h|tag|||| twospace", "="},
         {"<34>Oct  1 22:14:15 h averyveryveryveryveryverylongtaghere12345: long",
          "34|h|averyveryveryveryveryverylongtaghere12345||||long", "="},
         {"<34>Oct  1 22:14:15 h tag[]: emptypid", "34|h|tag||||emptypid", "="},
         {"<34>Oct  1 22:14:15 h tag:", "34|h|tag||||tag:", "="},
         {"<34>Oct  1 22:14:15 h", "34||||||h", "="},
         {"<34>Oct  1 22:14:15 h x", "34|h|||||x", "="},
         {"<34>Oct 11 22:14:15 h : asa", "34|h|||||: asa", "34|h|||||asa"},
         {"<34>Oct 11 22:14:15 h tag: \xff\xfe bytes", "34|h|tag||||\xff\xfe bytes", "="},
         {"<34>Oct 11 22:14:15 fe80::1 tag: v6", "34|fe80::1|tag||||v6", "="},
         {"<34>Oct 1 22:14:15 h x: oneday", "", "34|h|x||||oneday"}},
        SyslogFormat::kRfc3164);
}

TEST(SyslogParser, takes_what_devices_send) {
  check({{"<189>29: *Apr 18 10:12:13.123: %SYS-5-CONFIG_I: Configured", "",
          "189||||||%SYS-5-CONFIG_I: Configured"},
         {"<189>29: .Apr 18 10:12:13.123 CEST: %SYS-5-CONFIG_I: Configured", "",
          "189||||||%SYS-5-CONFIG_I: Configured"},
         {"<189>29: core1: *Apr 18 2019 10:12:13.123 UTC: %SYS-5-CONFIG_I: x", "",
          "189|core1|||||%SYS-5-CONFIG_I: x"},
         {"<187>: 2019 Apr 18 10:12:13.123 UTC: %ETHPORT-5-IF_UP: x", "",
          "187||||||%ETHPORT-5-IF_UP: x"},
         {"<187>switch: 2019 Apr 18 10:12:13 CEST: %ETHPORT-5-IF_UP: x", "",
          "187|switch|||||%ETHPORT-5-IF_UP: x"},
         {"<166>Nov 22 2026 03:43:02: %ASA-6-302013: Built", "", "166||||||%ASA-6-302013: Built"},
         {"<166>Nov 22 2026 03:43:02 fw1 : %ASA-6-302013: Built", "",
          "166|fw1|||||%ASA-6-302013: Built"},
         {"<13>2026-11-22T03:43:02.123456+01:00 host app[1]: iso", "", "13|host|app|1|||iso"},
         {"<13>2026-11-22 03:43:02,5 host app: iso", "", "13|host|app||||iso"},
         {"Oct  1 22:14:15 host app: no priority", "", "-1|host|app||||no priority"},
         {"<13>just words", "", "fault time"},
         {"just words", "", "fault priority"},
         {"", "", "fault priority"},
         {"<13>", "", "fault time"}},
        SyslogFormat::kRfc3164);
}

struct TimeCase {
  std::string_view bytes;
  std::int64_t ns;  // Since 1970.
};

TEST(SyslogParser, knows_when_a_message_was_written) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  constexpr std::int64_t kNow = 1'767'225'600 * kSecond;  // 2026-01-01T00:00:00Z
  const std::vector<TimeCase> cases = {
      {"<13>1 2026-01-01T00:00:00.5Z h a p m - x", kNow + kSecond / 2},
      {"<13>1 2026-01-01T01:00:00.123456789+01:00 h a p m - x", kNow + 123'456'789},
      {"<13>1 2025-12-31T19:00:00.1234567891-05:00 h a p m - x", kNow + 123'456'789},
      // Of the year before, and of one whose clock is ahead.
      {"<13>Dec 31 23:59:59 h a: x", kNow - kSecond},
      {"<13>Jan  1 00:00:01 h a: x", kNow + kSecond},
      {"<13>Jan  7 00:00:00 h a: x", kNow + 6 * 86'400 * kSecond},
      {"<13>Jan 20 00:00:00 h a: x", kNow - (365 - 19) * 86'400 * kSecond},
      {"<13>Feb 29 00:00:00 h a: x", 1'709'164'800 * kSecond},  // 2024
      {"<13>Jan 1 2024 00:00:00 h a: x", 1'704'067'200 * kSecond},
      {"<13>1: Jan 1 00:00:00.25 UTC: %A: x", kNow + kSecond / 4},
  };
  const pipeline::go_time::Zone utc;
  for (const TimeCase& one : cases) {
    const SyslogMessage message =
        parse_syslog_message(one.bytes, SyslogFormat::kRfc3164, SyslogLeniency::kTolerant);
    ASSERT_EQ(message.fault, Fault::kNone) << one.bytes;
    EXPECT_EQ(syslog_time_ns(message.time, utc, kNow), std::optional(one.ns)) << one.bytes;
  }
  // A second before New Year, January's first is to come.
  const SyslogMessage ahead = parse_syslog_message(
      "<13>Jan  1 00:00:01 h a: x", SyslogFormat::kRfc3164, SyslogLeniency::kPromtail);
  EXPECT_EQ(syslog_time_ns(ahead.time, utc, kNow - kSecond), std::optional(kNow + kSecond));
  EXPECT_EQ(syslog_time_ns(SyslogTime{}, utc, kNow), std::nullopt);
}

TEST(SyslogParser, goes_over_structured_data) {
  SyslogParams params("[a x=\"1\" y=\"\\\"]\\]\"][b@1][c z=\"\" [w=\"2\" ]");
  std::string seen;
  while (params.next())
    seen.append(params.id()).append(".").append(params.name()).append("=").append(params.value()) +=
        ";";
  EXPECT_EQ(seen, "a.x=1;a.y=\\\"]\\];b@1.=;c.z=;c.[w=2;");
}

TEST(SyslogParser, writes_a_message_anew_as_promtail_does) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"<34>1 2003-10-11T22:14:15.003000Z h su - ID47 - bom",
       "<34>1 2003-10-11T22:14:15.003Z h su - ID47 - bom"},
      {"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - [zz@32473 iut=\"3\" "
       "b=\"a\\\"b\\]c\\\\d\"][aa x=\"1\"] trail  ",
       "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - [aa x=\"1\"][zz@32473 "
       "b=\"a\\\"b\\]c\\\\d\" iut=\"3\"] trail  "},
      {"<165>1 2003-08-24T05:14:15Z h a p m [a x=\"1\" x=\"2\"] dup",
       "<165>1 2003-08-24T05:14:15Z h a p m [a x=\"2\"] dup"},
      {"<165>12 - - - - - - only msg", "<165>12 - - - - - - only msg"},
      {"<165>1 - - - - - [a] x", "<165>1 - - - - - [a] x"},
      {"<165>1 2003-08-24T05:14:15+00:00 - - - - -  x", "<165>1 2003-08-24T05:14:15Z - - - - -  x"},
  };
  SyslogRenderer renderer;
  for (const auto& [bytes, wanted] : cases) {
    std::string out;
    renderer.render(parse_syslog_message(bytes, SyslogFormat::kRfc5424, SyslogLeniency::kPromtail),
                    out);
    EXPECT_EQ(out, wanted);
  }
}

TEST(SyslogParser, names_severities_and_facilities) {
  EXPECT_EQ(syslog_severity(0), "emergency");
  EXPECT_EQ(syslog_severity(191), "debug");
  EXPECT_EQ(syslog_severity(-1), "");
  EXPECT_EQ(syslog_facility(0), "kern");
  EXPECT_EQ(syslog_facility(80), "authpriv");
  EXPECT_EQ(syslog_facility(191), "local7");
}

}  // namespace
}  // namespace tailrace::receivers
