// Where the outboxes lie, and how much of the disk, or of the memory, the outboxes of a process may
// take.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "base/file_system.h"
#include "config/config.h"

namespace tailrace::daemon {

// The folder of all outboxes of a daemon, by configuration.
std::string outbox_directory(const config::Config& config);

// Caps on what the configuration allows (house 6, Loki away; docs/compatibility.md, Limits).
struct OutboxRoom {
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();
  // Of each client, all workers together.
  std::uint64_t share_max = kUnlimited;
  bool in_memory = false;  // The outbox lies on tmpfs: its bytes cost memory.
};

struct OutboxRoomOptions {
  std::string directory;  // Of the process; need not exist yet.
  std::uint64_t clients = 1;
  std::uint64_t workers = 1;
  std::uint64_t memory_limit_bytes = 0;  // 0: not known.
};

// Half of what the disk has free, counting what the outboxes have already, in equal parts for all
// clients; on tmpfs at most 16 MiB and an eighth of the memory limit. Never less than 1 MiB per
// worker. Blocks on the file system. Where it does not answer there is no cap.
OutboxRoom find_outbox_room(FileSystem& file_system, const OutboxRoomOptions& options);

}  // namespace tailrace::daemon
