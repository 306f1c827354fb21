// Which clients the last configuration had: what a restart needs to know to give a share to its
// heir.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"

namespace tailrace::daemon {

// The keys of the clients are kept in `<outbox directory>/clients`, one per line. The file is
// written when the outboxes of all workers know these keys, so that a crash in between changes
// nothing.
//
// Errors: a file that is not there is an empty list.
std::vector<std::string> load_known_clients(FileSystem& file_system, const std::string& directory);
Status save_known_clients(FileSystem& file_system, const std::string& directory,
                          std::span<const std::string> keys);

}  // namespace tailrace::daemon
