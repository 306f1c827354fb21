// An installed Promtail: its unit, flags, environment, configuration and positions.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "config/load.h"
#include "config/places.h"
#include "daemon/command_line.h"
#include "daemon/migrate/unit_file.h"
#include "positions/positions_file.h"

namespace tailrace::daemon::migrate {

struct InstalledPromtail {
  std::optional<Unit> unit;
  std::string program;                 // /usr/bin/promtail; empty: there is no unit.
  std::vector<CommandWord> words;      // Its arguments as the unit has them.
  std::vector<std::string> arguments;  // The same, variables replaced.
  // What ${NAME} means in the configuration: the unit's environment, ours for one by hand.
  std::function<std::optional<std::string>(std::string_view)> variable;
  CommandLine line;

  std::string config_file;
  std::string config_text;
  config::LoadResult loaded;

  std::string positions_file;    // As flag, file or default say.
  std::string positions_place;   // Where it lies: links followed, in the unit's private /tmp.
  bool has_private_tmp = false;  // Of the positions: they go when Promtail stops.
  std::optional<positions::PositionTable> positions;  // Nothing: there is no such file.
  std::string positions_trouble;                      // Why it cannot be read.

  config::Places places() const;
};

struct PromtailSearch {
  std::string root;    // Of the system's folders; empty: the machine.
  std::string unit;    // promtail.service
  std::string config;  // By hand; empty: the unit says.
  // For a configuration by hand, without a unit.
  std::function<std::optional<std::string>(std::string_view)> environment;
};

// Errors: there is neither unit nor configuration; the unit cannot be read, or has flags that this
//   program refuses. A configuration with errors is none: they are in `loaded`.
Result<InstalledPromtail> find_promtail(FileSystem& file_system, const PromtailSearch& search);

}  // namespace tailrace::daemon::migrate
