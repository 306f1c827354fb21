// -check-syntax: what is told of a configuration, in which order, and how.
#include "daemon/check_command.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/config/case_file.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::daemon {
namespace {

using Lines = std::vector<std::string>;

class CheckCommand : public ::testing::Test {
 protected:
  std::vector<config::Diagnostic> check(const std::string& text) {
    const config::Places places(text);
    return check_config(config::load_text(text, "c.yaml", {}),
                        {clock_, files_, places, "host", "/"});
  }
  Lines told(const std::string& text) {
    Lines lines;
    for (const config::Diagnostic& found : check(text)) {
      const bool is_error = found.severity == config::Diagnostic::Severity::kError;
      lines.push_back(fmt::format("{}:{} {} {}", found.location.line, found.location.column,
                                  is_error ? "error" : "warning", found.code));
    }
    return lines;
  }

  tailrace::testing::FakeClock clock_;
  tailrace::testing::MemoryFileSystem files_{clock_};
};

constexpr const char* kJob =
    "clients: [{url: http://a}]\n"
    "scrape_configs:\n"
    "- job_name: a\n"
    "  static_configs: [{labels: {__path__: /log/*.log, __path_exclude__: /log/x*}}]\n";

TEST_F(CheckCommand, a_good_configuration_is_told_nothing_of) {
  files_.append("/log/a.log", "x");
  EXPECT_EQ(told(kJob), Lines{});
}

TEST_F(CheckCommand, excluded_files_do_not_count) {
  files_.append("/log/x.log", "x");
  EXPECT_EQ(told(kJob), Lines{"4:40 warning no-file"});
}

TEST_F(CheckCommand, errors_of_every_job_are_told_in_the_order_of_the_file) {
  EXPECT_EQ(told("clients: [{url: http://a}]\n"
                 "scrape_configs:\n"
                 "- job_name: a\n"
                 "  static_configs: [{labels: {__path__: /a}}]\n"
                 "  pipeline_stages:\n"
                 "  - regex: {expression: '('}\n"
                 "  - drop: {}\n"
                 "  - match: {selector: '{', stages: [regex: {expression: ')'}]}\n"
                 "- job_name: a\n"
                 "  static_configs: [{labels: {__path__: /b}}]\n"
                 "  pipeline_stages: [timestamp: {source: t, format: Unix, location: No/Where}]\n"
                 "  encoding: klingon\n"),
            (Lines{"6:5 error build", "7:11 error config", "8:5 error build", "8:37 error build",
                   "9:13 error config", "11:21 error build", "12:13 error build"}));
}

TEST_F(CheckCommand, what_an_error_is_about_is_not_built_and_nothing_is_guessed) {
  EXPECT_EQ(told("clients: [{url: http://a}]\n"
                 "scrape_configs:\n"
                 "- job_name: a\n"
                 "  static_configs: [{labels: {__path__: /a}}]\n"
                 "  pipeline_stages:\n"
                 "  - regex: {expression: '(?P<unused>', nonsense: [}\n")
                .size(),
            1U);
  EXPECT_EQ(told("clients: [{url: http://a}]\n"
                 "scrape_configs:\n"
                 "- job_name: a\n"
                 "  static_configs: [{labels: {__path__: /a}}]\n"
                 "  pipeline_stages:\n"
                 "  - match: {selector: '{', action: jump, stages: [cri: ]}\n"
                 "  - regex: {expression: '(?P<unused>x)'}\n"
                 "  - metrics: {9: {type: counter}}\n"
                 "  relabel_configs: [{action: nonsense, regex: '('}]\n"),
            (Lines{"6:36 error config", "8:15 error config", "9:30 error config"}));
}

TEST_F(CheckCommand, every_bad_file_gets_an_error_with_a_code_and_no_crash) {
  for (const char* folder : {"bad", "unbuildable"}) {
    for (const auto& path : config::case_paths(folder)) {
      SCOPED_TRACE(path.filename().string());
      const config::CaseFile file = config::read_case(path);
      const auto found = check(file.text);
      for (const config::Diagnostic& diagnostic : found)
        EXPECT_FALSE(diagnostic.code.empty());
      const bool warns_only =
          std::all_of(file.expected.begin(), file.expected.end(),
                      [](const std::string& line) { return line.starts_with("# warning"); });
      EXPECT_EQ(is_valid(found), warns_only);
    }
  }
}

TEST_F(CheckCommand, the_last_line_calls_a_valid_file_valid) {
  EXPECT_EQ(check_text({}, "c.yaml", "", OutputFormat::kText),
            "Valid config file! No syntax issues found\n");
  const auto broken = unreadable_config("m");
  EXPECT_FALSE(is_valid(broken));
  EXPECT_EQ(check_text(broken, "c.yaml", "", OutputFormat::kText), "c.yaml: m\n");
  EXPECT_EQ(check_text({}, "c.yaml", "", OutputFormat::kJson),
            "{\"file\":\"c.yaml\",\"valid\":true,\"diagnostics\":[]}\n");
}

TEST_F(CheckCommand, a_warning_has_its_code_and_its_hint_in_the_text) {
  const std::string text = kJob;
  const std::string shown = check_text(check(text), "c.yaml", text, OutputFormat::kText);
  EXPECT_NE(shown.find("c.yaml:4:40: warning: "), std::string::npos) << shown;
  EXPECT_NE(shown.find("matches no file now [no-file]\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("^\n    hint: files that come later"), std::string::npos) << shown;
}

}  // namespace
}  // namespace tailrace::daemon
