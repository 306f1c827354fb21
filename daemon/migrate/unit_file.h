// systemd units as files: what a service is started with.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"

namespace tailrace::daemon::migrate {

struct UnitSetting {
  std::string section;
  std::string key;
  std::string value;
};

// `Key=value` lines with their sections, continued lines joined; comments are left out.
std::vector<UnitSetting> parse_unit(std::string_view text);

// A unit with its drop-ins, as systemd would read them.
struct Unit {
  std::string name;                // promtail.service
  std::vector<std::string> files;  // The unit, then its drop-ins in the order in which they count.
  std::vector<UnitSetting> settings;

  // Of [Service]: all values of a list since it was last emptied; the last value of a setting.
  std::vector<std::string> values(std::string_view key) const;
  std::string value(std::string_view key) const;
  bool is_on(std::string_view key) const;
};

// Looks below `root` (empty: the machine) where systemd looks: /etc, /run, /usr/local/lib,
// /usr/lib, /lib, the first wins; drop-ins of all of them, by name. Errors: ENOENT when there is no
// such unit; others when it cannot be read.
Result<Unit> load_unit(FileSystem& file_system, const std::string& root, const std::string& name);

// A word of a command line: as it is written, and without quotes and escapes.
struct CommandWord {
  std::string written;
  std::string text;
};

// Splits ExecStart= and Environment= as systemd does: quotes, escapes, without variables.
std::vector<CommandWord> split_words(std::string_view line);

using UnitEnvironment = std::map<std::string, std::string>;

// Environment= and EnvironmentFile= of the unit; a file that is not there is left out, as with "-".
UnitEnvironment unit_environment(FileSystem& file_system, const Unit& unit);

// `${NAME}` within a word; a word `$NAME` becomes as many as its value has; `$$` and `%%`.
std::vector<std::string> expand_words(const std::vector<CommandWord>& words,
                                      const UnitEnvironment& environment);

// The whole of a file, at most 16 MiB.
Result<std::string> read_text(FileSystem& file_system, const std::string& path);

}  // namespace tailrace::daemon::migrate
