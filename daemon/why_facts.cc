// Gathers what the program knows about one file.
#include "daemon/why_facts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "daemon/ask_workers.h"

namespace tailrace::daemon {
namespace {

// The last cuts of one file that are told.
constexpr std::size_t kCutsMax = 500;

// Series of what is dropped (docs/metrics.md).
constexpr std::array<std::string_view, 6> kDropCounters{
    "logentry_dropped_lines_total",       "promtail_dropped_entries_total",
    "promtail_mutated_entries_total",     "tailrace_outbox_dropped_entries_total",
    "tailrace_outbox_lost_entries_total", "tailrace_clients_set_aside_total"};

bool is_meant(const WhyFacts& asked, const std::string& path, const std::string& label_path,
              std::uint64_t device, std::uint64_t inode) {
  if (path == asked.path || label_path == asked.path) return true;
  return asked.exists && inode == asked.inode && device == asked.device;
}

WhySource source_facts(Worker& worker, const tailer::FileTailer& file) {
  WhySource source;
  source.worker = worker.number();
  source.source = file.id();
  source.job = file.job();
  source.path = file.path();
  source.label_path = file.label_path();
  for (const LabelPair& pair : file.labels().pairs())
    source.labels[std::string(pair.name)] = pair.value;
  source.device = file.point().identity.device;
  source.inode = file.point().identity.inode;
  source.counts_lines = file.options().decompression.enabled;
  source.first = file.first_position();
  source.offset = file.position();
  source.size = file.size();
  source.lines = file.lines_read();
  source.held_from = worker.intake().held_from(file.id());
  if (file.damage()) source.damage = file.damage()->message;
  if (const ResumePoint* const point = worker.delivery().outbox().find(file.id())) {
    source.cut = point->position;
    source.earlier_runs = point->next_line > file.lines_read();
  }
  return source;
}

void add_cuts(const DeliveryHistory& history, const WhyFacts& asked, WhyFacts& facts) {
  for (const CutRecord& record : history.records()) {
    CutRecord told = record;
    std::erase_if(told.ranges, [&asked](const CutRange& range) {
      const std::string& label_path = range.label_path.empty() ? range.path : range.label_path;
      return !is_meant(asked, range.path, label_path, range.device, range.inode);
    });
    if (told.ranges.empty()) continue;
    // Whether all that was read became entries can only be seen over all files of the cut.
    std::uint64_t others = 0;
    for (const CutRange& range : record.ranges)
      others += range.lines;
    for (const CutRange& range : told.ranges)
      others -= range.lines;
    told.other_lines = others;
    facts.cuts.push_back(std::move(told));
  }
  if (facts.cuts.size() > kCutsMax) {
    facts.cuts.erase(facts.cuts.begin(), facts.cuts.end() - static_cast<std::ptrdiff_t>(kCutsMax));
  }
  facts.history_since_ns = history.since_ns();
}

void add_delivery(Worker& worker, const Clock& clock, WhyFacts& facts) {
  Delivery& delivery = worker.delivery();
  for (const positions::Outbox::LaneState& lane : delivery.outbox().lanes()) {
    facts.lanes.push_back({.client = lane.key->client,
                           .tenant = lane.key->tenant,
                           .line_bytes = lane.pending_line_bytes,
                           .oldest_ns = lane.oldest_time_ns,
                           .in_flight = lane.in_flight});
  }
  const std::int64_t wall = unix_nanoseconds(clock.wall_now());
  const SteadyTime now = clock.steady_now();
  for (const Delivery::FailedRequest& failed : delivery.failed_requests()) {
    facts.retries.push_back({.client = failed.lane.client,
                             .tenant = failed.lane.tenant,
                             .error = failed.retry.error,
                             .since_ns = wall + (failed.retry.since - now).count(),
                             .next_ns = wall + (failed.retry.next - now).count(),
                             .attempts = failed.retry.attempts});
  }
  facts.troubles = worker.troubles();
}

template <typename Item>
void append(std::vector<Item>& to, std::vector<Item>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void merge(WhyFacts& facts, WhyFacts worker) {
  append(facts.sources, worker.sources);
  append(facts.cuts, worker.cuts);
  append(facts.lanes, worker.lanes);
  append(facts.retries, worker.retries);
  append(facts.troubles, worker.troubles);
  append(facts.stalled_workers, worker.stalled_workers);
  facts.history_since_ns = std::max(facts.history_since_ns, worker.history_since_ns);
  for (const auto& [reason, bytes] : worker.lost_bytes)
    facts.lost_bytes[reason] += bytes;
}

// What /metrics says was dropped; series of nothing are left out. Its collectors stay out of it: a
// job's takes away idle series when it is read.
std::map<std::string, double> dropped_of(const Metrics& metrics) {
  std::map<std::string, double> dropped;
  const std::string text = metrics.serialize_own();
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    const bool wanted =
        std::any_of(kDropCounters.begin(), kDropCounters.end(),
                    [line](std::string_view name) { return line.starts_with(name); });
    const std::size_t space = line.rfind(' ');
    if (!wanted || space == std::string_view::npos) continue;
    double value = 0;
    std::from_chars(line.data() + space + 1, line.data() + line.size(), value);
    if (value > 0) dropped[std::string(line.substr(0, space))] = value;
  }
  return dropped;
}

}  // namespace

WhyFacts why_facts_of(Worker& worker, const Clock& clock, const WhyFacts& asked) {
  WhyFacts facts;
  worker.files().for_each([&](const tailer::FileTailer& file) {
    const FileIdentity& identity = file.point().identity;
    if (!is_meant(asked, file.path(), file.label_path(), identity.device, identity.inode)) return;
    facts.sources.push_back(source_facts(worker, file));
  });
  add_cuts(worker.delivery().history(), asked, facts);
  add_delivery(worker, clock, facts);
  if (worker.stalled()) facts.stalled_workers.push_back(worker.number());
  for (const auto& [key, bytes] : worker.files().lost()) {
    if (key.first == asked.path) facts.lost_bytes[key.second] += bytes;
  }
  return facts;
}

WhyFacts why_question(FileSystem& file_system, const Clock& clock, const std::string& path) {
  WhyFacts asked;
  asked.now_ns = unix_nanoseconds(clock.wall_now());
  asked.path = path;
  const Result<FileStat> stat = file_system.stat(path);
  if (!stat) {
    asked.open_error = stat.error().message;
    return asked;
  }
  asked.exists = true;
  asked.device = stat->device;
  asked.inode = stat->inode;
  if (stat->kind != FileKind::kRegular) return asked;
  if (const auto file = file_system.open(path, OpenMode::kRead); !file) {
    asked.open_error = file.error().message;
  }
  return asked;
}

WhyFacts gather_why_facts(const WhyWorld& world, const std::string& path,
                          std::chrono::milliseconds patience) {
  WhyFacts facts = why_question(world.file_system, world.clock, path);
  // The workers may answer after we have left: they get copies.
  auto answers = ask_each_worker<WhyFacts>(world.workers, patience,
                                           [asked = facts, &clock = world.clock](Worker& worker) {
                                             return why_facts_of(worker, clock, asked);
                                           });
  for (WhyFacts& answer : answers.answered)
    merge(facts, std::move(answer));
  facts.silent_workers = std::move(answers.silent);
  if (const auto saved = world.positions.find(path)) facts.saved_position = saved->value;
  facts.dropped = dropped_of(world.metrics);
  return facts;
}

}  // namespace tailrace::daemon
