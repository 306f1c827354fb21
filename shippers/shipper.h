// Where requests go: Loki, or a terminal in a dry run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace tailrace::shippers {

// Names a request; chosen by the worker (the outbox lane), unique while it is open.
using RequestId = std::uint64_t;

// One PushRequest on its way. Views live until its last result.
struct PushBody {
  std::string tenant;
  std::string header;                      // Varint of the joined raw length.
  std::vector<std::string_view> elements;  // Snappy elements, one behind the other.
  std::uint32_t skip_entries = 0;          // Leading entries not to be sent again.
  std::uint32_t entries = 0;               // Entries to be answered (without the skipped ones).
};

// What became of the next `entries` of a request, in wire order. A request is over when its results
// add up to all of its entries.
struct PushResult {
  RequestId request = 0;
  std::uint32_t entries = 0;
  bool accepted = true;
  std::string reason;  // ingester_error, rate_limited ... when not accepted.
  // When not accepted: the last answer's status, 0 for none, and its words.
  int status = 0;
  std::string answer = {};
};

// A request that failed and will go again.
struct Retry {
  RequestId request = 0;
  std::string error;   // Of the last attempt.
  SteadyTime since{};  // The first attempt since the last result.
  SteadyTime next{};   // Not before.
  std::uint64_t attempts = 0;
};

// Delivers requests to one client, with retries, until each entry is accepted or finally refused.
//
// Threading: confined to one worker.
class Shipper {
 public:
  virtual ~Shipper() = default;
  Shipper(const Shipper&) = delete;
  Shipper& operator=(const Shipper&) = delete;

  // Whether another request may be submitted now (at most 16 in flight per client and worker; those
  // in back-off hold no place).
  virtual bool has_place() const = 0;
  virtual void submit(RequestId id, PushBody body) = 0;
  // Results since the last call. Starts what is due (retries).
  virtual std::vector<PushResult> take_results(SteadyTime now) = 0;
  // The next time take_results() has something to start; SteadyTime::max(): none.
  virtual SteadyTime next_deadline() const = 0;
  // Gives up the requests that are not on their way (in back-off, waiting for a place) and returns
  // them; each is whole or partly answered. Those on their way get their answer first: then call
  // again. For a client whose configuration changed.
  virtual std::vector<RequestId> abandon_waiting() = 0;
  // Gives up all open requests without a result (shutdown, removal of the client).
  virtual void abandon() = 0;
  // Empty while delivery works; otherwise one sentence why /ready is false ("loki: HTTP 401 ...").
  virtual std::string trouble() const = 0;
  // The open requests whose last attempt failed.
  virtual std::vector<Retry> retries() const { return {}; }

 protected:
  Shipper() = default;
};

}  // namespace tailrace::shippers
