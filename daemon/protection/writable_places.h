// Where the running program writes, by configuration.
#pragma once

#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "config/config.h"

namespace tailrace::daemon {

// A folder, and the option that it comes from.
struct WritablePlace {
  std::string folder;  // Absolute.
  std::string option;
  friend bool operator==(const WritablePlace&, const WritablePlace&) = default;
};

struct WritablePlaces {
  std::vector<WritablePlace> files;
  std::vector<WritablePlace> sockets;  // Of which only a socket in them is made and removed.
};

// Positions, outbox, control socket, sockets of receivers. `working_directory`: for relative paths.
WritablePlaces writable_places(const config::Config& config, const std::string& working_directory);

// Paths of sockets that others made and that must be writable to connect to: Docker's.
std::vector<std::string> sockets_to_connect_to(const config::Config& config);

// `path` without symbolic links, as far as it exists.
std::string settled_path(FileSystem& file_system, const std::string& path);

// Whether `path` is `folder` or lies below it; both settled.
bool lies_below(const std::string& path, const std::string& folder);

}  // namespace tailrace::daemon
