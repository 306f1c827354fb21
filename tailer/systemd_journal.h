// The systemd journal as libsystemd shows it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "tailer/journal.h"

struct sd_journal;

namespace tailrace::tailer {

// One open set of journal files.
//
// Ownership: owns libsystemd's handle.
// Errors: files and entries that are damaged are left out by libsystemd without a word.
// Memory: maps files in windows, which libsystemd bounds.
class SystemdJournal final : public Journal {
 public:
  // Opens and begins to watch the folder. It may have no file that can be read: bytes().
  static Result<std::unique_ptr<Journal>> open(const Options& options);
  // Takes libsystemd's handle over; open() makes one.
  explicit SystemdJournal(sd_journal* journal) : journal_(journal) {}
  ~SystemdJournal() override;

  int descriptor() const override { return descriptor_; }
  SteadyTime deadline() const override;
  Result<Change> take_changes() override;
  std::size_t waiting_bytes() const override;
  std::uint64_t bytes() const override;
  Status seek_cursor(const std::string& cursor) override;
  Status seek_time(std::uint64_t realtime_us) override;
  Result<bool> next() override;
  Result<std::uint64_t> realtime_us() override;
  Status read_cursor(std::string& cursor) override;
  void rewind_fields() override;
  Result<bool> next_field(std::string_view& field) override;

 private:
  sd_journal* const journal_;
  int descriptor_ = -1;
};

}  // namespace tailrace::tailer
