// Runs tests/cases/config: good files load, bad ones fail with just the errors they announce.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config/load.h"
#include "tests/config/case_file.h"

namespace tailrace::config {
namespace {

namespace fs = std::filesystem;

class ConfigCase : public testing::Test {
 public:
  enum class Kind { kGood, kBad, kExpanded };
  ConfigCase(fs::path path, Kind kind) : path_(std::move(path)), kind_(kind) {}

  void TestBody() override {
    const CaseFile file = read_case(path_);
    if (std::getenv("TAILRACE_ACCEPT") != nullptr) {
      accept_case(path_, file,
                  [&](const std::string& text) { return load(text, file).diagnostics; });
      return;
    }
    const LoadResult result = load(file.text, file);
    EXPECT_EQ(as_expectations(result.diagnostics), file.expected);
    EXPECT_EQ(result.config.has_value(),
              kind_ == Kind::kExpanded ? !announces_errors(file) : kind_ == Kind::kGood)
        << format_diagnostics(result.diagnostics, path_.filename().string(), file.text);
    if (kind_ == Kind::kExpanded) check_fragments(file);
  }

 private:
  static bool announces_errors(const CaseFile& file) {
    return std::any_of(file.expected.begin(), file.expected.end(),
                       [](const std::string& line) { return line.starts_with("# error: "); });
  }
  static EnvLookup lookup(const CaseFile& file) {
    return [&file](std::string_view name) -> std::optional<std::string> {
      const auto found = file.environment.find(name);
      return found == file.environment.end() ? std::nullopt : std::optional(found->second);
    };
  }

  LoadResult load(const std::string& text, const CaseFile& file) const {
    const std::string name = path_.filename().string();
    return kind_ == Kind::kExpanded ? load_text_expanding(text, name, Overrides{}, lookup(file))
                                    : load_text(text, name, Overrides{});
  }

  static void check_fragments(const CaseFile& file) {
    const auto expanded = expand_env(file.body, lookup(file));
    if (!expanded) {
      EXPECT_TRUE(file.fragments.empty()) << expanded.error().message;
      return;
    }
    for (const std::string& fragment : file.fragments)
      EXPECT_NE(expanded->find(fragment), std::string::npos) << fragment << "\nin\n" << *expanded;
  }

  const fs::path path_;
  const Kind kind_;
};

int register_cases(const std::string& folder, ConfigCase::Kind kind) {
  const std::vector<fs::path> paths = case_paths(folder);
  for (const fs::path& path : paths) {
    testing::RegisterTest(("ConfigCases_" + folder).c_str(), path.stem().string().c_str(), nullptr,
                          nullptr, __FILE__, __LINE__,
                          [=]() -> testing::Test* { return new ConfigCase(path, kind); });
  }
  return static_cast<int>(paths.size());
}

const int kGoodCount = register_cases("good", ConfigCase::Kind::kGood);
const int kBadCount = register_cases("bad", ConfigCase::Kind::kBad);
const int kExpandedCount = register_cases("expanded", ConfigCase::Kind::kExpanded);

TEST(ConfigCases, are_found) {
  EXPECT_GE(kGoodCount, 35);
  EXPECT_GE(kBadCount, 110);
  EXPECT_GE(kExpandedCount, 12);
}

}  // namespace
}  // namespace tailrace::config
