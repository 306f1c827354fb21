// Runs tests/cases/config: good files load, bad ones fail with just the errors they announce.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "config/load.h"

namespace tailrace::config {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// The leading comment's lines `# error: ...` and `# warning: ...`.
std::vector<std::string> expectations(const std::string& text, std::string& rest) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  std::size_t used = 0;
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with("# error: ") && !line.starts_with("# warning: ")) break;
    used += line.size() + 1;
    lines.push_back(line);
  }
  rest = text.substr(std::min(used, text.size()));
  return lines;
}

std::vector<std::string> observed(const LoadResult& result) {
  std::vector<std::string> lines;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    const bool error = diagnostic.severity == Diagnostic::Severity::kError;
    lines.push_back(fmt::format("# {}: {}:{}: {}: {}", error ? "error" : "warning",
                                diagnostic.location.line, diagnostic.location.column,
                                diagnostic.location.path, diagnostic.message));
  }
  return lines;
}

class ConfigCase : public testing::Test {
 public:
  ConfigCase(fs::path path, bool good) : path_(std::move(path)), good_(good) {}

  void TestBody() override {
    const std::string text = read_file(path_);
    std::string rest;
    const std::vector<std::string> expected = expectations(text, rest);
    if (std::getenv("TAILRACE_ACCEPT") != nullptr) {
      accept(rest);
      return;
    }
    const LoadResult result = load_text(text, path_.filename().string(), Overrides{});
    EXPECT_EQ(observed(result), expected);
    EXPECT_EQ(result.config.has_value(), good_)
        << format_diagnostics(result.diagnostics, path_.filename().string(), text);
  }

 private:
  // Rewrites the leading comment; the lines that it takes move the positions.
  void accept(const std::string& rest) const {
    const std::size_t count = load_text(rest, "", Overrides{}).diagnostics.size();
    std::string padded;
    for (std::size_t i = 0; i < count; ++i)
      padded += "#\n";
    std::ofstream stream(path_, std::ios::binary);
    for (const std::string& line : observed(load_text(padded + rest, "", Overrides{}))) {
      stream << line << "\n";
    }
    stream << rest;
  }

  const fs::path path_;
  const bool good_;
};

int register_cases(const std::string& folder, bool good) {
  std::vector<fs::path> paths;
  for (const auto& entry :
       fs::directory_iterator(fs::path(TAILRACE_SOURCE_DIR) / "tests/cases/config" / folder)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    testing::RegisterTest(("ConfigCases_" + folder).c_str(), path.stem().string().c_str(), nullptr,
                          nullptr, __FILE__, __LINE__,
                          [=]() -> testing::Test* { return new ConfigCase(path, good); });
  }
  return static_cast<int>(paths.size());
}

const int kGood = register_cases("good", true);
const int kBad = register_cases("bad", false);

TEST(ConfigCases, are_found) {
  EXPECT_GE(kGood, 15);
  EXPECT_GE(kBad, 45);
}

}  // namespace
}  // namespace tailrace::config
