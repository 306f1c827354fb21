// The block `journal` of a job as plain data.
#pragma once

namespace tailrace::config {

// docs/compatibility.md, journal.
struct JournalConfig {
  friend bool operator==(const JournalConfig&, const JournalConfig&) = default;
};

}  // namespace tailrace::config
