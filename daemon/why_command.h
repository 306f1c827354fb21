// `tailrace why`: why a line of a file is not in Loki.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/result.h"
#include "base/text_output.h"

namespace tailrace::daemon {

struct WhyOptions {
  enum class Format { kText, kJson };
  std::string config_file;
  bool expand_env = false;
  std::string file;                     // Which the line is in.
  std::optional<std::string> line;      // Text in it.
  std::optional<std::uint64_t> offset;  // A byte of it.
  std::optional<std::string> tenant;    // Where it was looked for.
  std::optional<std::string> selector;  // With what it was looked for.
  std::string socket;                   // Of the running program; empty: the configuration says.
  Format format = Format::kText;
  bool help = false;
};

// Flags as for the main program; an argument that is no flag is the file.
// Errors: kInvalid, with the words for the user.
Result<WhyOptions> parse_why_options(std::span<const char* const> arguments);
std::string why_help_text();

struct WhyWorldView {
  const Clock& clock;
  FileSystem& file_system;
  std::string host_name;
  std::string working_directory;
  std::function<std::optional<std::string>(std::string_view)> environment;
  // GET of a path with its query from the program that listens on the socket: the body.
  std::function<Result<std::string>(const std::string& socket, const std::string& path)> ask;
};

// Prints to `output`. The exit status: 0 accepted, 1 a cause was found, 2 the configuration cannot
// be read, 3 it is not known.
int run_why(const WhyOptions& options, const WhyWorldView& world, const TextOutput& output);

}  // namespace tailrace::daemon
