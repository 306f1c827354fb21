// What -dry-run and -inspect say beside the entries: what stages do, and a summary at the end.
#pragma once

#include <span>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/text_output.h"
#include "config/config.h"
#include "daemon/command_line.h"
#include "debugger/summary.h"
#include "debugger/trace_recorder.h"

namespace tailrace::daemon {

// Takes traces from all workers. As text, stages and summary go to standard error and entries are
// the print shipper's; as JSON everything goes to standard output, an object per line, and the
// print shipper stays silent.
//
// Ownership: borrows the configuration, which outlives it.
// Threading: sink() may be called from any thread.
class DryRun {
 public:
  struct Options {
    bool dry_run = false;  // Entries and a summary; else only what stages do.
    bool inspect = false;
    OutputFormat format = OutputFormat::kText;
    TextOutput output;  // Standard output.
    TextOutput errors;  // Standard error.
    WallTime now{};
  };

  DryRun(Options options, const config::Config& config);

  // Empty: nobody wants traces.
  debugger::TraceRecorder::Sink sink();
  // Where the print shipper writes.
  TextOutput entries() const;
  // After the last trace. `metrics`: as /metrics shows them.
  void finish(const std::string& metrics);

 private:
  void take(const debugger::EntryTrace& trace);

  const Options options_;
  std::vector<std::string> metric_names_;
  Mutex mutex_;
  debugger::Summary summary_;  // Guarded by mutex_.
};

}  // namespace tailrace::daemon
