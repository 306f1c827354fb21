// Diagnostics as people see them.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

std::string formatted(std::string_view text, int line, int column,
                      const std::string& message = "m") {
  const std::vector<Diagnostic> diagnostics = {
      {Diagnostic::Severity::kError, {"a.b", line, column}, message}};
  return format_diagnostics(diagnostics, "f.yaml", text);
}

TEST(FormatDiagnostics, shows_position_path_message_line_and_caret) {
  EXPECT_EQ(formatted("x: y\na:\n  b: 5\n", 3, 6), "f.yaml:3:6: a.b: m\n      b: 5\n         ^\n");
}

TEST(FormatDiagnostics, a_warning_says_so_and_what_has_no_place_has_no_line) {
  const std::vector<Diagnostic> diagnostics = {{Diagnostic::Severity::kWarning, {"a", 0, 0}, "m"},
                                               {Diagnostic::Severity::kError, {"", 9, 1}, "n"}};
  EXPECT_EQ(format_diagnostics(diagnostics, "f", "x"), "f: warning: a: m\nf:9:1: n\n");
}

TEST(FormatDiagnostics, a_warning_shows_its_code_and_everything_its_hint) {
  const std::vector<Diagnostic> diagnostics = {
      {Diagnostic::Severity::kWarning, {"a", 1, 1}, "m", "a-code", "do this"},
      {Diagnostic::Severity::kError, {"a", 1, 1}, "n", "b-code", "do that"}};
  EXPECT_EQ(format_diagnostics(diagnostics, "f", "a: b"),
            "f:1:1: warning: a: m [a-code]\n    a: b\n    ^\n    hint: do this\n"
            "f:1:1: a: n\n    a: b\n    ^\n    hint: do that\n");
}

TEST(FormatDiagnostics, the_caret_stands_right_behind_tabs_and_long_characters) {
  EXPECT_EQ(formatted("a:\t\xc3\xa9 x\r\n", 1, 7),
            "f.yaml:1:7: a.b: m\n    a:\t\xc3\xa9 x\n      \t  ^\n");
}

TEST(FormatDiagnostics, a_long_line_is_shown_around_the_place) {
  const std::string line = std::string(500, 'x') + "!" + std::string(500, 'y');
  const std::string shown = formatted(line, 1, 501);
  EXPECT_LT(shown.size(), 300U);
  const std::size_t mark = shown.find('!');
  ASSERT_NE(mark, std::string::npos);
  const std::size_t second = shown.find('\n', mark) + 1;
  EXPECT_EQ(shown.find('^') - second, mark - (shown.find('\n') + 1));
}

TEST(FormatDiagnostics, values_of_secret_keys_are_masked) {
  for (const char* line :
       {"password: hunter2", "  - password: hunter2", "{user: x, password: hunter2, a: b}",
        "\"client_secret\": 'hunter2'", "bearer_token : hunter2", "credentials: hunter2",
        "key: hunter2", "Authorization: Basic hunter2", "headers: {X: hunter2}",
        "PASSWORD: hunter2", "url: http://user:hunter2@host/", "proxy_url: http://hunter2@p"}) {
    const std::string shown = formatted(line, 1, 1);
    EXPECT_EQ(shown.find("hunter2"), std::string::npos) << shown;
    EXPECT_NE(shown.find("***"), std::string::npos) << shown;
  }
}

TEST(FormatDiagnostics, lines_below_a_secret_key_are_masked) {
  const char* texts[] = {"key: |\n  hunter2\n", "a:\n  secrets:\n    - x\n    - hunter2\n",
                         "headers:\n  X-Y: hunter2\n", "key: |\n  first\n\n    hunter2\n"};
  for (const char* text : texts) {
    const std::string_view view = text;
    const auto last = static_cast<int>(std::count(view.begin(), view.end(), '\n'));
    EXPECT_EQ(formatted(text, last, 1).find("hunter2"), std::string::npos) << text;
  }
}

TEST(FormatDiagnostics, other_values_are_shown) {
  for (const char* line : {"password_file: shown", "token_url: http://shown/", "keys: shown",
                           "url: http://shown/a", "password:"}) {
    EXPECT_EQ(formatted(line, 1, 1).find("***"), std::string::npos) << line;
  }
  EXPECT_NE(formatted("key: x\nname: shown\n", 2, 1).find("shown"), std::string::npos);
}

TEST(FormatDiagnostics, urls_in_messages_are_masked) {
  EXPECT_EQ(formatted("", 0, 0, "bad http://u:hunter2@h/"), "f.yaml: a.b: bad http://***@h/\n");
}

TEST(FormatDiagnostics, a_url_that_is_refused_does_not_show_its_password) {
  for (const char* url : {"http://user:gehe/im@h", "http://user:gehe\\\"im@h",
                          "http://us er:geheim@h", "http://h:gehe@im:x", "user:gehe im@h"}) {
    const std::string text = std::string("clients: [{url: \"") + url + "\", batchwait: 1d}]\n";
    const std::string shown = format_diagnostics(load_text(text, "f", {}).diagnostics, "f", text);
    EXPECT_NE(shown.find("f:1:"), std::string::npos);
    for (const char* part : {"gehe", "im@", "im\"@"})
      EXPECT_EQ(shown.find(part), std::string::npos) << shown;
  }
}

}  // namespace
}  // namespace tailrace::config
