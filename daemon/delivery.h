// From a cut to Loki and back: outbox, requests, outcomes, positions. The outer half of a worker.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "daemon/delivery_history.h"
#include "daemon/intake.h"
#include "daemon/worker_plan.h"
#include "http/transport.h"
#include "positions/outbox.h"
#include "positions/positions.h"
#include "shippers/shipper.h"

namespace tailrace::daemon {

// Sends what the outbox holds, in order per lane, and records the answers.
//
// Ownership: owns outbox and shippers. Borrows the rest, which outlives it.
// Threading: confined to one worker.
class Delivery {
 public:
  struct Options {
    // While draining a removed client's lanes go on being sent for this long, then they are set
    // aside.
    std::chrono::nanoseconds drain = std::chrono::seconds(10);
    // Of fragments that the disk refuses; beyond it reading stops.
    std::uint64_t memory_bytes = 4U << 20U;
  };

  // Every client has a transport of its own.
  using MakeTransport = std::function<std::unique_ptr<http::Transport>()>;

  // What a delivery works with. All but the outbox outlives it.
  struct World {
    const Clock& clock;
    Log& log;
    Metrics& metrics;
    positions::Positions& positions;
    MakeTransport make_transport;
  };

  Delivery(World world, std::unique_ptr<positions::Outbox> outbox, Options options);
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  // New, changed and removed clients. An equal one keeps its shipper; a changed one gets a new
  // shipper and its unanswered requests go again; a removed one drains. If exactly one client was
  // configured (`previous`) and exactly one is now, it takes over what the other has; what an
  // earlier run left for a client that is gone is set aside.
  void apply(std::vector<ClientPlan>& clients, const std::vector<std::string>& previous);

  // Makes a cut durable.
  void cut(Intake::Cut cut);
  void count(const std::vector<shippers::BatchCounts>& counts);

  // No client's share is greater than this, whatever the configuration says: what the disk has, or
  // what the memory bears where the outbox lies there.
  void limit_shares(std::uint64_t bytes);

  // Whether every client has room for `bytes` more; makes room where the configuration says
  // drop_oldest. False: reading must wait.
  bool make_room(std::uint64_t bytes);

  // A request of this client and tenant could start now: no age cut needs to wait for it.
  bool can_send(std::string_view client_key, std::string_view tenant) const;

  enum class Haste {
    kBatch,  // A lane goes when it has a batch, or its first line is batchwait old.
    kNow,    // Everything goes at once (exit, end of stdin).
  };
  // Takes answers, starts requests, moves positions.
  void run(Haste haste);

  // Resume points of inputs (not files) whose cut, and every one before it, is done; without lines.
  std::vector<ResumePoint> take_accepted_inputs() { return std::exchange(accepted_inputs_, {}); }

  // The next time run() has something to do without an event.
  SteadyTime next_deadline() const;
  bool everything_done() const { return outbox_->everything_done(); }
  // Entries in the outbox that nobody has answered for.
  std::uint64_t pending_entries() const { return outbox_->pending_entries(); }
  // How full the fullest share of a client is: near 1 reading stops, or the oldest are dropped.
  double fill() const;
  // Unanswered requests go back into the outbox; nothing is sent any more.
  void stop();

  positions::Outbox& outbox() { return *outbox_; }
  const positions::Outbox& outbox() const { return *outbox_; }
  // Why /ready is false; empty: nothing is wrong.
  std::vector<std::string> troubles() const;

  const DeliveryHistory& history() const { return history_; }
  // A request that failed and will go again.
  struct FailedRequest {
    positions::LaneKey lane;
    shippers::Retry retry;
  };
  std::vector<FailedRequest> failed_requests() const;

 private:
  // A lane with a request on its way.
  struct OpenLane {
    std::string tenant;
    std::uint32_t entries = 0;                // Without result.
    std::vector<positions::CutShare> shares;  // Whose entries they are, without result, too.
  };
  struct Client {
    ClientPlan plan;
    std::unique_ptr<http::Transport> transport;
    std::unique_ptr<shippers::ClientMetrics> metrics;
    std::unique_ptr<shippers::Shipper> shipper;        // Null: replaced, about to go.
    std::map<positions::LaneId, OpenLane> open_lanes;  // Those of its requests.
    SteadyTime drain_until = SteadyTime::max();        // Set: removed from the configuration.
    // Replaced by a client with another configuration: it only waits for the answers to what is on
    // its way, so that nothing is sent twice.
    bool finishing = false;
    bool full = false;
    bool half_full = false;
  };

  bool make_room(Client& client, std::uint64_t bytes);
  bool make_room_in_memory(std::uint64_t bytes);
  void drop_oldest(const Client& client, std::uint64_t bytes);
  std::uint64_t share_of(const Client& client) const {
    return std::min(client.plan.share_bytes, share_max_);
  }
  void record(const Intake::Cut& cut);
  void fit_outbox();
  void set_aside(const std::string& key);
  // Nobody waits for answers about this client's lanes any more: their fragments are about to move.
  void abandon_requests(std::string_view key);
  bool fits(Client& client, std::uint64_t used, std::uint64_t bytes);
  void take_results(Client& client, SteadyTime now);
  void start_requests(Client& client, Haste haste);
  void give_back_waiting(Client& client);
  bool lane_is_due(const Client& client, const positions::Outbox::LaneState& lane,
                   Haste haste) const;
  void accept_input(const positions::Outbox::AcceptedPosition& accepted);
  void move_positions();
  void drop_drained(SteadyTime now);

  const Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  positions::Positions& positions_;
  const MakeTransport make_transport_;
  const Options options_;
  std::unique_ptr<positions::Outbox> outbox_;
  DeliveryHistory history_;
  std::list<Client> clients_;  // A list: a shipper must not outlive its transport in a move.
  std::size_t next_lane_ = 0;  // Tenants in turn.
  std::uint64_t share_max_ = std::numeric_limits<std::uint64_t>::max();
  bool memory_full_ = false;  // The disk refuses and memory is used up.
  // Whose each path of positions.yaml is, and the path of each owner: a key of the other map.
  std::unordered_map<std::string, SourceId> owners_;
  std::unordered_map<SourceId, const std::string*> paths_;
  std::vector<ResumePoint> accepted_inputs_;
};

}  // namespace tailrace::daemon
