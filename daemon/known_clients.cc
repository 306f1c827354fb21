// Which clients the last configuration had.
#include "daemon/known_clients.h"

#include <string_view>

namespace tailrace::daemon {
namespace {

constexpr std::size_t kBytesMax = 1U << 20U;

}  // namespace

std::vector<std::string> load_known_clients(FileSystem& file_system, const std::string& directory) {
  std::vector<std::string> keys;
  if (directory.empty()) return keys;
  const auto file = file_system.open(directory + "/clients", OpenMode::kRead);
  if (!file) return keys;
  std::string text(kBytesMax, '\0');
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    const Result<std::size_t> more = (*file)->read_at(bytes, std::span<char>(text).subspan(bytes));
    if (!more || *more == 0) break;
    bytes += *more;
  }
  text.resize(bytes);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos) break;  // Torn: not a whole key.
    keys.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return keys;
}

Status save_known_clients(FileSystem& file_system, const std::string& directory,
                          std::span<const std::string> keys) {
  if (directory.empty()) return {};
  std::string text;
  for (const std::string& key : keys)
    text += key + "\n";
  const std::string temporary = directory + "/clients.new";
  {
    const auto file = file_system.open(temporary, OpenMode::kCreateEmpty);
    if (!file) return fail(file.error());
    const std::string_view part = text;
    if (Status written = (*file)->write_at(0, {&part, 1}); !written) return written;
    if (Status synced = (*file)->sync(); !synced) return synced;
  }
  if (Status renamed = file_system.rename(temporary, directory + "/clients"); !renamed) {
    return renamed;
  }
  return file_system.sync_directory(directory);
}

}  // namespace tailrace::daemon
