// What the program knows about itself.
#include "daemon/status.h"

#include <future>
#include <map>
#include <memory>
#include <utility>

namespace tailrace::daemon {

WorkerStatus status_of(Worker& worker) {
  WorkerStatus status;
  status.worker = worker.number();
  worker.files().for_each([&status](const tailer::FileTailer& file) {
    FileStatus one;
    one.job = file.job();
    one.path = file.path();
    one.size_bytes = file.size();
    one.offset = file.position();
    one.lines = file.lines_read();
    status.files.push_back(std::move(one));
  });
  status.troubles = worker.troubles();
  status.open_bytes = worker.intake().open_bytes();
  status.outbox_memory_bytes = worker.delivery().outbox().memory_bytes();
  status.outbox_disk_bytes = worker.delivery().outbox().disk_bytes();
  return status;
}

std::vector<WorkerStatus> ask_workers(std::span<const std::unique_ptr<Worker>> workers,
                                      std::chrono::milliseconds patience) {
  std::vector<std::future<WorkerStatus>> answers;
  for (const std::unique_ptr<Worker>& worker : workers) {
    // Shared with the task: whoever comes last, asker or worker, lets it go.
    auto promise = std::make_shared<std::promise<WorkerStatus>>();
    answers.push_back(promise->get_future());
    worker->post(WorkerTask([promise](Worker& self) { promise->set_value(status_of(self)); }));
  }
  std::vector<WorkerStatus> result;
  for (std::future<WorkerStatus>& answer : answers) {
    if (answer.wait_for(patience) == std::future_status::ready) result.push_back(answer.get());
  }
  return result;
}

void append_metrics(const std::vector<WorkerStatus>& status, std::vector<MetricFamily>& out) {
  // Names, types and meanings of the first four: docs/compatibility.md, metrics.
  MetricFamily read{"promtail_read_bytes_total", "Number of bytes read.", MetricType::kGauge, {}};
  MetricFamily size{"promtail_file_bytes_total", "Number of bytes total.", MetricType::kGauge, {}};
  MetricFamily lines{
      "promtail_read_lines_total", "Number of lines read.", MetricType::kCounter, {}};
  MetricFamily active{
      "promtail_files_active_total", "Number of active files.", MetricType::kGauge, {}};
  MetricFamily memory{
      "tailrace_memory_bytes", "Bytes in each pool of memory.", MetricType::kGauge, {}};
  MetricFamily outbox{
      "tailrace_outbox_bytes", "Bytes of the outbox on disk.", MetricType::kGauge, {}};
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
    const std::string number = std::to_string(worker.worker);
    memory.samples.push_back({.labels = {{"pool", "open batches"}, {"worker", number}},
                              .value = static_cast<double>(worker.open_bytes),
                              .buckets = {}});
    memory.samples.push_back({.labels = {{"pool", "outbox"}, {"worker", number}},
                              .value = static_cast<double>(worker.outbox_memory_bytes),
                              .buckets = {}});
    outbox.samples.push_back({.labels = {{"worker", number}},
                              .value = static_cast<double>(worker.outbox_disk_bytes),
                              .buckets = {}});
  }
  for (const auto& [path, sum] : by_path) {
    read.samples.push_back({.labels = {{"path", path}}, .value = sum.read, .buckets = {}});
    size.samples.push_back({.labels = {{"path", path}}, .value = sum.size, .buckets = {}});
    lines.samples.push_back({.labels = {{"path", path}}, .value = sum.lines, .buckets = {}});
  }
  active.samples.push_back({.labels = {}, .value = files, .buckets = {}});
  for (MetricFamily* family : {&read, &size, &lines, &active, &memory, &outbox}) {
    out.push_back(std::move(*family));
  }
}

}  // namespace tailrace::daemon
