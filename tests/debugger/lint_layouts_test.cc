// Layouts of timestamp stages, good and bad.
#include "debugger/lint_layouts.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::debugger {
namespace {

std::string code_of(std::string_view format) {
  const auto finding = judge_layout(format);
  return finding ? std::string(finding->code) : "";
}

TEST(LintLayouts, layouts_that_read_what_they_write_are_good) {
  for (const char* format : {"RFC3339",
                             "RFC3339Nano",
                             "ANSIC",
                             "UnixDate",
                             "RubyDate",
                             "RFC822",
                             "RFC822Z",
                             "RFC850",
                             "RFC1123",
                             "RFC1123Z",
                             "Unix",
                             "UnixMs",
                             "UnixUs",
                             "UnixNs",
                             "2006-01-02 15:04:05",
                             "2006-01-02 15:04:05,000",
                             "2006-01-02T15:04:05.999999999Z07:00",
                             "02/Jan/2006:15:04:05 -0700",
                             "Jan _2 15:04:05",
                             "Jan 2 15:04:05",
                             "20060102150405",
                             "20060102",
                             "2006/01/02 03:04:05 PM",
                             "1/2/2006 3:04:05 pm",
                             "01/02/06 03:04PM",
                             "Mon Jan _2 15:04:05.000 2006",
                             "Monday, 2 January 2006 15:04 MST",
                             "2006-01-02 15:04:05.000000 -0700 MST",
                             "2006-002 15:04",
                             "060102 15:04:05",
                             "2006-01-02 15:04:05 PM",
                             "I0102 15:04:05.000000",
                             "2006-01-02_15:04:05.00000"}) {
    EXPECT_EQ(code_of(format), "") << format;
  }
}

TEST(LintLayouts, others_are_told_by_the_first_that_is_wrong) {
  struct Case {
    const char* format;
    const char* code;
  };
  for (const Case& c : {Case{"%Y-%m-%dT%H:%M:%S", "layout-foreign"},
                        {"%s", "layout-foreign"},
                        {"%d/%b/%Y:%H:%M:%S %z", "layout-foreign"},
                        {"yyyy-MM-dd HH:mm:ss", "layout-foreign"},
                        {"YYYY-MM-DD", "layout-foreign"},
                        {"dd.MM.yy HH:mm", "layout-foreign"},
                        {"2006-01-02T15:04:05.SSS", "layout-foreign"},
                        {"rfc3339", "layout-unknown-name"},
                        {"UNIX", "layout-unknown-name"},
                        {"ISO8601", "layout-unknown-name"},
                        {"unix_ms", "layout-unknown-name"},
                        {"", "layout-without-time"},
                        {"date", "layout-without-time"},
                        {"2006-02-01 15:01:05", "layout-repeated-part"},
                        {"2023-01-02 15:04:05", "layout-repeated-part"},
                        {"2006-01-02 15:04:05.123", "layout-repeated-part"},
                        {"2006-01-02 03:04:05", "layout-12-hours"},
                        {"2006-01-02 3:04:05", "layout-12-hours"},
                        {"15:04:05", "layout-without-date"},
                        {"Jan 2006", "layout-without-date"},
                        {"2006121504", "layout-ambiguous"}}) {
    EXPECT_EQ(code_of(c.format), c.code) << c.format;
  }
}

TEST(LintLayouts, the_right_name_is_in_the_hint) {
  EXPECT_EQ(judge_layout("rfc3339nano")->hint, "names are written exactly so: RFC3339Nano");
  EXPECT_EQ(judge_layout("Epoch_MS")->hint, "names are written exactly so: UnixMs");
}

TEST(LintLayouts, a_message_names_the_part_and_shows_what_cannot_be_read) {
  EXPECT_EQ(judge_layout("2006-02-01 15:01:05")->message,
            "the layout \"2006-02-01 15:01:05\" has the month twice");
}

}  // namespace
}  // namespace tailrace::debugger
