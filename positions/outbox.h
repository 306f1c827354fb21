// Cuts on disk: what was read and is not yet answered, with the resume points that belong to it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/result.h"
#include "model/resume_point.h"

namespace tailrace::positions {

// A lane is the queue of one (client, tenant): fragments leave it in order.
struct LaneKey {
  std::string client;  // The client's key (house 6: name, else URL, user, tenant, numbered).
  std::string tenant;
  friend auto operator<=>(const LaneKey&, const LaneKey&) = default;
};
using LaneId = std::uint32_t;  // Dense, for the life of an Outbox.

// The sealed bytes of one lane in one cut: a PushRequest in snappy block format.
struct Fragment {
  LaneKey lane;
  std::string bytes;  // Snappy block: varint of the raw length, then elements.
  std::uint32_t entries = 0;
  std::uint64_t line_bytes = 0;    // Promtail's batch size: lines and structured metadata.
  std::int64_t first_time_ns = 0;  // Wall time at which its first line was appended.
};

struct CutShare {
  std::uint64_t cut = 0;  // 0: of an earlier run.
  std::uint32_t entries = 0;
};

// What a request is made of. Views stay valid until record_outcome() covers all of it.
struct PendingRequest {
  LaneId lane = 0;
  std::uint64_t first_fragment = 0;  // Sequence number within the lane.
  std::uint32_t fragments = 0;
  std::uint32_t skip_entries = 0;  // Of the first fragment: already answered before a restart.
  std::uint32_t entries = 0;       // To be answered: without the skipped ones.
  std::uint64_t line_bytes = 0;
  std::string header;                      // The varint of the joined raw length.
  std::vector<std::string_view> elements;  // The fragments' snappy elements.
  std::vector<CutShare> shares;            // Whose entries they are, in wire order.
};

// What became of the next `entries` entries of a lane, counted in wire order.
struct Outcome {
  LaneId lane = 0;
  std::uint32_t entries = 0;
  bool accepted = true;
  std::string reason;                 // When not accepted: ingester_error, rate_limited, ...
  std::vector<CutShare> shares = {};  // Of drop_oldest() only.
};

// The durable queue of one worker (house.md 6). Before cut() nothing has happened; after it the
// fragments are ours to deliver, once, and reading goes on behind its resume points.
//
// Ownership: borrows file system, clock and log, which outlive it.
// Threading: confined to one worker; sync() is called by the disk thread (locks inside).
// Errors: when the disk refuses, the outbox goes on in memory (disk_error() says why) until a
//   later write succeeds; nothing is dropped.
class Outbox {
 public:
  struct Options {
    std::string directory;  // Of this worker. Empty: in memory only (dry-run).
    std::uint64_t segment_bytes = 16U << 20U;
    std::uint64_t memory_bytes = 4U << 20U;  // Fragments kept in memory; the rest is read back.
    std::uint64_t lane_share_bytes = 256U << 20U;  // Per client, on disk.
    std::uint64_t disk_bytes = UINT64_MAX;         // Beyond it, what is answered leaves at once.
    bool sync_every_cut = false;
  };

  // What a restart finds.
  struct Recovered {
    std::vector<ResumePoint> resume_points;
    std::uint64_t run = 0;  // The run that wrote last; this one is greater.
    std::uint64_t damaged_records = 0;
    std::int64_t last_time_ns = 0;  // No entry was stamped later than this.
  };

  // Reads what is there and takes the directory's lock. A disk that cannot be written to is no
  // failure (disk_error() tells). Fails with EWOULDBLOCK when another process has the lock, with
  // kInvalid on segments of an unknown version, and when what is there cannot be read.
  static Result<std::unique_ptr<Outbox>> open(FileSystem& file_system, const Clock& clock, Log& log,
                                              Options options);
  // For a dry run: what a directory holds, without lock or change.
  static Result<Recovered> look(FileSystem& file_system, Log& log, const std::string& directory);
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  const Recovered& recovered() const;

  // The cut: fragments and the resume points that changed (whole, replacing what is known of their
  // sources) in one record. `forgotten` sources are removed. Fragments with no entries are ignored.
  // `last_time_ns`: no line stamped so far is later.
  void cut(std::vector<Fragment> fragments, std::vector<ResumePoint> changed,
           std::span<const SourceId> forgotten, std::int64_t last_time_ns);

  std::uint64_t last_cut() const;  // Counted from 1 in each run.
  // The resume points as of the last cut, for adoption after a reload.
  const ResumePoint* find(SourceId source) const;

  // --- delivery ---
  // A lane that has fragments which are in no request. When another request of it is in flight
  // those fragments are not counted, and it cannot be taken from.
  struct LaneState {
    LaneId lane = 0;
    const LaneKey* key = nullptr;
    std::uint64_t pending_line_bytes = 0;
    std::int64_t oldest_time_ns = 0;  // first_time_ns of the first fragment.
    bool recovered = false;           // The first fragment is from before the restart.
    bool in_flight = false;
  };
  const LaneKey& lane_key(LaneId id) const;
  // Valid until the next call that changes the outbox. Lanes without fragments are left out.
  const std::vector<LaneState>& lanes();
  // Takes fragments in order until `line_bytes_max` is reached (always at least one) into a
  // request. Fails when they cannot be read back (damage): those are then counted lost and skipped.
  Result<PendingRequest> take_request(LaneId id, std::uint64_t line_bytes_max);
  // Puts an unanswered request back (reload, shutdown): it is taken again later, first.
  void return_request(LaneId id);
  // The answer for the next entries of the lane's request. When all are answered the request is
  // over and its views die.
  void record_outcome(const Outcome& outcome);

  // --- what became final ---
  struct AcceptedPosition {
    std::string job;
    SourceKind kind = SourceKind::kOther;
    std::string path;
    SourcePosition position = 0;
    // Empty where lines are held, whose begins are in `held` for Kafka, which has its details.
    std::string cursor, cursor_details;
    std::vector<SourcePosition> held;
    SourceId source = 0;
    bool finished = false;
  };
  // Resume points of which all cuts are done; the last per source since the last call.
  std::vector<AcceptedPosition> take_accepted();
  bool everything_done() const;  // No fragment is left.
  // Wall time at which the oldest entry without an answer was appended.
  std::optional<std::int64_t> oldest_pending_time_ns() const;
  std::uint64_t pending_entries() const;  // Without an answer, those of earlier runs included.

  // --- limits ---
  std::uint64_t client_bytes(std::string_view client) const;  // Live bytes on disk (or in memory).
  // Whether the client's share has room for `bytes` more.
  bool has_room(std::string_view client, std::uint64_t bytes) const;
  // What all clients together may take on disk, and the least share of one: segments are small
  // against it, and what is live is copied together in good time.
  void fit_into(std::uint64_t disk_bytes, std::uint64_t share_bytes);
  std::vector<std::string> clients() const;  // Those that have fragments.
  // Drops whole fragments of the client, oldest first and never what is in flight, until `bytes`
  // are free; records and returns the entries dropped per lane, with reason "outbox_full".
  std::vector<Outcome> drop_oldest(std::string_view client, std::uint64_t bytes);
  // Takes the fragments of a client that is no longer configured out of the queue, into a file
  // <directory>/aside-<hash of client>-<n>.seg. On failure they stay. Its requests are returned.
  Status set_client_aside(std::string_view client);
  // The fragments of client `from` become those of `to`, before anything newer of it: the one
  // client that is configured got another key.
  Status rename_client(std::string_view from, std::string_view to);
  // Moves the fragments and resume points of a worker that no longer exists here, before anything
  // newer of their lanes: call it before the first cut(). Then `other` is empty, and its directory
  // holds nothing but the lock file: the caller removes both once `other` is destroyed. On failure
  // what was not moved stays in `other`, and the directory must not be removed; absorbing it again,
  // also after a restart, moves nothing twice.
  Status absorb(Outbox& other);

  // --- health ---
  const std::optional<Error>& disk_error() const;  // Why the last write failed; none when fine.
  std::uint64_t memory_bytes() const;
  std::uint64_t disk_bytes() const;
  std::uint64_t lost_entries() const;  // Of fragments that could not be read back.
  // Segments wait for sync() to go; the disk thread should not wait for its period.
  bool sync_wanted() const;
  // fdatasync() of what was written since the last call, and removal of segments that nobody needs
  // any more. Disk thread, or tests.
  Status sync();

 private:
  struct State;
  struct Mover;
  explicit Outbox(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The workers' folders below the outbox directory of a process, in order of their numbers.
std::vector<std::string> worker_directories(FileSystem& file_system, const std::string& directory);

}  // namespace tailrace::positions
