// What a worker is to do: pipelines and clients, built completely before it is told.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "config/client_config.h"
#include "config/scrape_config.h"
#include "daemon/input_runner.h"
#include "daemon/line_rate.h"
#include "http/transport.h"
#include "model/resume_point.h"
#include "pipeline/pipeline.h"
#include "shippers/batcher.h"
#include "shippers/client_metrics.h"
#include "shippers/shipper.h"
#include "tailer/file_commands.h"

namespace tailrace::daemon {

// A job on one worker. A null pipeline means: unchanged, keep the one you have.
struct JobPlan {
  std::string name;
  std::unique_ptr<pipeline::Pipeline> pipeline;
};

// A client on one worker. Clients are equal, and keep connection and requests in flight, when
// `config` is equal; then make_shipper is not called.
struct ClientPlan {
  std::string key;
  config::ClientConfig config;
  shippers::BatchOptions batch;
  std::uint64_t share_bytes = 0;  // Of the outbox, for this worker.
  config::ClientConfig::WhenFull when_full = config::ClientConfig::WhenFull::kBlock;
  std::string host;  // Of the URL; the label `host` of the client's metrics.
  std::function<std::unique_ptr<shippers::Shipper>(http::Transport&, shippers::ClientMetrics&)>
      make_shipper;
};

// Ownership: given to the worker by mailbox; the old plan's parts die when they are replaced.
struct WorkerPlan {
  std::vector<JobPlan> jobs;
  std::vector<ClientPlan> clients;
  // Keys of the clients before this plan, also those of an earlier run.
  std::vector<std::string> previous_clients;
  std::chrono::nanoseconds sync_period = std::chrono::seconds(10);
  // Of the outbox, for each client on this worker, whatever share_bytes say.
  std::uint64_t share_max = std::numeric_limits<std::uint64_t>::max();
  // At the start: what other outboxes left that could not be moved here, and sources whose line a
  // person took out of positions.yaml, so that they start anew.
  std::vector<ResumePoint> recovered;
  std::vector<SourceId> discarded;
  // Given together with the plan, so that no file is read between the two.
  std::vector<tailer::FileCommand> files;
  std::vector<InputCommand> inputs;  // Likewise.
  // For the times: nanoseconds modulo this are the worker's number.
  std::uint32_t worker_count = 1;
  // Null: no limit. Shared: all workers take from one bucket.
  SharedLineRate line_rate;
};

}  // namespace tailrace::daemon
