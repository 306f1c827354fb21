// Parses any arguments, split at NUL bytes: an error names one of them, and twice gives the same.
// libraries: tailrace_daemon
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "config/load.h"
#include "daemon/command_line.h"

namespace tailrace::command_line_fuzz {
namespace {

using tailrace::Result;
using tailrace::daemon::CommandLine;

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> arguments;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    arguments.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return arguments;
}

// The name of a flag as Go's programs read it: "--x=1" is "x".
std::string name_of(std::string_view argument) {
  argument.remove_prefix(
      std::min<std::size_t>(argument.starts_with("--") ? 2 : 1, argument.size()));
  return std::string(argument.substr(0, argument.find('=')));
}

void check_error(const std::string& message, const std::vector<std::string>& arguments) {
  TAILRACE_CHECK(!message.empty());
  TAILRACE_CHECK(std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
    return argument.starts_with('-') && message.find("-" + name_of(argument)) != std::string::npos;
  }));
}

bool equal(const CommandLine& a, const CommandLine& b) {
  return a.config_files == b.config_files && a.expand_env == b.expand_env &&
         a.check_syntax == b.check_syntax && a.version == b.version && a.help == b.help &&
         a.dry_run == b.dry_run && a.inspect == b.inspect && a.stdin_source == b.stdin_source &&
         a.flags_without_effect == b.flags_without_effect &&
         a.overrides.client_url == b.overrides.client_url &&
         a.overrides.server_disable == b.overrides.server_disable &&
         a.overrides.log_level == b.overrides.log_level &&
         a.overrides.positions_file == b.overrides.positions_file;
}

// A flag that is taken is explained: the first argument, which is no value of another.
void check_help(const std::vector<std::string>& arguments, const CommandLine& line) {
  const bool is_flag = !arguments.empty() && arguments[0].size() > 1 && arguments[0][0] == '-';
  const std::string name = is_flag ? name_of(arguments[0]) : "";
  const auto& idle = line.flags_without_effect;
  if (name.empty() || name == "h") return;
  if (std::find(idle.begin(), idle.end(), "-" + name) != idle.end()) return;
  TAILRACE_CHECK(tailrace::daemon::help_text().find("\n  -" + name) != std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::string> arguments =
      split(std::string_view(reinterpret_cast<const char*>(data), size));
  std::vector<const char*> pointers;
  for (const std::string& argument : arguments)
    pointers.push_back(argument.c_str());

  const Result<CommandLine> first = tailrace::daemon::parse_command_line(pointers);
  const Result<CommandLine> second = tailrace::daemon::parse_command_line(pointers);
  TAILRACE_CHECK(first.has_value() == second.has_value());
  if (!first) {
    TAILRACE_CHECK(first.error().message == second.error().message);
    check_error(first.error().message, arguments);
    return 0;
  }
  TAILRACE_CHECK(equal(*first, *second));
  for (const std::string& flag : first->flags_without_effect)
    check_error(flag, arguments);
  check_help(arguments, *first);
  // Whatever was taken can be laid over a file.
  constexpr std::string_view kFile =
      "clients: [{url: 'http://a'}]\n"
      "scrape_configs: [{job_name: a, static_configs: [{labels: {__path__: /a}}]}]\n";
  tailrace::config::load_text(kFile, "fuzz.yaml", first->overrides);
  return 0;
}

}  // namespace tailrace::command_line_fuzz
