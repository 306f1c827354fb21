// A push request under way: which of its entries are still without a result.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/backoff.h"
#include "base/clock.h"
#include "http/transport.h"
#include "shippers/reject_splitter.h"
#include "shippers/shipper.h"

namespace tailrace::shippers {

// Kept by LokiShipper from submit() until the last result.
//
// Its entries are, in wire order: those with a result, then `undecided`, then `todo` from the back.
struct OpenRequest {
  // A part that was refused before the endpoint had accepted anything: nobody knows yet whether the
  // entries are bad or the endpoint.
  struct Undecided {
    std::uint32_t entries = 0;
    std::uint64_t bytes = 0;
    http::Response answer;
  };

  OpenRequest(RequestId request_id, PushBody push_body, Backoff::Options options, Random& random)
      : id(request_id),
        body(std::move(push_body)),
        bytes(body_bytes(body)),
        backoff(options, random),
        todo{rest()} {}

  EntryRange rest() const { return {.first = body.skip_entries, .count = body.entries}; }
  std::uint32_t end() const { return body.skip_entries + body.entries; }
  // Whether the next part is the body as it came.
  bool next_is_whole() const {
    return whole_only || (body.skip_entries == 0 && todo.back().count == body.entries);
  }

  const RequestId id;
  const PushBody body;
  const std::uint64_t bytes;  // Of the whole body.
  Backoff backoff;            // Its attempts are those since the last result.

  std::vector<EntryRange> todo;  // The next part is at the back.
  std::vector<Undecided> undecided;
  std::string part_bytes;        // The body of the next part, once encoded; empty for the whole.
  std::uint64_t sent_bytes = 0;  // Of the attempt in flight.

  bool in_flight = false;
  SteadyTime due{};      // When not in flight: not before this.
  SteadyTime started{};  // Of the attempt in flight.

  bool probing = false;      // The attempt is an empty push, to learn who answers.
  bool rest_as_one = false;  // After kRefusalsMax refusals.
  bool whole_only = false;   // The body cannot be taken apart (it is damaged).
  int refusals = 0;
  std::string trouble;  // Why the last attempt failed, when somebody should look at the setup.
  std::string failure;  // The same, whatever the reason; empty: it has not failed.
  SteadyTime failing_since{};
};

}  // namespace tailrace::shippers
