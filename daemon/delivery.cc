// Sends what the outbox holds and records the answers.
#include "daemon/delivery.h"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include "base/check.h"
#include "config/secrets.h"

namespace tailrace::daemon {
namespace {

// Of a share: the rest is for what was answered and is not yet gone from the disk.
std::uint64_t live_bytes_max(std::uint64_t share_bytes) {
  return share_bytes / 16 * 13;
}

// The first `entries` of the shares, which are taken out of them.
std::vector<positions::CutShare> take_shares(std::vector<positions::CutShare>& shares,
                                             std::uint32_t entries) {
  std::vector<positions::CutShare> taken;
  auto share = shares.begin();
  for (; share != shares.end() && entries > 0; ++share) {
    const std::uint32_t part = std::min(entries, share->entries);
    taken.push_back({share->cut, part});
    entries -= part;
    share->entries -= part;
    if (share->entries > 0) break;
  }
  shares.erase(shares.begin(), share);
  return taken;
}

}  // namespace

Delivery::Delivery(World world, std::unique_ptr<positions::Outbox> outbox, Options options)
    : clock_(world.clock),
      log_(world.log),
      metrics_(world.metrics),
      positions_(world.positions),
      make_transport_(std::move(world.make_transport)),
      options_(options),
      outbox_(std::move(outbox)),
      history_(unix_nanoseconds(clock_.wall_now()), {}) {}

Delivery::~Delivery() = default;

void Delivery::apply(std::vector<ClientPlan>& clients, const std::vector<std::string>& previous) {
  const SteadyTime now = clock_.steady_now();
  const bool takes_over =
      previous.size() == 1 && clients.size() == 1 && previous.front() != clients.front().key;
  std::set<std::string> keys;  // Of the new configuration.
  std::list<Client> next;
  for (ClientPlan& plan : clients) {
    const std::string old_key = takes_over ? previous.front() : plan.key;
    const auto old =
        std::find_if(clients_.begin(), clients_.end(), [&old_key](const Client& client) {
          return client.shipper != nullptr && !client.finishing && client.plan.key == old_key;
        });
    Client client;
    if (old != clients_.end() && old->plan.config == plan.config) {
      client = std::move(*old);
      client.drain_until = SteadyTime::max();
    } else {
      if (old != clients_.end()) old->finishing = true;
      client.transport = make_transport_();
      client.metrics = std::make_unique<shippers::ClientMetrics>(metrics_, plan.host);
      client.shipper = plan.make_shipper(*client.transport, *client.metrics);
    }
    keys.insert(plan.key);
    client.plan = std::move(plan);
    next.push_back(std::move(client));
  }
  if (takes_over) {
    abandon_requests(previous.front());
    history_.rename_client(previous.front(), next.front().plan.key);
    if (Status renamed = outbox_->rename_client(previous.front(), next.front().plan.key);
        !renamed) {
      log_.error(
          "what the old client still has cannot be handed to the new one",
          {{"client", config::shown_url(previous.front())}, {"error", renamed.error().message}});
    }
  }
  for (Client& old : clients_) {
    if (old.shipper == nullptr) continue;
    if (!old.finishing && old.drain_until == SteadyTime::max()) {
      old.drain_until = now + options_.drain;
      log_.info("a client was removed; what it still has is being sent",
                {{"client", config::shown_url(old.plan.key)}});
    }
    next.push_back(std::move(old));
  }
  clients_ = std::move(next);
  fit_outbox();
  for (const std::string& key : outbox_->clients()) {
    const bool draining =
        std::any_of(clients_.begin(), clients_.end(),
                    [&key](const Client& client) { return client.plan.key == key; });
    if (!keys.contains(key) && !draining) set_aside(key);
  }
}

void Delivery::limit_shares(std::uint64_t bytes) {
  share_max_ = bytes;
  if (!clients_.empty()) fit_outbox();
}

void Delivery::fit_outbox() {
  std::uint64_t sum = 0;
  std::uint64_t least = UINT64_MAX;
  for (const Client& client : clients_) {
    if (client.finishing || client.drain_until != SteadyTime::max()) continue;
    sum += share_of(client);
    least = std::min(least, share_of(client));
  }
  outbox_->fit_into(sum, least);
}

void Delivery::abandon_requests(std::string_view key) {
  for (Client& client : clients_) {
    if (client.shipper == nullptr || client.plan.key != key) continue;
    client.shipper->abandon();
    client.open_lanes.clear();
  }
}

void Delivery::set_aside(const std::string& key) {
  abandon_requests(key);
  const Status aside = outbox_->set_client_aside(key);
  if (aside) history_.give_up(key, "client_removed", unix_nanoseconds(clock_.wall_now()));
  metrics_
      .counter("tailrace_clients_set_aside_total",
               "Clients that were removed before they had taken everything",
               {{"client", config::shown_url(key)}})
      .increment();
  log_.warn("a removed client did not take everything; the rest was set aside beside the outbox",
            {{"client", config::shown_url(key)}, {"error", aside ? "" : aside.error().message}});
}

// What the cut covers, before the outbox takes it.
void Delivery::record(const Intake::Cut& cut) {
  CutRecord record;
  record.cut = outbox_->last_cut() + 1;
  record.time_ns = unix_nanoseconds(clock_.wall_now());
  for (const ResumePoint& point : cut.changed) {
    if (point.kind != SourceKind::kFile) continue;
    const ResumePoint* const before = outbox_->find(point.source);
    const bool moved = before == nullptr || before->position != point.position ||
                       before->earliest() != point.earliest();
    if (!moved) continue;
    CutRange range;
    range.source = point.source;
    range.path = point.path;
    if (point.label_path != point.path) range.label_path = point.label_path;
    range.device = point.identity.device;
    range.inode = point.identity.inode;
    range.first = before == nullptr;
    range.end = point.position;
    range.lines = point.next_line - (before == nullptr ? 0 : before->next_line);
    // Where a new source began is not told here; FileTailer::first_position() is later than this.
    range.begin = before != nullptr ? before->position : range.lines == 0 ? point.position : 0;
    if (point.earliest() != point.position) range.held_from = point.earliest();
    record.ranges.push_back(std::move(range));
  }
  for (const shippers::SealedBatch& batch : cut.batches) {
    if (batch.entries == 0) continue;
    CutLane& lane = record.lanes.emplace_back();
    lane.client = batch.client_key;
    lane.tenant = batch.tenant;
    lane.entries = batch.entries;
  }
  history_.add(std::move(record));
}

void Delivery::cut(Intake::Cut cut) {
  record(cut);
  std::vector<positions::Fragment> fragments;
  fragments.reserve(cut.batches.size());
  for (shippers::SealedBatch& batch : cut.batches) {
    positions::Fragment fragment;
    fragment.lane = {std::move(batch.client_key), std::move(batch.tenant)};
    fragment.bytes = std::move(batch.bytes);
    fragment.entries = batch.entries;
    fragment.line_bytes = batch.line_bytes;
    fragment.first_time_ns = batch.first_time_ns;
    fragments.push_back(std::move(fragment));
  }
  outbox_->cut(std::move(fragments), std::move(cut.changed), cut.forgotten, cut.last_time_ns);
}

void Delivery::count(const std::vector<shippers::BatchCounts>& counts) {
  for (const shippers::BatchCounts& count : counts) {
    for (const Client& client : clients_) {
      if (client.plan.key == count.client_key) client.metrics->batch(count);
    }
  }
}

// Says so when the share gets half full; what is empty always fits.
bool Delivery::fits(Client& client, std::uint64_t used, std::uint64_t bytes) {
  const std::uint64_t live_max = live_bytes_max(share_of(client));
  const bool half_full = used > live_max / 2;
  if (half_full && !client.half_full) {
    log_.warn("the outbox share of a client is half full",
              {{"client", config::shown_url(client.plan.key)}});
  }
  // Once per outage, not at every request that goes.
  client.half_full = half_full || (client.half_full && used > live_max / 4);
  if (used != 0 && used + bytes > live_max) return false;
  client.full = false;
  return true;
}

bool Delivery::make_room(std::uint64_t bytes) {
  bool room = make_room_in_memory(bytes);
  for (Client& client : clients_) {
    if (client.finishing || client.drain_until != SteadyTime::max()) continue;
    room = make_room(client, bytes) && room;
  }
  return room;
}

bool Delivery::make_room(Client& client, std::uint64_t bytes) {
  const std::uint64_t used = outbox_->client_bytes(client.plan.key);
  if (fits(client, used, bytes)) return true;
  if (client.plan.when_full == config::ClientConfig::WhenFull::kDropOldest) {
    drop_oldest(client, used + bytes - live_bytes_max(share_of(client)));
    return true;  // What is in flight is never dropped; it may exceed the share for a moment.
  }
  if (!std::exchange(client.full, true)) {
    log_.warn("the outbox share of a client is full; reading stops until it takes more",
              {{"client", config::shown_url(client.plan.key)}});
  }
  return false;
}

double Delivery::fill() const {
  double fullest = 0;
  for (const Client& client : clients_) {
    if (client.finishing || client.drain_until != SteadyTime::max()) continue;
    const auto live_max = static_cast<double>(live_bytes_max(share_of(client)));
    fullest =
        std::max(fullest, static_cast<double>(outbox_->client_bytes(client.plan.key)) / live_max);
  }
  return std::min(fullest, 1.0);
}

// While the disk refuses, what is cut stays in memory, and a share is far too much for it.
bool Delivery::make_room_in_memory(std::uint64_t bytes) {
  if (!outbox_->disk_error()) {
    memory_full_ = false;
    return true;
  }
  const auto excess = [&]() -> std::uint64_t {
    const std::uint64_t used = outbox_->everything_done() ? 0 : outbox_->memory_bytes();
    return used == 0 || used + bytes <= options_.memory_bytes
               ? 0
               : used + bytes - options_.memory_bytes;
  };
  for (const Client& client : clients_) {
    if (excess() == 0) break;
    if (client.plan.when_full != config::ClientConfig::WhenFull::kDropOldest) continue;
    drop_oldest(client, excess());
  }
  const bool full = excess() > 0;
  if (full && !memory_full_) {
    log_.warn("the disk refuses and the memory for what is not sent is used up; reading stops");
  }
  memory_full_ = full;
  return !full;
}

void Delivery::drop_oldest(const Client& client, std::uint64_t bytes) {
  std::uint64_t entries = 0;
  for (const positions::Outcome& outcome : outbox_->drop_oldest(client.plan.key, bytes)) {
    entries += outcome.entries;
    history_.answered(outbox_->lane_key(outcome.lane), outcome.shares,
                      {.accepted = false, .reason = outcome.reason, .words = {}},
                      unix_nanoseconds(clock_.wall_now()));
  }
  if (entries == 0) return;
  metrics_
      .counter("tailrace_outbox_dropped_entries_total",
               "Entries dropped because the outbox share of a client was full",
               {{"client", config::shown_url(client.plan.key)}})
      .add(static_cast<double>(entries));
  log_.warn("the outbox share is full; the oldest entries were dropped",
            {{"client", config::shown_url(client.plan.key)}});
}

bool Delivery::can_send(std::string_view client_key, std::string_view tenant) const {
  bool has_place = false;
  for (const Client& client : clients_) {
    if (client.plan.key != client_key) continue;
    const auto& lanes = client.open_lanes;
    if (std::any_of(lanes.begin(), lanes.end(),
                    [tenant](const auto& lane) { return lane.second.tenant == tenant; })) {
      return false;
    }
    has_place = has_place || (!client.finishing && client.shipper->has_place());
  }
  return has_place;
}

void Delivery::run(Haste haste) {
  const SteadyTime now = clock_.steady_now();
  for (Client& client : clients_)
    take_results(client, now);
  for (Client& client : clients_)
    start_requests(client, haste);
  drop_drained(now);
  move_positions();
}

void Delivery::take_results(Client& client, SteadyTime now) {
  for (const shippers::PushResult& result : client.shipper->take_results(now)) {
    positions::Outcome outcome;
    outcome.lane = static_cast<positions::LaneId>(result.request);
    outcome.entries = result.entries;
    outcome.accepted = result.accepted;
    outcome.reason = result.reason;
    outbox_->record_outcome(outcome);
    const auto open = client.open_lanes.find(outcome.lane);
    TAILRACE_CHECK(open != client.open_lanes.end() && open->second.entries >= outcome.entries);
    open->second.entries -= outcome.entries;
    history_.answered({client.plan.key, open->second.tenant},
                      take_shares(open->second.shares, outcome.entries),
                      {.accepted = result.accepted,
                       .reason = result.reason,
                       .status = result.status,
                       .words = result.answer},
                      unix_nanoseconds(clock_.wall_now()));
    if (open->second.entries == 0) client.open_lanes.erase(open);
  }
  if (client.finishing) give_back_waiting(client);
}

void Delivery::give_back_waiting(Client& client) {
  for (const shippers::RequestId id : client.shipper->abandon_waiting()) {
    outbox_->return_request(static_cast<positions::LaneId>(id));
    client.open_lanes.erase(static_cast<positions::LaneId>(id));
  }
}

bool Delivery::lane_is_due(const Client& client, const positions::Outbox::LaneState& lane,
                           Haste haste) const {
  if (lane.in_flight) return false;
  if (haste == Haste::kNow || lane.recovered || client.drain_until != SteadyTime::max()) {
    return true;
  }
  if (lane.pending_line_bytes >= client.plan.batch.batch_bytes) return true;
  return lane.oldest_time_ns + client.plan.batch.batch_wait.count() <=
         unix_nanoseconds(clock_.wall_now());
}

void Delivery::start_requests(Client& client, Haste haste) {
  // Copied: taking a request changes the table. Tenants take turns in who goes first.
  if (client.finishing) return;
  std::vector<std::pair<positions::LaneId, std::string>> due;  // With the tenant.
  for (const positions::Outbox::LaneState& lane : outbox_->lanes()) {
    if (lane.key->client == client.plan.key && lane_is_due(client, lane, haste)) {
      due.emplace_back(lane.lane, lane.key->tenant);
    }
  }
  if (due.empty()) return;
  const std::size_t first = next_lane_++ % due.size();
  for (std::size_t i = 0; i < due.size() && client.shipper->has_place(); ++i) {
    const auto& [lane, tenant] = due[(first + i) % due.size()];
    Result<positions::PendingRequest> request =
        outbox_->take_request(lane, client.plan.batch.batch_bytes);
    if (!request) {
      log_.error(
          "a request could not be read back from the outbox",
          {{"client", config::shown_url(client.plan.key)}, {"error", request.error().message}});
      continue;
    }
    shippers::PushBody body;
    body.tenant = tenant;
    body.header = std::move(request->header);
    body.elements = std::move(request->elements);
    body.skip_entries = request->skip_entries;
    body.entries = request->entries;
    client.open_lanes[lane] = {
        .tenant = tenant, .entries = body.entries, .shares = std::move(request->shares)};
    client.shipper->submit(lane, std::move(body));
  }
}

void Delivery::accept_input(const positions::Outbox::AcceptedPosition& accepted) {
  if (accepted.finished) {
    positions_.erase(accepted.path);
  } else if (!accepted.cursor.empty()) {
    positions_.accept(accepted.path, accepted.cursor);
  }
  ResumePoint& point = accepted_inputs_.emplace_back();
  point.source = accepted.source;
  point.kind = accepted.kind;
  point.job = accepted.job;
  point.path = accepted.path;
  point.position = accepted.position;
  point.finished = accepted.finished;
  point.cursor = accepted.cursor;
  point.cursor_details = accepted.cursor_details;
  for (const SourcePosition begin : accepted.held)
    point.held.emplace_back().begin = begin;
}

void Delivery::move_positions() {
  for (const positions::Outbox::AcceptedPosition& accepted : outbox_->take_accepted()) {
    if (accepted.kind != SourceKind::kFile) {
      accept_input(accepted);
      continue;
    }
    // A file has one key at a time: it leaves its old one when it was renamed, and its last one
    // when it is finished, unless a successor has taken that over.
    const auto known = paths_.find(accepted.source);
    if (known != paths_.end() && (*known->second != accepted.path || accepted.finished)) {
      positions_.erase(*known->second);
      owners_.erase(owners_.find(*known->second));
      paths_.erase(known);
    }
    if (accepted.finished || accepted.path.empty()) continue;
    const auto [owner, added] = owners_.try_emplace(accepted.path, accepted.source);
    if (!added && owner->second != accepted.source) paths_.erase(owner->second);
    owner->second = accepted.source;
    paths_[accepted.source] = &owner->first;
    positions_.accept(accepted.path, std::to_string(accepted.position));
  }
}

void Delivery::drop_drained(SteadyTime now) {
  std::erase_if(clients_, [&](Client& client) {
    if (client.finishing) return client.open_lanes.empty();
    if (client.drain_until == SteadyTime::max()) return false;
    const bool empty = outbox_->client_bytes(client.plan.key) == 0;
    if (!empty && now < client.drain_until) return false;
    abandon_requests(client.plan.key);
    if (!empty) set_aside(client.plan.key);
    return true;
  });
}

SteadyTime Delivery::next_deadline() const {
  SteadyTime deadline = SteadyTime::max();
  const std::int64_t wall = unix_nanoseconds(clock_.wall_now());
  const SteadyTime now = clock_.steady_now();
  for (const Client& client : clients_) {
    deadline = std::min({deadline, client.shipper->next_deadline(),
                         client.transport->next_deadline(), client.drain_until});
    if (client.finishing || !client.shipper->has_place()) continue;
    for (const positions::Outbox::LaneState& lane : outbox_->lanes()) {
      if (lane.in_flight || lane.key->client != client.plan.key) continue;
      const std::int64_t wait = lane.oldest_time_ns + client.plan.batch.batch_wait.count() - wall;
      deadline =
          std::min(deadline, now + std::chrono::nanoseconds(std::max<std::int64_t>(wait, 0)));
    }
  }
  return deadline;
}

void Delivery::stop() {
  for (Client& client : clients_)
    client.shipper->abandon();
}

std::vector<Delivery::FailedRequest> Delivery::failed_requests() const {
  std::vector<FailedRequest> failed;
  for (const Client& client : clients_) {
    for (shippers::Retry& retry : client.shipper->retries()) {
      const auto lane = static_cast<positions::LaneId>(retry.request);
      failed.push_back({outbox_->lane_key(lane), std::move(retry)});
    }
  }
  return failed;
}

std::vector<std::string> Delivery::troubles() const {
  std::vector<std::string> troubles;
  for (const Client& client : clients_) {
    const std::string trouble = client.shipper->trouble();
    if (!trouble.empty())
      troubles.push_back("client " + config::shown_url(client.plan.key) + ": " + trouble);
    if (client.full) {
      troubles.push_back("client " + config::shown_url(client.plan.key) +
                         ": its share of the outbox is full");
    }
  }
  if (memory_full_) troubles.emplace_back("outbox: the memory for what the disk refuses is full");
  if (outbox_->disk_error()) {
    troubles.push_back("outbox: " + outbox_->disk_error()->message);
  }
  return troubles;
}

}  // namespace tailrace::daemon
