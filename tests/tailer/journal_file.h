// Journal files of the real format, written by systemd-journal-remote.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tailrace::tailer {

// Why no journal files can be written here; empty: they can. TAILRACE_REQUIRE_PEERS makes tests
// fail over it instead of skipping.
std::string missing_journal_writer();
bool peers_are_required();

// One entry to be written: fields beside the addresses, and when it was.
struct WrittenEntry {
  std::vector<std::string> fields;  // "NAME=value", without line ends.
  std::uint64_t realtime_us = 0;
  std::uint64_t monotonic_us = 0;
  std::string boot = "c28621b32e804598bec093da34167a35";
};

// Appends to the journal file, which is made when it is not there. False: the writer failed.
bool append_to_journal(const std::string& path, const std::vector<WrittenEntry>& entries);

}  // namespace tailrace::tailer
