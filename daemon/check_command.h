// `-check-syntax`: everything that is wrong with a configuration, and what is probably not meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "config/load.h"
#include "config/places.h"
#include "config/source_location.h"
#include "daemon/command_line.h"

namespace tailrace::daemon {

struct CheckWorld {
  const Clock& clock;
  FileSystem& file_system;
  const config::Places& places;  // Of the text that was loaded.
  std::string host_name;
  std::string working_directory;
};

// What loading had to say, and then what building and the lints do: everything is built, nothing
// started. After an error of loading, what can still be built is; its errors are told, too.
//
// In the order of the file; what has no place comes first. Every diagnostic has a code.
std::vector<config::Diagnostic> check_config(config::LoadResult loaded, const CheckWorld& world);

// A configuration that could not be looked at.
std::vector<config::Diagnostic> unreadable_config(std::string message);

bool is_valid(const std::vector<config::Diagnostic>& diagnostics);

// What is printed.
std::string check_text(const std::vector<config::Diagnostic>& diagnostics,
                       std::string_view file_name, std::string_view text, OutputFormat format);

}  // namespace tailrace::daemon
