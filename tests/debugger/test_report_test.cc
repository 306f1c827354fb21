// Results as people and as CI systems read them.
#include "debugger/test_report.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::debugger {
namespace {

FileResult file_result() {
  TestResult good;
  good.name = "good";
  good.location.line = 2;
  TestResult bad;
  bad.name = "<bad>";
  bad.location.line = 5;
  bad.differences = {{"entry 1, line", "a\nb", "c\x01"}, {"entry 2", "d", std::nullopt}};
  TestResult broken;
  broken.name = "broken";
  broken.location.line = 9;
  broken.diagnostics = {
      {config::Diagnostic::Severity::kError, {"tests[2].pipeline_stages[0]", 1, 3}, "no"}};
  return {"x.test.yaml", "tests: ...\n", {good, bad, broken}};
}

TEST(TestReport, differences_stand_below_their_test) {
  EXPECT_EQ(results_text(file_result(), TextOutput::Colours::kNone),
            "ok   x.test.yaml:2: good\n"
            "FAIL x.test.yaml:5: <bad>\n"
            "    entry 1, line:\n      - a\n      - b\n      + c\x01\n"
            "    entry 2:\n      - d\n        (not there)\n"
            "FAIL x.test.yaml:9: broken\n"
            "x.test.yaml:1:3: tests[2].pipeline_stages[0]: no\n    tests: ...\n      ^\n");
}

TEST(TestReport, a_terminal_gets_colours) {
  const std::string text = results_text(file_result(), TextOutput::Colours::kAnsi);
  EXPECT_TRUE(text.starts_with("\033[32mok  \033[0m x.test.yaml:2: good\n\033[31mFAIL\033[0m"));
}

TEST(TestReport, junit_counts_and_escapes) {
  const std::string xml = junit_xml(std::vector<FileResult>{file_result()});
  EXPECT_NE(xml.find("<testsuite name=\"x.test.yaml\" tests=\"3\" failures=\"2\">\n"
                     "    <testcase name=\"good\" file=\"x.test.yaml\" line=\"2\"/>\n"
                     "    <testcase name=\"&lt;bad&gt;\" file=\"x.test.yaml\" line=\"5\">\n"
                     "      <failure message=\"entry 1, line\">"),
            std::string::npos)
      << xml;
  EXPECT_NE(xml.find("+ c\\x01\n"), std::string::npos);
  EXPECT_NE(xml.find("<failure message=\"the stages cannot be built\">"), std::string::npos);
  EXPECT_TRUE(xml.ends_with("  </testsuite>\n</testsuites>\n"));
}

}  // namespace
}  // namespace tailrace::debugger
