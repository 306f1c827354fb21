// Journal files of the real format, written by systemd-journal-remote.
#include "tests/tailer/journal_file.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

namespace tailrace::tailer {
namespace {

constexpr const char* kWriter = "/lib/systemd/systemd-journal-remote";

}  // namespace

std::string missing_journal_writer() {
  return access(kWriter, X_OK) == 0 ? "" : fmt::format("{} not found", kWriter);
}

bool peers_are_required() {
  return std::getenv("TAILRACE_REQUIRE_PEERS") != nullptr;
}

bool append_to_journal(const std::string& path, const std::vector<WrittenEntry>& entries) {
  const std::string command = fmt::format("{} --output='{}' - 2>/dev/null", kWriter, path);
  FILE* const pipe = popen(command.c_str(), "w");
  if (pipe == nullptr) return false;
  for (const WrittenEntry& entry : entries) {
    std::string text =
        fmt::format("__REALTIME_TIMESTAMP={}\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID={}\n",
                    entry.realtime_us, entry.monotonic_us, entry.boot);
    for (const std::string& field : entry.fields)
      text += field + "\n";
    text += "\n";
    std::fwrite(text.data(), 1, text.size(), pipe);
  }
  return pclose(pipe) == 0;
}

}  // namespace tailrace::tailer
