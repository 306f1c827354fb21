// What the program knows about itself at one moment, gathered from its workers.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "daemon/topology.h"
#include "daemon/worker.h"

namespace tailrace::daemon {

// So long a worker that is busy may take to answer.
inline constexpr std::chrono::milliseconds kBusyPatience{1000};

struct FileStatus {
  SourceId source = 0;
  std::string job;
  std::string path;
  std::uint64_t size_bytes = 0;
  std::uint64_t offset = 0;
  std::uint64_t lines = 0;
};

// A file that is not read to its end.
struct FileLag {
  std::string path;
  std::uint64_t bytes = 0;
  double seconds = 0;  // Since it was.
};

// So many files of a worker are shown with their lag, those with the most bytes; all are summed up.
inline constexpr std::size_t kLagsShownMax = 100;

struct WorkerStatus {
  std::uint32_t worker = 0;
  std::vector<FileStatus> files;
  std::vector<InputState> inputs;
  std::vector<std::string> troubles;
  std::vector<std::string> failing;  // Requests that will go again, and why; URLs are masked.
  std::map<std::string, std::uint64_t> memory_bytes;  // By pool, for tailrace_memory_bytes.
  std::vector<FileLag> lags;                          // At most kLagsShownMax.
  std::uint64_t lag_bytes = 0;
  double lag_seconds = 0;  // The greatest.
  bool stalled = false;
  std::uint64_t stalls = 0;
  double outbox_age_seconds = 0;
  double outbox_fill = 0;  // Of the fullest client's share, 0 to 1.
  std::uint64_t outbox_disk_bytes = 0;
  std::uint64_t outbox_pending_entries = 0;
  std::uint64_t outbox_damaged_records = 0;
  std::uint64_t outbox_lost_entries = 0;
  std::uint64_t lines_cut = 0;
  std::uint64_t arena_overflow_bytes = 0;
  std::uint64_t files_polled = 0;
  bool observed = false;  // By a tap.
  tailer::FileFollower::Counters counters;
  // By path and reason.
  std::map<std::pair<std::string, std::string>, std::uint64_t> lost_bytes;
};

// What the main thread knows.
struct EngineStatus {
  std::shared_ptr<const config::Config> config;  // Null: the program is stopping.
  std::string config_yaml;                       // dump_config.h
  std::vector<JobTargets> jobs;                  // In the order of the configuration.
  std::map<SourceId, std::size_t> target_of;     // File -> its target, counted through all jobs.
  std::vector<std::string> discovery_troubles;   // Why discovery has no news.
};

// On the worker's own thread.
WorkerStatus status_of(Worker& worker);

struct WorkersStatus {
  std::vector<WorkerStatus> answered;
  std::vector<std::uint32_t> silent;  // Too busy to answer in time.
};

// Asks every worker and waits for the answers, at most `patience` for each; one that has ended is
// in neither list. Any thread but a worker's.
WorkersStatus ask_all_workers(std::span<const std::unique_ptr<Worker>> workers,
                              std::chrono::milliseconds patience);

// Those of them that answered.
std::vector<WorkerStatus> ask_workers(std::span<const std::unique_ptr<Worker>> workers,
                                      std::chrono::milliseconds patience);

// One entry of the log per worker, and one per trouble: for SIGQUIT.
void log_status(const std::vector<WorkerStatus>& status, Log& log);

// The metrics that are made of a status: per file and per worker (docs/metrics.md).
void append_metrics(const std::vector<WorkerStatus>& status, std::vector<MetricFamily>& out);
void append_worker_answers(const WorkersStatus& status, std::vector<MetricFamily>& out);

// Whether there must be a file or an input that is ready.
enum class FilesNeeded { kNo, kYes };
// What /ready says, a line for each reason; empty: it is ready.
std::string why_not_ready(const WorkersStatus& status, FilesNeeded files);

}  // namespace tailrace::daemon
