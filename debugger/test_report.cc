// Differences as text, and as JUnit's XML.
#include "debugger/test_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/markup.h"
#include "base/utf8.h"
#include "config/load.h"

namespace tailrace::debugger {
namespace {

// Every line of `text` behind `prefix`.
std::string prefixed(std::string_view text, std::string_view prefix) {
  std::string result;
  while (true) {
    const std::size_t newline = text.find('\n');
    result += prefix;
    result += text.substr(0, newline);
    result += '\n';
    if (newline == std::string_view::npos) return result;
    text.remove_prefix(newline + 1);
  }
}

std::string coloured(std::string_view text, std::string_view code, TextOutput::Colours colours) {
  if (colours == TextOutput::Colours::kNone) return std::string(text);
  return fmt::format("\033[{}m{}\033[0m", code, text);
}

std::string details(const TestResult& test, const FileResult& file, TextOutput::Colours colours) {
  std::string text = config::format_diagnostics(test.diagnostics, file.file, file.text);
  for (const Difference& difference : test.differences) {
    text += "    " + difference.what + ":\n";
    if (difference.expected) {
      text += coloured(prefixed(*difference.expected, "      - "), "31", colours);
    }
    if (difference.observed) {
      text += coloured(prefixed(*difference.observed, "      + "), "32", colours);
    } else {
      text += "        (not there)\n";
    }
  }
  return text;
}

// XML 1.0 has no control characters, not even escaped.
std::string escape_xml(std::string_view text) {
  std::string valid;
  append_as_utf8(valid, text);
  std::string out;
  for (const char c : escape_markup(valid)) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string results_text(const FileResult& result, TextOutput::Colours colours) {
  std::string text;
  for (const TestResult& test : result.tests) {
    text += test.passed() ? coloured("ok  ", "32", colours) : coloured("FAIL", "31", colours);
    text += fmt::format(" {}:{}: {}\n", result.file, test.location.line, test.name);
    text += details(test, result, colours);
  }
  return text;
}

std::string junit_xml(std::span<const FileResult> results) {
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const FileResult& result : results) {
    const auto failed = std::count_if(result.tests.begin(), result.tests.end(),
                                      [](const TestResult& test) { return !test.passed(); });
    xml += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">\n",
                       escape_xml(result.file), result.tests.size(), failed);
    for (const TestResult& test : result.tests) {
      xml += fmt::format("    <testcase name=\"{}\" file=\"{}\" line=\"{}\"", escape_xml(test.name),
                         escape_xml(result.file), test.location.line);
      if (test.passed()) {
        xml += "/>\n";
        continue;
      }
      const std::string said = details(test, result, TextOutput::Colours::kNone);
      xml += fmt::format(">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                         escape_xml(test.differences.empty() ? "the stages cannot be built"
                                                             : test.differences.front().what),
                         escape_xml(said));
    }
    xml += "  </testsuite>\n";
  }
  return xml + "</testsuites>\n";
}

}  // namespace tailrace::debugger
