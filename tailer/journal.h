// A journal as somebody reads it: entries one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tailrace::tailer {

// The entries of all files of a folder, and of files that join it, in the order of their writing.
//
// New files are seen, and deleted ones let go, in take_changes() alone: until then a file that
// journald deletes is read on, so nothing is missed by who is behind.
//
// Ownership: what next_field() gives is the journal's and lives until the next call.
// Threading: confined to one thread; waits for nothing but the disk.
// Errors: all are the system's, with errno as the code.
class Journal {
 public:
  struct Options {
    std::string path;                  // A folder; empty: this machine's journal.
    std::vector<std::string> matches;  // "FIELD=value"; of one field either, of several all.
    std::size_t data_bytes_max = 0;    // Of a field that is compressed, so much at least is given.
  };
  enum class Change { kNone, kEntries, kFiles };

  virtual ~Journal() = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Readable when take_changes() has something to do; -1: no changes can be watched here.
  virtual int descriptor() const = 0;
  // When take_changes() should be called without an event (network file systems).
  virtual SteadyTime deadline() const = 0;
  virtual Result<Change> take_changes() = 0;
  // Bytes that wait in the descriptor. The kernel keeps so many and forgets the rest.
  virtual std::size_t waiting_bytes() const = 0;

  // Bytes of all files that could be opened.
  virtual std::uint64_t bytes() const = 0;

  // next() then gives the first entry at or behind it.
  virtual Status seek_cursor(const std::string& cursor) = 0;
  virtual Status seek_time(std::uint64_t realtime_us) = 0;

  // Moves to the next entry; false: there is none now.
  virtual Result<bool> next() = 0;
  // Of the entry that next() moved to.
  virtual Result<std::uint64_t> realtime_us() = 0;
  virtual Status read_cursor(std::string& cursor) = 0;
  // Its fields from the first on, "NAME=value"; false: no more.
  virtual void rewind_fields() = 0;
  virtual Result<bool> next_field(std::string_view& field) = 0;

 protected:
  Journal() = default;
};

}  // namespace tailrace::tailer
