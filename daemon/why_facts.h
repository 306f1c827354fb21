// What the running program knows about one file, for `tailrace why`.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/metrics.h"
#include "base/result.h"
#include "daemon/delivery_history.h"
#include "daemon/worker.h"
#include "positions/positions.h"

namespace tailrace::daemon {

// A source that is the file now, or has its name.
struct WhySource {
  std::uint32_t worker = 0;
  SourceId source = 0;
  std::string job;
  std::string path;
  std::string label_path;
  std::map<std::string, std::string> labels;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool counts_lines = false;  // All positions below are lines, not bytes.
  std::uint64_t first = 0;    // Where reading began in this run.
  // Lines were read in earlier runs, whose outbox told where to go on.
  bool earlier_runs = false;
  std::uint64_t offset = 0;  // Read up to here, ...
  std::uint64_t cut = 0;     // ... durable up to here.
  std::uint64_t size = 0;    // As last seen.
  std::uint64_t lines = 0;   // Read in this run.
  std::optional<std::uint64_t> held_from;
  std::string damage;
};

// A queue to one client and tenant with entries that are in no request.
struct WhyLane {
  std::string client;
  std::string tenant;
  std::uint64_t line_bytes = 0;
  std::int64_t oldest_ns = 0;
  bool in_flight = false;  // A request before it is on its way or waits for its next attempt.
};

// A request that failed and will go again.
struct WhyRetry {
  std::string client;
  std::string tenant;
  std::string error;
  std::int64_t since_ns = 0;
  std::int64_t next_ns = 0;
  std::uint64_t attempts = 0;
};

struct WhyFacts {
  std::int64_t now_ns = 0;
  std::string path;
  std::string config_yaml;  // What runs, without secrets.
  // The file as the program sees it.
  bool exists = false;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::string open_error;  // Why it cannot be opened; empty: it can.
  std::vector<WhySource> sources;
  std::optional<std::string> saved_position;
  std::vector<CutRecord> cuts;        // That cover lines of it, of all workers.
  std::int64_t history_since_ns = 0;  // Earlier cuts are not known.
  std::vector<WhyLane> lanes;
  std::vector<WhyRetry> retries;
  std::vector<std::string> troubles;
  std::vector<std::uint32_t> stalled_workers;       // Reading waits for room in the outbox.
  std::vector<std::uint32_t> silent_workers;        // Too busy to answer in time.
  std::map<std::string, std::uint64_t> lost_bytes;  // Of this path, by reason.
  // What was dropped since the start: series of /metrics with their values.
  std::map<std::string, double> dropped;
};

// Of one worker, on its own thread.
WhyFacts why_facts_of(Worker& worker, const Clock& clock, const WhyFacts& asked);

// The parts that need no worker: the file, and what was asked.
WhyFacts why_question(FileSystem& file_system, const Clock& clock, const std::string& path);

// Asks every worker, at most `patience` for all. Any thread but a worker's.
struct WhyWorld {
  std::span<const std::unique_ptr<Worker>> workers;
  FileSystem& file_system;
  const Clock& clock;
  const Metrics& metrics;
  const positions::Positions& positions;
};
WhyFacts gather_why_facts(const WhyWorld& world, const std::string& path,
                          std::chrono::milliseconds patience);

std::string why_facts_json(const WhyFacts& facts);
// Errors: kInvalid for what is not of this form; unknown keys are ignored.
Result<WhyFacts> parse_why_facts(std::string_view json);

}  // namespace tailrace::daemon
