// Files of tests/cases/config: a leading comment says what is expected, the rest is configuration.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "config/load.h"

namespace tailrace::config {

// Lines at the top of a file, in this order:
//   # error: LINE:COLUMN: PATH: MESSAGE     what must be reported, errors and warnings,
//   # warning: ...                          in the order of the file
//   # env: NAME=VALUE                       the environment (expanded/ only); \n is a line end
//   # text: TEXT                            what the expanded text must contain (expanded/ only)
struct CaseFile {
  std::vector<std::string> expected;
  std::map<std::string, std::string, std::less<>> environment;
  std::vector<std::string> fragments;
  std::string text;  // The whole file.
  std::string rest;  // Without the lines of `expected`.
  std::string body;  // Without all lines of the head.
};

inline CaseFile read_case(const std::filesystem::path& path) {
  CaseFile result;
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream whole;
  whole << stream.rdbuf();
  result.text = whole.str();
  std::size_t used = 0;
  std::size_t expectations = 0;
  std::istringstream lines(result.text);
  for (std::string line; std::getline(lines, line); used += line.size() + 1) {
    const auto value_of = [&](std::string_view key) { return line.substr(key.size()); };
    if (line.starts_with("# error: ") || line.starts_with("# warning: ")) {
      result.expected.push_back(line);
      expectations = used + line.size() + 1;
    } else if (line.starts_with("# env: ")) {
      const std::string pair = value_of("# env: ");
      const std::size_t equals = pair.find('=');
      std::string value = pair.substr(std::min(equals + 1, pair.size()));
      for (std::size_t at = value.find("\\n"); at != std::string::npos; at = value.find("\\n", at))
        value.replace(at, 2, "\n");
      result.environment[pair.substr(0, equals)] = value;
    } else if (line.starts_with("# text: ")) {
      result.fragments.push_back(value_of("# text: "));
    } else {
      break;
    }
  }
  result.rest = result.text.substr(std::min(expectations, result.text.size()));
  result.body = result.text.substr(std::min(used, result.text.size()));
  return result;
}

inline std::vector<std::filesystem::path> case_paths(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(TAILRACE_SOURCE_DIR) / "tests/cases/config" / folder)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Diagnostics as the head of a file writes them.
inline std::vector<std::string> as_expectations(const std::vector<Diagnostic>& diagnostics) {
  std::vector<std::string> lines;
  for (const Diagnostic& diagnostic : diagnostics) {
    const bool error = diagnostic.severity == Diagnostic::Severity::kError;
    lines.push_back(fmt::format("# {}: {}:{}: {}: {}", error ? "error" : "warning",
                                diagnostic.location.line, diagnostic.location.column,
                                diagnostic.location.path, diagnostic.message));
  }
  return lines;
}

// Rewrites the expectations of a file by what `diagnose` says of its text; the lines that they
// take move the positions.
template <typename Diagnose>
void accept_case(const std::filesystem::path& path, const CaseFile& file,
                 const Diagnose& diagnose) {
  std::string padded;
  for (std::size_t i = diagnose(file.rest).size(); i > 0; --i)
    padded += "#\n";
  const std::vector<Diagnostic> diagnostics = diagnose(padded + file.rest);
  std::ofstream stream(path, std::ios::binary);
  for (const std::string& line : as_expectations(diagnostics))
    stream << line << "\n";
  stream << file.rest;
}

}  // namespace tailrace::config
