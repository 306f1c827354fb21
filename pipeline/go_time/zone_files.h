// Where time zones come from: the system's files, and the zone of the host.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "pipeline/go_time/zone.h"

namespace tailrace::pipeline::go_time {

// How to reach the files.
struct ZoneFiles {
  // Reads a whole file; the default is read_file() below.
  std::function<Result<std::string>(const std::string& path)> read;
  // The value of the environment variable TZ, when it is set: as in Promtail it wins over
  // /etc/localtime.
  std::optional<std::string> tz;

  static ZoneFiles system();
};

// The zone of an IANA name such as "Europe/Berlin". "" and "UTC" are UTC, "Local" is the host's.
Result<Zone> load_zone(const ZoneFiles& files, const std::string& name);

// UTC where the host does not say.
Zone load_local_zone(const ZoneFiles& files);

}  // namespace tailrace::pipeline::go_time
