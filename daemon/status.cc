// What the program knows about itself.
#include "daemon/status.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "config/secrets.h"
#include "daemon/ask_workers.h"

namespace tailrace::daemon {
namespace {

double in_seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

void fill_lags(const Worker& worker, WorkerStatus& status) {
  std::vector<tailer::FileFollower::Lag> lags = worker.lags();
  for (const tailer::FileFollower::Lag& lag : lags) {
    status.lag_bytes += lag.bytes;
    status.lag_seconds = std::max(status.lag_seconds, in_seconds(lag.since));
  }
  const auto shown =
      lags.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(lags.size(), kLagsShownMax));
  std::partial_sort(lags.begin(), shown, lags.end(),
                    [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
  for (auto lag = lags.begin(); lag != shown; ++lag)
    status.lags.push_back({lag->file->path(), lag->bytes, in_seconds(lag->since)});
}

// "http://loki/push, tenant a: connection refused; attempt 3, for 12 s"
std::string failing_text(const Delivery::FailedRequest& failed, SteadyTime now) {
  return fmt::format(
      "{}{}: {}; {} attempts in {} s", config::shown_url(failed.lane.client),
      failed.lane.tenant.empty() ? "" : ", tenant " + failed.lane.tenant, failed.retry.error,
      failed.retry.attempts,
      std::chrono::duration_cast<std::chrono::seconds>(now - failed.retry.since).count());
}

}  // namespace

WorkerStatus status_of(Worker& worker) {
  WorkerStatus status;
  status.worker = worker.number();
  worker.files().for_each([&status](const tailer::FileTailer& file) {
    FileStatus one;
    one.source = file.id();
    one.job = file.job();
    one.path = file.path();
    one.size_bytes = file.size();
    one.offset = file.position();
    one.lines = file.lines_read();
    status.files.push_back(std::move(one));
  });
  status.inputs = worker.inputs().states();
  status.troubles = worker.troubles();
  for (const Delivery::FailedRequest& failed : worker.delivery().failed_requests()) {
    status.failing.push_back(failing_text(failed, worker.steady_now()));
  }
  const positions::Outbox& outbox = worker.delivery().outbox();
  status.memory_bytes = {{"open batches", worker.intake().open_bytes()},
                         {"outbox", outbox.memory_bytes()},
                         {"held lines", worker.intake().held_bytes()},
                         {"read buffer", worker.buffer_bytes()}};
  fill_lags(worker, status);
  status.stalled = worker.stalled();
  status.stalls = worker.stalls();
  status.outbox_age_seconds = in_seconds(worker.outbox_age());
  status.outbox_fill = worker.delivery().fill();
  status.outbox_disk_bytes = outbox.disk_bytes();
  status.outbox_pending_entries = outbox.pending_entries();
  status.outbox_damaged_records = outbox.recovered().damaged_records;
  status.outbox_lost_entries = outbox.lost_entries();
  status.lines_cut = worker.intake().lines_cut();
  status.arena_overflow_bytes = worker.intake().arena_overflow_bytes();
  status.observed = worker.intake().observed();
  status.files_polled = worker.files().polled();
  status.counters = worker.files().counters();
  status.lost_bytes = worker.files().lost();
  return status;
}

WorkersStatus ask_all_workers(std::span<const std::unique_ptr<Worker>> workers,
                              std::chrono::milliseconds patience) {
  auto answers = ask_each_worker<WorkerStatus>(workers, patience, status_of);
  return {.answered = std::move(answers.answered), .silent = std::move(answers.silent)};
}

std::vector<WorkerStatus> ask_workers(std::span<const std::unique_ptr<Worker>> workers,
                                      std::chrono::milliseconds patience) {
  return ask_all_workers(workers, patience).answered;
}

namespace {

double to_double(std::uint64_t value) {
  return static_cast<double>(value);
}

void append_file_metrics(const std::vector<WorkerStatus>& status, std::vector<MetricFamily>& out) {
  // Names, types and meanings of the first four: docs/compatibility.md, metrics.
  MetricFamily read{"promtail_read_bytes_total", "Number of bytes read.", MetricType::kGauge, {}};
  MetricFamily size{"promtail_file_bytes_total", "Number of bytes total.", MetricType::kGauge, {}};
  MetricFamily lines{
      "promtail_read_lines_total", "Number of lines read.", MetricType::kCounter, {}};
  MetricFamily active{
      "promtail_files_active_total", "Number of active files.", MetricType::kGauge, {}};
  struct Sum {
    double read = 0;
    double size = 0;
    double lines = 0;
  };
  std::map<std::string, Sum> by_path;  // Two jobs may follow one path: one series.
  double files = 0;
  for (const WorkerStatus& worker : status) {
    files += static_cast<double>(worker.files.size());
    for (const FileStatus& file : worker.files) {
      Sum& sum = by_path[file.path];
      sum.read = static_cast<double>(file.offset);
      sum.size = static_cast<double>(file.size_bytes);
      sum.lines += static_cast<double>(file.lines);
    }
  }
  for (MetricFamily* family : {&read, &size, &lines})
    family->samples.reserve(by_path.size());
  for (const auto& [path, sum] : by_path) {
    read.samples.push_back({.labels = {{"path", path}}, .value = sum.read, .buckets = {}});
    size.samples.push_back({.labels = {{"path", path}}, .value = sum.size, .buckets = {}});
    lines.samples.push_back({.labels = {{"path", path}}, .value = sum.lines, .buckets = {}});
  }
  active.samples.push_back({.labels = {}, .value = files, .buckets = {}});
  for (MetricFamily* family : {&read, &size, &lines, &active}) {
    out.push_back(std::move(*family));
  }
}

// Names and meanings: docs/metrics.md.
void append_worker_metrics(const std::vector<WorkerStatus>& status,
                           std::vector<MetricFamily>& out) {
  struct Row {
    const char* name;
    const char* help;
    MetricType type;
    double (*value)(const WorkerStatus&);
  };
  using Status = const WorkerStatus&;
  constexpr auto kRows = std::to_array<Row>({
      {"tailrace_outbox_age_seconds", "Age of the oldest entry in the outbox without an answer.",
       MetricType::kGauge, [](Status s) { return s.outbox_age_seconds; }},
      {"tailrace_lag_bytes", "Bytes of all files that are not read yet.", MetricType::kGauge,
       [](Status s) { return to_double(s.lag_bytes); }},
      {"tailrace_lag_seconds", "Longest time since a file that lags was read to its end.",
       MetricType::kGauge, [](Status s) { return s.lag_seconds; }},
      {"tailrace_stalled", "1 while reading waits for room in the outbox.", MetricType::kGauge,
       [](Status s) { return s.stalled ? 1.0 : 0.0; }},
      {"tailrace_stalls_total", "Times that reading had to wait for room in the outbox.",
       MetricType::kCounter, [](Status s) { return to_double(s.stalls); }},
      {"tailrace_outbox_bytes", "Bytes of the outbox on disk.", MetricType::kGauge,
       [](Status s) { return to_double(s.outbox_disk_bytes); }},
      {"tailrace_outbox_fill", "How full the fullest client's share of the outbox is, 0 to 1.",
       MetricType::kGauge, [](Status s) { return s.outbox_fill; }},
      {"tailrace_outbox_pending_entries", "Entries in the outbox without an answer.",
       MetricType::kGauge, [](Status s) { return to_double(s.outbox_pending_entries); }},
      {"tailrace_outbox_damaged_records", "Places at which the outbox was damaged at the start.",
       MetricType::kGauge, [](Status s) { return to_double(s.outbox_damaged_records); }},
      {"tailrace_outbox_lost_entries_total", "Entries that could not be read back from the outbox.",
       MetricType::kCounter, [](Status s) { return to_double(s.outbox_lost_entries); }},
      {"tailrace_lines_cut_total", "Lines cut because they were longer than a line may be.",
       MetricType::kCounter, [](Status s) { return to_double(s.lines_cut); }},
      {"tailrace_arena_overflow_bytes_total", "Bytes of lines that needed the heap.",
       MetricType::kCounter, [](Status s) { return to_double(s.arena_overflow_bytes); }},
      {"tailrace_files_polled", "Files that cannot be watched.", MetricType::kGauge,
       [](Status s) { return to_double(s.files_polled); }},
      {"tailrace_observed", "1 while a tap looks at the entries of a worker.", MetricType::kGauge,
       [](Status s) { return s.observed ? 1.0 : 0.0; }},
      {"tailrace_file_rescans_total", "Times that file events were lost and all files looked at.",
       MetricType::kCounter, [](Status s) { return to_double(s.counters.overflows); }},
      {"tailrace_sweep_finds_total", "Changes of files that no event told.", MetricType::kCounter,
       [](Status s) { return to_double(s.counters.found_by_sweep); }},
      {"tailrace_files_displaced_total", "Times that a file was rewritten, truncated or exchanged.",
       MetricType::kCounter, [](Status s) { return to_double(s.counters.displaced); }},
      {"tailrace_file_failures_total", "Opens and reads of files that failed.",
       MetricType::kCounter, [](Status s) { return to_double(s.counters.failures); }},
      {"tailrace_nul_bytes_skipped_total", "Bytes of long runs of NUL bytes.", MetricType::kCounter,
       [](Status s) { return to_double(s.counters.nul_bytes_skipped); }},
  });
  for (const Row& row : kRows) {
    MetricFamily family{row.name, row.help, row.type, {}};
    for (const WorkerStatus& worker : status) {
      family.samples.push_back({.labels = {{"worker", std::to_string(worker.worker)}},
                                .value = row.value(worker),
                                .buckets = {}});
    }
    out.push_back(std::move(family));
  }
}

void append_input_metrics(const std::vector<WorkerStatus>& status, std::vector<MetricFamily>& out) {
  MetricFamily ready{"tailrace_input_ready",
                     "1 when a source that is no file listens, or has its server.",
                     MetricType::kGauge,
                     {}};
  for (const WorkerStatus& worker : status) {
    for (const InputState& input : worker.inputs) {
      ready.samples.push_back(
          {.labels = {{"job", input.job}, {"name", input.name}, {"type", input.type}},
           .value = input.status.ready ? 1.0 : 0.0,
           .buckets = {}});
    }
  }
  if (!ready.samples.empty()) out.push_back(std::move(ready));
}

void append_labelled_metrics(const std::vector<WorkerStatus>& status,
                             std::vector<MetricFamily>& out) {
  MetricFamily memory{
      "tailrace_memory_bytes", "Bytes in each pool of memory.", MetricType::kGauge, {}};
  MetricFamily lag_bytes{"tailrace_file_lag_bytes",
                         "Bytes that are not read yet, of the files with the most of them.",
                         MetricType::kGauge,
                         {}};
  MetricFamily lag_seconds{"tailrace_file_lag_seconds",
                           "Time since the same files were read to their end.",
                           MetricType::kGauge,
                           {}};
  MetricFamily lost{"tailrace_lost_bytes_total",
                    "Bytes of files that were gone before they were read.",
                    MetricType::kCounter,
                    {}};
  std::map<std::pair<std::string, std::string>, std::uint64_t> lost_bytes;
  for (const WorkerStatus& worker : status) {
    for (const auto& [pool, bytes] : worker.memory_bytes) {
      memory.samples.push_back(
          {.labels = {{"pool", pool}, {"worker", std::to_string(worker.worker)}},
           .value = static_cast<double>(bytes),
           .buckets = {}});
    }
    for (const FileLag& lag : worker.lags) {
      lag_bytes.samples.push_back(
          {.labels = {{"path", lag.path}}, .value = static_cast<double>(lag.bytes), .buckets = {}});
      lag_seconds.samples.push_back(
          {.labels = {{"path", lag.path}}, .value = lag.seconds, .buckets = {}});
    }
    for (const auto& [key, bytes] : worker.lost_bytes)
      lost_bytes[key] += bytes;
  }
  for (const auto& [key, bytes] : lost_bytes) {
    lost.samples.push_back({.labels = {{"path", key.first}, {"reason", key.second}},
                            .value = static_cast<double>(bytes),
                            .buckets = {}});
  }
  out.push_back(std::move(memory));
  out.push_back(std::move(lag_bytes));
  out.push_back(std::move(lag_seconds));
  out.push_back(std::move(lost));
}

}  // namespace

void log_status(const std::vector<WorkerStatus>& status, Log& log) {
  for (const WorkerStatus& worker : status) {
    const std::string number = std::to_string(worker.worker);
    log.info("state of a worker",
             {{"worker", number},
              {"files", std::to_string(worker.files.size())},
              {"lag_bytes", std::to_string(worker.lag_bytes)},
              {"lag_seconds", fmt::format("{:.1f}", worker.lag_seconds)},
              {"outbox_bytes", std::to_string(worker.outbox_disk_bytes)},
              {"outbox_entries", std::to_string(worker.outbox_pending_entries)},
              {"outbox_age_seconds", fmt::format("{:.1f}", worker.outbox_age_seconds)},
              {"stalled", worker.stalled ? "true" : "false"}});
    for (const std::string& trouble : worker.troubles)
      log.info("trouble of a worker", {{"worker", number}, {"trouble", trouble}});
  }
}

void append_metrics(const std::vector<WorkerStatus>& status, std::vector<MetricFamily>& out) {
  append_file_metrics(status, out);
  append_worker_metrics(status, out);
  append_input_metrics(status, out);
  append_labelled_metrics(status, out);
}

void append_worker_answers(const WorkersStatus& status, std::vector<MetricFamily>& out) {
  MetricFamily family{"tailrace_worker_answers",
                      "0 while a worker is too busy to answer for the pages, else 1.",
                      MetricType::kGauge,
                      {}};
  for (const WorkerStatus& worker : status.answered) {
    family.samples.push_back(
        {.labels = {{"worker", std::to_string(worker.worker)}}, .value = 1, .buckets = {}});
  }
  for (const std::uint32_t worker : status.silent) {
    family.samples.push_back(
        {.labels = {{"worker", std::to_string(worker)}}, .value = 0, .buckets = {}});
  }
  out.push_back(std::move(family));
}

std::string why_not_ready(const WorkersStatus& status, FilesNeeded needed) {
  if (status.answered.empty() && status.silent.empty()) return "The program is stopping.\n";
  std::string reasons;
  // One source that has trouble is no reason as long as another one works (docs/compatibility.md,
  // HTTP).
  std::string input_troubles;
  std::size_t files = 0;
  for (const std::uint32_t worker : status.silent)
    reasons += "worker " + std::to_string(worker) + " does not answer\n";
  for (const WorkerStatus& worker : status.answered) {
    files += worker.files.size();
    for (const std::string& trouble : worker.troubles)
      reasons += trouble + "\n";
    for (const InputState& input : worker.inputs) {
      if (input.status.ready) ++files;
      if (input.status.trouble.empty()) continue;
      input_troubles += "job " + input.job + ", " + input.type + ": " + input.status.trouble + "\n";
    }
  }
  // Those of a worker that does not answer are not known.
  if (files == 0 && needed == FilesNeeded::kYes && status.silent.empty()) {
    return "Unable to find any logs to tail. Please verify permissions, volumes, scrape_config, "
           "etc.\n" +
           input_troubles;
  }
  return reasons;
}

}  // namespace tailrace::daemon
