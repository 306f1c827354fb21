// The systemd journal as libsystemd shows it.
#include "tailer/systemd_journal.h"

#include <sys/ioctl.h>

#include <cstdlib>
#include <limits>

#include <systemd/sd-journal.h>

namespace tailrace::tailer {
namespace {

std::string shown_path(const std::string& path) {
  return path.empty() ? "the journal of this machine" : "the journal in " + path;
}

}  // namespace

Result<std::unique_ptr<Journal>> SystemdJournal::open(const Options& options) {
  sd_journal* handle = nullptr;
  const int opened = options.path.empty()
                         ? sd_journal_open(&handle, SD_JOURNAL_LOCAL_ONLY)
                         : sd_journal_open_directory(&handle, options.path.c_str(), 0);
  if (opened < 0) return fail(system_failure(-opened, "open " + shown_path(options.path)));
  auto journal = std::make_unique<SystemdJournal>(handle);
  sd_journal_set_data_threshold(handle, options.data_bytes_max);
  for (const std::string& match : options.matches) {
    const int added = sd_journal_add_match(handle, match.data(), match.size());
    if (added < 0) return fail(system_failure(-added, "match " + match));
  }
  // Before anything is read: what comes between would not be seen.
  const int descriptor = sd_journal_get_fd(handle);
  if (descriptor >= 0) journal->descriptor_ = descriptor;
  return journal;
}

SystemdJournal::~SystemdJournal() {
  sd_journal_close(journal_);
}

SteadyTime SystemdJournal::deadline() const {
  std::uint64_t microseconds = 0;
  if (sd_journal_get_timeout(journal_, &microseconds) < 0) return SteadyTime::max();
  if (microseconds > std::numeric_limits<std::int64_t>::max() / 1000) return SteadyTime::max();
  return SteadyTime(std::chrono::microseconds(static_cast<std::int64_t>(microseconds)));
}

Result<Journal::Change> SystemdJournal::take_changes() {
  const int change = sd_journal_process(journal_);
  if (change < 0) return fail(system_failure(-change, "look for changes of the journal"));
  if (change == SD_JOURNAL_NOP) return Change::kNone;
  return change == SD_JOURNAL_INVALIDATE ? Change::kFiles : Change::kEntries;
}

std::size_t SystemdJournal::waiting_bytes() const {
  int bytes = 0;
  if (descriptor_ < 0 || ioctl(descriptor_, FIONREAD, &bytes) != 0) return 0;
  return static_cast<std::size_t>(bytes);
}

std::uint64_t SystemdJournal::bytes() const {
  std::uint64_t bytes = 0;
  return sd_journal_get_usage(journal_, &bytes) < 0 ? 0 : bytes;
}

Status SystemdJournal::seek_cursor(const std::string& cursor) {
  const int sought = sd_journal_seek_cursor(journal_, cursor.c_str());
  if (sought < 0) return fail(system_failure(-sought, "seek a cursor of the journal"));
  return {};
}

Status SystemdJournal::seek_time(std::uint64_t realtime_us) {
  const int sought = sd_journal_seek_realtime_usec(journal_, realtime_us);
  if (sought < 0) return fail(system_failure(-sought, "seek a time of the journal"));
  return {};
}

Result<bool> SystemdJournal::next() {
  const int moved = sd_journal_next(journal_);
  if (moved < 0) return fail(system_failure(-moved, "read the journal"));
  return moved > 0;
}

Result<std::uint64_t> SystemdJournal::realtime_us() {
  std::uint64_t microseconds = 0;
  const int got = sd_journal_get_realtime_usec(journal_, &microseconds);
  if (got < 0) return fail(system_failure(-got, "read the time of a journal entry"));
  return microseconds;
}

Status SystemdJournal::read_cursor(std::string& cursor) {
  char* text = nullptr;
  const int got = sd_journal_get_cursor(journal_, &text);
  if (got < 0) return fail(system_failure(-got, "read the cursor of a journal entry"));
  cursor.assign(text);
  std::free(text);
  return {};
}

void SystemdJournal::rewind_fields() {
  sd_journal_restart_data(journal_);
}

Result<bool> SystemdJournal::next_field(std::string_view& field) {
  const void* bytes = nullptr;
  std::size_t size = 0;
  const int got = sd_journal_enumerate_available_data(journal_, &bytes, &size);
  if (got < 0) return fail(system_failure(-got, "read a field of a journal entry"));
  if (got > 0) field = {static_cast<const char*>(bytes), size};
  return got > 0;
}

}  // namespace tailrace::tailer
