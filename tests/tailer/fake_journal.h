// A journal in memory, whose failures a test chooses.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tailer/journal.h"
#include "tailer/journal_cursor.h"

namespace tailrace::tailer {

// What lies on the disk, and what is to go wrong. Outlives the journals opened on it.
struct FakeJournalFiles {
  struct Entry {
    std::vector<std::string> fields;  // "NAME=value"
    std::string cursor;
    std::uint64_t realtime_us = 0;
  };
  std::vector<Entry> entries;
  std::uint64_t next_number = 1;
  std::uint64_t now_us = 1'767'225'600'000'000;  // FakeClock's beginning.
  std::uint64_t bytes = 1;                       // 0: no file can be read.
  int descriptor = -1;

  // Errno values; 0: it works.
  int open_error = 0;
  int next_error = 0;
  int change_error = 0;
  std::optional<std::size_t> broken_entry;  // Its fields cannot be read.
  std::size_t waiting_bytes = 0;
  Journal::Change change = Journal::Change::kEntries;

  int opened = 0;
  int changes_taken = 0;

  std::string cursor_of(std::uint64_t number, std::string_view numbering = "a") const {
    return fmt::format("s={};i={:x};b=b;m={:x};t={:x};x={:x}", numbering, number, number, now_us,
                       number);
  }
  void add(std::vector<std::string> fields) {
    now_us += 1000;
    entries.push_back({std::move(fields), cursor_of(next_number), now_us});
    ++next_number;
  }
  void add_message(std::string_view message) { add({fmt::format("MESSAGE={}", message)}); }
};

// Sees what lies there at once; entries are sought as libsystemd seeks them.
class FakeJournal final : public Journal {
 public:
  explicit FakeJournal(FakeJournalFiles& files) : files_(files) {}

  int descriptor() const override { return files_.descriptor; }
  SteadyTime deadline() const override { return SteadyTime::max(); }
  Result<Change> take_changes() override {
    ++files_.changes_taken;
    if (files_.change_error != 0) return fail(files_.change_error, "changes");
    return files_.change;
  }
  std::size_t waiting_bytes() const override { return files_.waiting_bytes; }
  std::uint64_t bytes() const override { return files_.bytes; }

  Status seek_cursor(const std::string& cursor) override {
    const auto wanted = JournalCursor::parse(cursor);
    for (next_ = 0; next_ < files_.entries.size(); ++next_) {
      const auto here = JournalCursor::parse(files_.entries[next_].cursor);
      const bool same_count = here->numbering == wanted->numbering;
      if (same_count ? here->number >= wanted->number : here->monotonic_us >= wanted->monotonic_us)
        break;
    }
    return {};
  }
  Status seek_time(std::uint64_t realtime_us) override {
    next_ = 0;
    while (next_ < files_.entries.size() && files_.entries[next_].realtime_us < realtime_us)
      ++next_;
    return {};
  }
  Result<bool> next() override {
    if (files_.next_error != 0) return fail(files_.next_error, "next");
    if (next_ >= files_.entries.size()) return false;
    at_ = next_++;
    return true;
  }
  Result<std::uint64_t> realtime_us() override { return files_.entries[at_].realtime_us; }
  Status read_cursor(std::string& cursor) override {
    cursor = files_.entries[at_].cursor;
    return {};
  }
  void rewind_fields() override { field_ = 0; }
  Result<bool> next_field(std::string_view& field) override {
    if (files_.broken_entry == at_) return fail(EBADMSG, "field");
    if (field_ >= files_.entries[at_].fields.size()) return false;
    field = files_.entries[at_].fields[field_++];
    return true;
  }

 private:
  FakeJournalFiles& files_;
  std::size_t at_ = 0;
  std::size_t next_ = 0;
  std::size_t field_ = 0;
};

}  // namespace tailrace::tailer
