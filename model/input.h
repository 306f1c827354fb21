// A source that waits for its own events: a journal, a container's log, a listener, a queue.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "model/source.h"

namespace tailrace {

// What people are told about an input: /targets and /ready.
struct InputStatus {
  bool ready = false;   // It listens, or has its server.
  std::string trouble;  // Why it does not get on just now; empty: nothing is wrong.
  // Shown as they are: ("connections", "3").
  std::vector<std::pair<std::string, std::string>> details;
};

// What is not a file. The worker calls poll() in every turn, read() while ready() and while there
// is room for what it reads, and says what became of the lines:
//
//   poll -> ready -> read -> (lines run) -> consume -> ... cut ... -> stored -> ... -> accepted
//
// Lines may have labels, a time and metadata of their own (Line). Their texts and metadata live
// until the next read(), their labels in the worker's LabelSetTable, where they survive until the
// cut after the next (no need to pin them).
//
// A block has at most ReadBuffer::kDefaultBytes of text and metadata, but for a single line that is
// longer; no line is longer than the line limit that the input was made with (Line::cut_short).
//
// What cannot be read again (a datagram) is the input's to keep until consume(). How much it may
// keep is bounded by the input; beyond that it stops taking from its socket, so that the sender
// waits or the kernel counts a loss.
//
// Ownership: owned by the worker's Inputs.
// Threading: confined to one worker; waits only on the worker's event loop.
// Errors: a server that is away, a journal that is broken: tried again without end (Backoff),
//   shown by status(), logged once and then at doubling intervals. read() fails only for what the
//   worker should wait over and try again.
class Input : public Source {
 public:
  enum class Room { kNo, kYes };

  // Takes what came and sends what is due; never waits. Called in every turn: cheap when nothing
  // happened.
  virtual void poll(SteadyTime now) = 0;
  // read() has something to give now: lines, or its end.
  virtual bool ready() const = 0;
  // When poll() has something to do without an event; SteadyTime::max(): never.
  virtual SteadyTime next_deadline() const { return SteadyTime::max(); }

  // A sender waits for its answer: what was consumed should be cut now.
  virtual bool wants_cut() const { return false; }
  // Everything consumed so far is in the outbox: senders may be answered.
  virtual void stored() {}
  // Loki has everything up to this resume point of an earlier cut.
  virtual void accepted(const ResumePoint& /*point*/) {}

  // Whether lines could be read now; called when that changes. An input that can say no to its
  // sender does so while there is no room.
  virtual void set_room(Room /*room*/) {}

  // Takes nothing new from now on. What it has taken and what cannot be read again is still given
  // by read(), which ends with kEnded. Its resume point stays.
  virtual void begin_stop() = 0;

  virtual InputStatus status() const = 0;
};

}  // namespace tailrace
