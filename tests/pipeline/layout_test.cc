// Times in texts: the named formats, layouts, zones, and the year of the clock.
#include "pipeline/go_time/layout.h"

#include <cerrno>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/go_time/civil.h"
#include "tests/pipeline/zone_file.h"

namespace tailrace::pipeline {
namespace {

// 2026-11-21T12:00:00Z.
constexpr std::int64_t kNow = 1'795'262'400'000'000'000;
constexpr std::int64_t kDecember31 = 1'798'718'400'000'000'000;  // 2026-12-31T12:00:00Z.
constexpr std::int64_t kJanuary1 = 1'767'268'800'000'000'000;    // 2026-01-01T12:00:00Z.

go_time::ZoneFiles zone_files(std::optional<std::string> tz = std::nullopt) {
  return {.read = [](const std::string& path) -> Result<std::string> {
            if (path == "/usr/share/zoneinfo/America/New_York")
              return tailrace::testing::new_york_file();
            if (path == "/usr/share/zoneinfo/Broken") return std::string("TZif2 cut short");
            return fail(ENOENT, "open " + path);
          },
          .tz = std::move(tz)};
}

// The time as "seconds.nanoseconds since 1970" in the form 2006-01-02T15:04:05.999Z; "-" when not
// parsed.
std::string shown(std::optional<Timestamp> time) {
  if (!time) return "-";
  const std::uint32_t fraction = time->nanoseconds;
  const std::time_t clock = time->seconds;
  std::tm parts{};
  gmtime_r(&clock, &parts);
  char buffer[80];
  std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02dT%02d:%02d:%02d", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  std::string result = buffer;
  if (fraction != 0) {
    std::snprintf(buffer, sizeof buffer, ".%09u", fraction);
    result += buffer;
    result.erase(result.find_last_not_of('0') + 1);
  }
  return result + "Z";
}

std::string parse(std::string_view format, std::optional<std::string_view> location,
                  std::string_view text, std::int64_t now = kNow) {
  const auto parser = TimeParser::create(format, location, zone_files());
  EXPECT_TRUE(parser.has_value()) << (parser ? "" : parser.error().message);
  if (!parser) return "refused";
  // At the end of a block of its own, so that ASan notices a read behind it.
  const std::vector<char> exact(text.begin(), text.end());
  const std::string result = shown((*parser)->parse({exact.data(), exact.size()}, now));
  EXPECT_EQ(shown((*parser)->parse(text, now)), result) << "the second time";
  return result;
}
std::string parse(std::string_view format, std::string_view text) {
  return parse(format, std::nullopt, text);
}

struct LayoutVector {
  std::string_view format;
  std::string_view text;
  std::string_view expected;
};

TEST(TimeParser, reads_the_named_formats) {
  const LayoutVector vectors[] = {
      {"ANSIC", "Mon Jan  2 15:04:05 2006", "2006-01-02T15:04:05Z"},
      {"ANSIC", "Tue Jan 12 15:04:05 2006", "2006-01-12T15:04:05Z"},
      {"ANSIC", "Mon Jan 02 15:04:05 2006", "2006-01-02T15:04:05Z"},
      {"UnixDate", "Mon Jan _2 15:04:05 UTC 2006", "-"},
      {"UnixDate", "Mon Jan  2 15:04:05 UTC 2006", "2006-01-02T15:04:05Z"},
      {"UnixDate", "Mon Jan  2 15:04:05 PST 2006", "2006-01-02T15:04:05Z"},
      {"RubyDate", "Mon Jan 02 15:04:05 -0700 2006", "2006-01-02T22:04:05Z"},
      {"RFC822", "02 Jan 06 15:04 MST", "2006-01-02T15:04:00Z"},
      {"RFC822", "02 Jan 68 15:04 UTC", "2068-01-02T15:04:00Z"},
      {"RFC822", "02 Jan 69 15:04 UTC", "1969-01-02T15:04:00Z"},
      {"RFC822Z", "02 Jan 06 15:04 -0700", "2006-01-02T22:04:00Z"},
      {"RFC850", "Monday, 02-Jan-06 15:04:05 MST", "2006-01-02T15:04:05Z"},
      {"RFC1123", "Mon, 02 Jan 2006 15:04:05 GMT", "2006-01-02T15:04:05Z"},
      {"RFC1123", "Fri, 02 Jan 2006 15:04:05 GMT", "2006-01-02T15:04:05Z"},
      {"RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700", "2006-01-02T22:04:05Z"},
  };
  for (const LayoutVector& v : vectors)
    EXPECT_EQ(parse(v.format, v.text), v.expected) << v.text;
}

TEST(TimeParser, reads_rfc3339) {
  const LayoutVector vectors[] = {
      {"RFC3339", "2006-01-02T15:04:05-07:00", "2006-01-02T22:04:05Z"},
      {"RFC3339", "2006-01-02T15:04:05Z", "2006-01-02T15:04:05Z"},
      {"RFC3339", "2006-01-02T15:04:05.123456789Z", "2006-01-02T15:04:05.123456789Z"},
      {"RFC3339", "2006-01-02T15:04:05,123Z", "2006-01-02T15:04:05.123Z"},
      {"RFC3339", "2006-01-02T15:04:05.1234567891234Z", "2006-01-02T15:04:05.123456789Z"},
      {"RFC3339", "2006-01-02 15:04:05Z", "-"},
      {"RFC3339", "2006-01-02t15:04:05z", "-"},
      {"RFC3339", "2006-01-02T15:04:05", "-"},
      {"RFC3339", "2006-01-02T15:04:05+0700", "-"},
      {"RFC3339", "2006-01-02T15:04:60Z", "-"},
      {"RFC3339", "2006-01-02T24:00:00Z", "-"},
      {"RFC3339", "2006-01-02T15:60:00Z", "-"},
      {"RFC3339", "2006-13-02T15:04:05Z", "-"},
      {"RFC3339", "2006-00-02T15:04:05Z", "-"},
      {"RFC3339", "2006-01-00T15:04:05Z", "-"},
      {"RFC3339", "2006-02-29T00:00:00Z", "-"},
      {"RFC3339", "2004-02-29T00:00:00Z", "2004-02-29T00:00:00Z"},
      {"RFC3339", "2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"},
      {"RFC3339", "1900-02-29T00:00:00Z", "-"},
      {"RFC3339", "2006-1-2T15:04:05Z", "-"},
      {"RFC3339", " 2006-01-02T15:04:05Z", "-"},
      {"RFC3339", "2006-01-02T15:04:05Z ", "-"},
      {"RFC3339", "2006-01-02T15:04:05.Z", "-"},
      {"RFC3339", "2006-01-02T15:04:05", "-"},
      {"RFC3339", "", "-"},
      {"RFC3339", "2006-01-02T15:04:05+", "-"},
      {"RFC3339", "2006-01-02T15:04:05+07:6", "-"},
      {"RFC3339", "2006-01-02T15:04:05+07:61", "-"},
      {"RFC3339", "2006-01-02T15:04:05+25:00", "-"},
      {"RFC3339Nano", "2006-01-02T15:04:05.000000001Z", "2006-01-02T15:04:05.000000001Z"},
      {"RFC3339Nano", "2006-01-02T15:04:05Z", "2006-01-02T15:04:05Z"},
      {"RFC3339Nano", "2006-01-02T15:04:05.5+05:30", "2006-01-02T09:34:05.5Z"},
      {"RFC3339", "2006-01-02T5:04:05Z", "2006-01-02T05:04:05Z"},
      {"RFC3339", "2006-01-02T15:04:05+24:00", "2006-01-01T15:04:05Z"},
      {"RFC3339", "2006-01-02T15:04:05+23:59", "2006-01-01T15:05:05Z"},
      {"RFC3339", "1969-12-31T23:59:59.25Z", "1969-12-31T23:59:59.25Z"},
      {"RFC3339", "2262-04-11T23:47:17Z", "2262-04-11T23:47:17Z"},
      {"RFC3339", "9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"},
      {"RFC3339", "9999-12-31T23:59:59-00:01", "-"},
      {"RFC3339", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
      {"RFC3339", "0001-01-01T00:00:00+00:01", "-"},
      {"RFC3339", "0000-01-01T00:00:00Z", "-"},
  };
  for (const LayoutVector& v : vectors)
    EXPECT_EQ(parse(v.format, v.text), v.expected) << v.text;
}

TEST(TimeParser, reads_unix_times) {
  const LayoutVector vectors[] = {
      {"Unix", "1562708916", "2019-07-09T21:48:36Z"},
      {"Unix", "1562708916.000000123", "2019-07-09T21:48:36.000000123Z"},
      {"Unix", "1562708916.5", "2019-07-09T21:48:36.5Z"},
      {"Unix", "1562708916.1234567899", "2019-07-09T21:48:36.123456789Z"},
      {"Unix", "1562708916.123456789x", "-"},
      {"Unix", "-1.5", "1969-12-31T23:59:59.5Z"},
      {"Unix", "1562708916.", "-"},
      {"Unix", ".5", "-"},
      {"Unix", "1562708916.5.1", "-"},
      {"Unix", "1562708916.-5", "2019-07-09T21:48:35.95Z"},
      {"Unix", "+1562708916", "2019-07-09T21:48:36Z"},
      {"Unix", "1.5e9", "-"},
      {"Unix", "0", "1970-01-01T00:00:00Z"},
      {"Unix", " 1562708916", "-"},
      {"Unix", "", "-"},
      {"Unix", "-", "-"},
      {"Unix", "99999999999", "5138-11-16T09:46:39Z"},
      {"Unix", "253402300799.9", "9999-12-31T23:59:59.9Z"},
      {"Unix", "253402300800", "-"},
      {"Unix", "-62135596801", "-"},
      {"Unix", "9223372036854775807", "-"},
      {"UnixMs", "1562708916414", "2019-07-09T21:48:36.414Z"},
      {"UnixMs", "1562708916414.5", "-"},
      {"UnixMs", "-1", "1969-12-31T23:59:59.999Z"},
      {"UnixMs", "99999999999999999", "1976-05-08T04:07:00.519689664Z"},
      {"UnixUs", "1562708916414123", "2019-07-09T21:48:36.414123Z"},
      {"UnixNs", "1562708916000000123", "2019-07-09T21:48:36.000000123Z"},
      {"UnixNs", "1562708916000000123.0", "-"},
      {"UnixNs", "9223372036854775807", "2262-04-11T23:47:16.854775807Z"},
      {"UnixNs", "9223372036854775808", "-"},
      {"UnixNs", "-9223372036854775808", "1677-09-21T00:12:43.145224192Z"},
      {"UnixNs", "-9223372036854775809", "-"},
      {"UnixNs", "99999999999999999999", "-"},
  };
  for (const LayoutVector& v : vectors)
    EXPECT_EQ(parse(v.format, v.text), v.expected) << v.text;
}

TEST(TimeParser, reads_every_token) {
  const LayoutVector vectors[] = {
      {"2006-1-2 3:4:5 PM", "2021-3-4 5:6:7 PM", "2021-03-04T17:06:07Z"},
      {"2006-1-2 3:4:5 PM", "2021-12-14 12:16:17 AM", "2021-12-14T00:16:17Z"},
      {"2006-1-2 3:4:5 PM", "2021-12-14 12:16:17 PM", "2021-12-14T12:16:17Z"},
      {"2006-1-2 3:4:5 PM", "2021-3-4 5:6:7 pm", "-"},
      {"2006-1-2 3:4:5 PM", "2021-3-4 13:6:7 PM", "-"},
      {"2006-1-2 3:4:5 PM", "2021-3-4 5:6:7 P", "-"},
      {"2006-1-2 03:04:05pm", "2021-3-4 05:06:07am", "2021-03-04T05:06:07Z"},
      {"2006-1-2 03:04:05pm", "2021-3-4 5:06:07am", "-"},
      {"January 2, 2006", "mArCh 4, 2021", "2021-03-04T00:00:00Z"},
      {"January 2, 2006", "Mar 4, 2021", "-"},
      {"2 Jan 2006", "4 MAR 2021", "2021-03-04T00:00:00Z"},
      {"2 Jan 2006", "4 Mai 2021", "-"},
      {"Janet 2006-01-02", "Janet 2021-03-04", "2021-03-04T00:00:00Z"},
      {"Monday 2006-01-02", "sunday 2021-03-04", "2021-03-04T00:00:00Z"},
      {"Monday 2006-01-02", "Sun 2021-03-04", "-"},
      {"Mon 2006-01-02", "Sun 2021-03-04", "2021-03-04T00:00:00Z"},
      {"Money 2006-01-02", "Money 2021-03-04", "2021-03-04T00:00:00Z"},
      {"2006 002", "2021 063", "2021-03-04T00:00:00Z"},
      {"2006 002", "2020 063", "2020-03-03T00:00:00Z"},
      {"2006 002", "2020 366", "2020-12-31T00:00:00Z"},
      {"2006 002", "2021 366", "-"},
      {"2006 002", "2021 000", "-"},
      {"2006 002", "2021 63", "-"},
      {"2006 __2", "2021  63", "2021-03-04T00:00:00Z"},
      {"2006 __2", "2021   5", "2021-01-05T00:00:00Z"},
      {"2006-01 002", "2021-03 063", "2021-03-04T00:00:00Z"},
      {"2006-01 002", "2021-04 063", "-"},
      {"2006-01-02 002", "2021-03-05 063", "-"},
      {"06-01-02", "21-03-04", "2021-03-04T00:00:00Z"},
      {"06-01-02", "+5-03-04", "2005-03-04T00:00:00Z"},
      {"06-01-02", "x5-03-04", "-"},
      {"_2006", "_2021", "2021-01-01T00:00:00Z"},
      {"2006-01-02 15", "2021-03-04 7", "2021-03-04T07:00:00Z"},
      {"2006-01-02 15", "2021-03-04 x", "-"},
      {"2006-01-02T15:04:05.000", "2021-03-04T05:06:07.123", "2021-03-04T05:06:07.123Z"},
      {"2006-01-02T15:04:05.000", "2021-03-04T05:06:07,123", "2021-03-04T05:06:07.123Z"},
      {"2006-01-02T15:04:05.000", "2021-03-04T05:06:07.12", "-"},
      {"2006-01-02T15:04:05.000", "2021-03-04T05:06:07.1234", "-"},
      {"2006-01-02T15:04:05.000", "2021-03-04T05:06:07", "-"},
      {"2006-01-02T15:04:05.000", "2021-03-04T05:06:07.1x3", "-"},
      {"2006-01-02T15:04:05,999", "2021-03-04T05:06:07.5", "2021-03-04T05:06:07.5Z"},
      {"2006-01-02T15:04:05,999", "2021-03-04T05:06:07", "2021-03-04T05:06:07Z"},
      {"2006-01-02T15:04:05.999", "2021-03-04T05:06:07.123456", "2021-03-04T05:06:07.123456Z"},
      {"2006-01-02T15:04:05", "2021-03-04T05:06:07.25", "2021-03-04T05:06:07.25Z"},
      {"2006-01-02T15:04:05", "2021-03-04T05:06:07.", "-"},
      {"2006-01-02T15:04:05.000000000000", "2021-03-04T05:06:07.123456789123",
       "2021-03-04T05:06:07.123456789Z"},
      {"2006-01-02 15:04:05:000", "2021-03-04 05:06:07:123", "-"},
      {"2006-01-02 15:04:05:000", "2021-03-04 05:06:07:000", "2021-03-04T05:06:07Z"},
      {"2006-01-02 15:04:05.0001", "2021-03-04 05:06:07.0005", "-"},
      {"2006-01-02 15:04:05.999 -0700", "2021-03-04 05:06:07.123 +0200",
       "2021-03-04T03:06:07.123Z"},
      {"2006-01-02 15:04:05.999 -0700", "2021-03-04 05:06:07 +0200", "2021-03-04T03:06:07Z"},
      {"2006-01-02T15:04:05.000Z", "2021-03-04T05:06:07.123Z", "2021-03-04T05:06:07.123Z"},
      {"2006-01-02T15:04:05.000Z", "2021-03-04T05:06:07.12Z", "-"},
      {"2006-01-02 15:04:05,%f", "2021-03-04 05:06:07,123", "-"},
      {"2006-01-02 15:04:05,%f", "2021-03-04 05:06:07,%f", "2021-03-04T05:06:07Z"},
      {"v1 2006-01-02", "v3 2021-03-04", "2021-03-04T00:00:00Z"},
      {"2006-01-02 15:04:05", "2021-03-04   05:06:07", "2021-03-04T05:06:07Z"},
      {"2006-01-02  15:04:05", "2021-03-04 05:06:07", "2021-03-04T05:06:07Z"},
      {"2006-01-02 15:04:05", "2021-03-04 05:06:07 ", "-"},
      {"2006-01-02 15:04:05", " 2021-03-04 05:06:07", "-"},
      {"2006-01-02 ", "2021-03-04", "2021-03-04T00:00:00Z"},
      {"02/Jan/2006:15:04:05 -0700", "10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36Z"},
  };
  for (const LayoutVector& v : vectors) {
    EXPECT_EQ(parse(v.format, v.text), v.expected) << v.format << " | " << v.text;
  }
}

TEST(TimeParser, reads_every_shape_of_offset) {
  const LayoutVector vectors[] = {
      {"2006-01-02 15:04-07", "2021-03-04 05:06+02", "2021-03-04T03:06:00Z"},
      {"2006-01-02 15:04-070000", "2021-03-04 05:06+020010", "2021-03-04T03:05:50Z"},
      {"2006-01-02 15:04-07:00:00", "2021-03-04 05:06-02:00:10", "2021-03-04T07:06:10Z"},
      {"2006-01-02 15:04-07:00:00", "2021-03-04 05:06-02:00", "-"},
      {"2006-01-02 15:04-0700", "2021-03-04 05:06Z", "-"},
      {"2006-01-02 15:04-0700", "2021-03-04 05:06 0200", "-"},
      {"2006-01-02 15:04-0700", "2021-03-04 05:06+02:00", "-"},
      {"2006-01-02 15:04Z07", "2021-03-04 05:06Z", "2021-03-04T05:06:00Z"},
      {"2006-01-02 15:04Z07", "2021-03-04 05:06-01", "2021-03-04T06:06:00Z"},
      {"2006-01-02 15:04Z0700", "2021-03-04 05:06-0130", "2021-03-04T06:36:00Z"},
      {"2006-01-02 15:04Z070000", "2021-03-04 05:06-013010", "2021-03-04T06:36:10Z"},
      {"2006-01-02 15:04Z07:00:00", "2021-03-04 05:06+01:30:10", "2021-03-04T03:35:50Z"},
  };
  for (const LayoutVector& v : vectors) {
    EXPECT_EQ(parse(v.format, v.text), v.expected) << v.format << " | " << v.text;
  }
}

TEST(TimeParser, knows_which_abbreviations_look_like_zones) {
  for (const char* zone : {"CEST", "WITA", "ABCDT", "GMT-5", "GMT+3", "GMT", "ChST", "MeST", "-03",
                           "+03", "UTC", "CET"}) {
    EXPECT_EQ(parse("2006-01-02 15:04 MST", std::string("2021-03-04 05:06 ") + zone),
              "2021-03-04T05:06:00Z")
        << zone;
  }
  for (const char* zone : {"AB", "ABCD", "ABCDE", "ABCDEFT", "UTC+2", "cet", "+3", "+0300", "+24",
                           "GMT+24", "+", ""}) {
    EXPECT_EQ(parse("2006-01-02 15:04 MST", std::string("2021-03-04 05:06 ") + zone), "-") << zone;
  }
}

TEST(TimeParser, a_location_holds_for_layouts_without_offset) {
  constexpr std::string_view kPlain = "2006-01-02 15:04:05";
  constexpr std::string_view kZone = "America/New_York";
  const LayoutVector vectors[] = {
      {kPlain, "2021-01-15 12:00:00", "2021-01-15T17:00:00Z"},
      {kPlain, "2021-07-15 12:00:00", "2021-07-15T16:00:00Z"},
      {kPlain, "2021-03-14 01:59:59", "2021-03-14T06:59:59Z"},
      {kPlain, "2021-03-14 02:30:00", "2021-03-14T06:30:00Z"},
      {kPlain, "2021-03-14 03:00:00", "2021-03-14T07:00:00Z"},
      {kPlain, "2021-11-07 00:30:00", "2021-11-07T04:30:00Z"},
      {kPlain, "2021-11-07 01:30:00", "2021-11-07T05:30:00Z"},
      {kPlain, "2021-11-07 02:30:00", "2021-11-07T07:30:00Z"},
      {kPlain, "2040-07-15 12:00:00", "2040-07-15T16:00:00Z"},  // By the rule.
      {kPlain, "2040-01-15 12:00:00", "2040-01-15T17:00:00Z"},
      {kPlain, "1800-01-01 12:00:00", "1800-01-01T16:56:02Z"},  // Local mean time.
      {"2006-01-02 15:04:05 MST", "2021-07-15 12:00:00 EDT", "2021-07-15T16:00:00Z"},
      {"2006-01-02 15:04:05 MST", "2021-07-15 12:00:00 EST", "2021-07-15T17:00:00Z"},
      {"2006-01-02 15:04:05 MST", "2021-07-15 12:00:00 CET", "2021-07-15T12:00:00Z"},
      {"2006-01-02 15:04:05 MST", "2021-07-15 12:00:00 UTC", "2021-07-15T12:00:00Z"},
      {"2006-01-02 15:04:05 -0700", "2021-07-15 12:00:00 +0200", "2021-07-15T10:00:00Z"},
      {"2006-01-02T15:04:05Z", "2021-03-04T05:06:07Z", "2021-03-04T10:06:07Z"},
      {"RFC1123", "Thu, 15 Jul 2021 12:00:00 EDT", "2021-07-15T12:00:00Z"},
      {"ANSIC", "Thu Jul 15 12:00:00 2021", "2021-07-15T12:00:00Z"},
      {"Unix", "1562708916", "2019-07-09T21:48:36Z"},
  };
  for (const LayoutVector& v : vectors) {
    EXPECT_EQ(parse(v.format, kZone, v.text), v.expected) << v.format << " | " << v.text;
  }
  EXPECT_EQ(parse(kPlain, "", "2021-07-15 12:00:00"), "2021-07-15T12:00:00Z");
  EXPECT_EQ(parse(kPlain, "UTC", "2021-07-15 12:00:00"), "2021-07-15T12:00:00Z");
}

TEST(TimeParser, a_parser_crosses_changes_of_the_clock_in_any_order) {
  const auto parser = TimeParser::create("2006-01-02 15:04", "America/New_York", zone_files());
  ASSERT_TRUE(parser.has_value());
  const std::pair<const char*, const char*> cases[] = {
      {"2021-07-15 12:00", "2021-07-15T16:00:00Z"}, {"2021-07-16 12:00", "2021-07-16T16:00:00Z"},
      {"2021-11-06 23:00", "2021-11-07T03:00:00Z"}, {"2021-11-07 12:00", "2021-11-07T17:00:00Z"},
      {"2021-12-07 12:00", "2021-12-07T17:00:00Z"}, {"2021-12-08 12:00", "2021-12-08T17:00:00Z"},
      {"2021-03-01 12:00", "2021-03-01T17:00:00Z"}, {"2021-03-15 12:00", "2021-03-15T16:00:00Z"},
      {"1750-03-15 12:00", "1750-03-15T16:56:02Z"}, {"2022-03-15 12:00", "2022-03-15T16:00:00Z"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(shown((*parser)->parse(text, kNow)), expected) << text;
  }
}

TEST(TimeParser, the_host_zone_resolves_abbreviations_and_local) {
  const auto in_zone = [](const char* format, std::optional<std::string_view> location,
                          std::string tz, const char* text) {
    const auto parser = TimeParser::create(format, location, zone_files(std::move(tz)));
    EXPECT_TRUE(parser.has_value());
    return parser ? shown((*parser)->parse(text, kNow)) : "refused";
  };
  EXPECT_EQ(in_zone("RFC1123", std::nullopt, "America/New_York", "Thu, 15 Jul 2021 12:00:00 EDT"),
            "2021-07-15T16:00:00Z");
  EXPECT_EQ(in_zone("2006-01-02 15:04", "Local", ":America/New_York", "2021-07-15 12:00"),
            "2021-07-15T16:00:00Z");
  EXPECT_EQ(in_zone("2006-01-02 15:04", std::nullopt, "America/New_York", "2021-07-15 12:00"),
            "2021-07-15T12:00:00Z");
  EXPECT_EQ(in_zone("2006-01-02 15:04", "Local", "", "2021-07-15 12:00"), "2021-07-15T12:00:00Z");
  EXPECT_EQ(in_zone("2006-01-02 15:04", "Local", "No/Such", "2021-07-15 12:00"),
            "2021-07-15T12:00:00Z");
  EXPECT_EQ(in_zone("2006-01-02 15:04", "Local", "/usr/share/zoneinfo/America/New_York",
                    "2021-07-15 12:00"),
            "2021-07-15T16:00:00Z");
}

TEST(TimeParser, an_unknown_location_is_an_error) {
  for (const char* name : {"No/Such", "../etc/passwd", "/etc/localtime", "Broken"}) {
    EXPECT_FALSE(TimeParser::create("2006", name, zone_files()).has_value()) << name;
    EXPECT_FALSE(TimeParser::create("Unix", name, zone_files()).has_value()) << name;
  }
}

TEST(TimeParser, a_layout_without_year_takes_it_from_the_clock) {
  constexpr std::string_view kSyslog = "Jan _2 15:04:05";
  EXPECT_EQ(parse(kSyslog, std::nullopt, "Nov  1 05:06:07"), "2026-11-01T05:06:07Z");
  EXPECT_EQ(parse(kSyslog, std::nullopt, "Jan  1 05:06:07"), "2026-01-01T05:06:07Z");
  EXPECT_EQ(parse(kSyslog, std::nullopt, "Dec 31 23:59:59"), "2026-12-31T23:59:59Z");
  EXPECT_EQ(parse(kSyslog, std::nullopt, "Feb 29 00:00:00"), "2026-03-01T00:00:00Z");
  EXPECT_EQ(parse(kSyslog, std::nullopt, "Mar  4 05:06:07.250"), "2026-03-04T05:06:07.25Z");
  EXPECT_EQ(parse(kSyslog, std::nullopt, "Dec 31 23:59:59", kJanuary1), "2025-12-31T23:59:59Z");
  EXPECT_EQ(parse(kSyslog, std::nullopt, "Jan  1 00:00:00", kDecember31), "2027-01-01T00:00:00Z");
  EXPECT_EQ(parse(kSyslog, std::nullopt, "Feb  1 00:00:00", kDecember31), "2026-02-01T00:00:00Z");
  EXPECT_EQ(parse("15:04:05", std::nullopt, "05:06:07"), "2026-01-01T05:06:07Z");
  EXPECT_EQ(parse("YYYY", std::nullopt, "YYYY"), "2026-01-01T00:00:00Z");
  EXPECT_EQ(parse("YYYY", std::nullopt, "2021"), "-");
  EXPECT_EQ(parse("unix", std::nullopt, "1562708916"), "-");
  EXPECT_EQ(parse(kSyslog, "America/New_York", "Jul 15 12:00:00"), "2026-07-15T16:00:00Z");
}

TEST(TimeParser, the_year_changes_with_the_hosts_midnight) {
  // 2026-01-01T02:00:00Z is still December in New York.
  const std::int64_t now = kJanuary1 - std::int64_t{10} * 3600 * 1'000'000'000;
  const auto utc = TimeParser::create("Jan _2 15:04:05", std::nullopt, zone_files());
  const auto new_york =
      TimeParser::create("Jan _2 15:04:05", std::nullopt, zone_files("America/New_York"));
  EXPECT_EQ(shown((*utc)->parse("Jan  1 00:00:00", now)), "2026-01-01T00:00:00Z");
  EXPECT_EQ(shown((*new_york)->parse("Jan  1 00:00:00", now)), "2026-01-01T00:00:00Z");
  EXPECT_EQ(shown((*utc)->parse("Dec 31 20:00:00", now)), "2025-12-31T20:00:00Z");
  EXPECT_EQ(shown((*new_york)->parse("Nov 30 20:00:00", now)), "2025-11-30T20:00:00Z");
}

TEST(TimeParser, agrees_with_the_calendar_of_the_system) {
  const auto parser = TimeParser::create("RFC3339", std::nullopt, zone_files());
  for (std::int64_t day = -719'162; day < 2'932'897; day += 137) {
    const Timestamp time{day * 86'400 + (day % 1000 + 1000) * 3, 0};
    const std::string text = shown(time);
    ASSERT_EQ((*parser)->parse(text, kNow), time) << text;
  }
}

}  // namespace
}  // namespace tailrace::pipeline
