// Where the outboxes lie, and how much of the disk, or of the memory, the outboxes of a process may
// take.
#include "daemon/outbox_room.h"

#include <algorithm>

#include "positions/outbox.h"

namespace tailrace::daemon {
namespace {

constexpr std::uint64_t kMiB = 1U << 20U;
constexpr std::uint64_t kInMemoryMax = 16 * kMiB;
constexpr std::uint64_t kPartOfMemory = 8;
constexpr std::uint64_t kLeastPerWorker = kMiB;

// The directory, or the nearest one above it that exists.
std::string existing(FileSystem& file_system, std::string directory) {
  while (directory.size() > 1 && !file_system.stat(directory)) {
    const std::size_t slash = directory.rfind('/');
    if (slash == std::string::npos) return ".";
    directory.resize(std::max<std::size_t>(slash, 1));
  }
  return directory;
}

std::uint64_t bytes_taken(FileSystem& file_system, const std::string& directory) {
  std::uint64_t bytes = 0;
  for (const std::string& worker : positions::worker_directories(file_system, directory)) {
    const auto entries = file_system.list(worker);
    if (!entries) continue;
    for (const DirectoryEntry& entry : *entries) {
      const auto stat = file_system.stat(worker + "/" + entry.name);
      if (stat) bytes += stat->size;
    }
  }
  return bytes;
}

}  // namespace

std::string outbox_directory(const config::Config& config) {
  if (config.wal.enabled && !config.wal.dir.empty()) return config.wal.dir;
  if (!config.tailrace.outbox_dir.empty()) return config.tailrace.outbox_dir;
  return config.positions.filename + ".outbox";
}

OutboxRoom find_outbox_room(FileSystem& file_system, const OutboxRoomOptions& options) {
  OutboxRoom room;
  if (options.directory.empty()) return room;
  const std::string place = existing(file_system, options.directory);
  const std::uint64_t clients = std::max<std::uint64_t>(options.clients, 1);
  if (const auto free = file_system.free_bytes(place); free) {
    room.share_max = (*free + bytes_taken(file_system, options.directory)) / 2 / clients;
  }
  room.in_memory = file_system.is_memory_backed(place).value_or(false);
  if (room.in_memory) {
    room.share_max = std::min(room.share_max, kInMemoryMax);
    if (options.memory_limit_bytes > 0) {
      room.share_max =
          std::min(room.share_max, options.memory_limit_bytes / kPartOfMemory / clients);
    }
  }
  room.share_max =
      std::max(room.share_max, kLeastPerWorker * std::max<std::uint64_t>(options.workers, 1));
  return room;
}

}  // namespace tailrace::daemon
