// `tailrace test`: runs the tests of pipelines that stand beside a configuration.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text_output.h"

namespace tailrace::daemon {

struct TestOptions {
  std::vector<std::string> paths;  // Files, and folders to look for *.test.yaml in.
  std::string config_file;         // For test files that name none.
  bool expand_env = false;
  bool coverage = false;   // Say which stages and branches no test reached.
  bool record = false;     // Print the files with what was observed.
  std::string only;        // Tests with this text in their name.
  std::string junit_file;  // Empty: none.
  bool help = false;
};

// Flags as for the main program; what is no flag is a path, before, between or behind them.
// Errors: kInvalid, with the words for the user.
Result<TestOptions> parse_test_options(std::span<const char* const> arguments);
std::string test_help_text();

// Prints to `output`. The exit status: 0 when every test passed, 1 when one failed, 2 when a file
// cannot be read or holds no test.
int run_tests(const TestOptions& options, const TextOutput& output,
              const std::function<std::optional<std::string>(std::string_view)>& environment);

}  // namespace tailrace::daemon
