// Open batches: entries in wire form per client, tenant and stream, until a cut seals them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "model/entry.h"
#include "model/label_set.h"

namespace tailrace::shippers {

// What a batcher needs to know of one client (made from config::ClientConfig by the topology).
struct BatchOptions {
  std::string client_key;
  std::uint64_t batch_bytes = 1U << 20U;  // Promtail's batchsize: line and metadata bytes.
  std::chrono::nanoseconds batch_wait = std::chrono::seconds(1);
  std::string tenant;                                                // tenant_id of the client.
  std::vector<std::pair<std::string, std::string>> external_labels;  // An entry's own win.
  std::uint64_t line_bytes_max = 0;  // limits_config.max_line_size; 0: none.
  bool truncate_lines = false;
  std::uint32_t streams_max = 0;  // limits_config.max_streams; 0: none.
  friend bool operator==(const BatchOptions&, const BatchOptions&) = default;
};

// The sealed bytes of one (client, tenant): one PushRequest in snappy block format.
struct SealedBatch {
  std::string client_key;
  std::string tenant;
  std::string bytes;
  std::uint32_t entries = 0;
  std::uint64_t line_bytes = 0;
  std::int64_t first_time_ns = 0;  // Wall time of its first append.
};

// Counts since the last take_counts(), per client and tenant (docs/metrics.md).
struct BatchCounts {
  std::string client_key;
  std::string tenant;
  std::string reason;  // line_too_long, stream_limited.
  std::uint64_t dropped_entries = 0;
  std::uint64_t dropped_bytes = 0;
  std::uint64_t mutated_entries = 0;
  std::uint64_t mutated_bytes = 0;
};

// Appends each entry to the open batch of every client. The only copy of a line's text on its way
// from the read buffer to the wire happens here.
//
// Ownership: borrows the LabelSetTable of its worker; label sets of open batches are valid because
//   sweeps happen right after seal() only.
// Threading: confined to one worker.
// Memory: open_bytes() stays below `pool_bytes`, and of one (client, tenant) below a quarter of it,
//   as long as room_for() is asked first. Buffers begin at 1 KiB, double, and are reused; at most
//   `pool_bytes` of them are kept while unused. append() allocates only for a stream, tenant or
//   buffer size that was not seen lately.
class Batcher {
 public:
  Batcher(std::vector<BatchOptions> clients, std::uint64_t pool_bytes);
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // Whether an entry of `line_bytes` (text, metadata and labels) fits every open batch, the pool
  // and each client's batch size; when not, cut first. Always true when nothing is open, so that a
  // line beyond all limits goes alone.
  bool room_for(std::uint64_t line_bytes) const;

  // Appends to all clients. `labels` is the final set, __tenant_id__ included: it chooses the
  // tenant and is not sent. `now_ns`: wall time, for the age of the batch.
  void append(const LabelSet& labels, const Entry& entry, std::int64_t now_ns);

  bool empty() const;
  // Whether `wanted` says yes to the (client key, tenant) of some open batch.
  bool any_open(const std::function<bool(std::string_view, std::string_view)>& wanted) const;
  // Wire bytes of all open batches, with what their streams cost.
  std::uint64_t open_bytes() const;
  // Some batch has reached its client's batch size or a quarter of the pool.
  bool full() const;
  // When the oldest open batch reaches its client's batch_wait (wall time); INT64_MAX: none is
  // open.
  std::int64_t due_ns() const;

  // Seals every open batch; the batcher is empty afterwards. Clients are in their order, streams in
  // the order of their first entry, entries in the order of append().
  std::vector<SealedBatch> seal();

  // What was dropped or truncated since the last call; series without a count are left out.
  std::vector<BatchCounts> take_counts();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tailrace::shippers
