// Where lines come from: the one interface between the worker and files, journals, sockets.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "model/entry.h"
#include "model/line_block.h"
#include "model/resume_point.h"

namespace tailrace {

// A source of lines that one worker reads.
//
// The worker calls read(), runs the lines, and says with consume() how far it got; read() always
// begins where consume() ended, so a block that was left in the middle is simply read again.
//
// Ownership: owned by whoever follows it (tailer::FileFollower, a receiver); lines view into the
//   ReadBuffer of the call.
// Threading: confined to one worker.
class Source {
 public:
  // Why read() returned.
  enum class Outcome {
    kLines,     // The block holds at least one line; there may be more at once.
    kUpToDate,  // Nothing to read now; the owner says when it is ready again.
    kEnded,     // Read to its end for good; it is not read again.
  };

  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  virtual SourceId id() const = 0;
  // Which job's pipeline its lines run through.
  virtual std::string_view job() const = 0;
  // The target's labels, for lines that bring none of their own. Pinned by the source.
  virtual const LabelSet& labels() const = 0;

  // Reads and frames what fits into `buffer`, beginning at the last consumed position. Never waits.
  virtual Result<Outcome> read(ReadBuffer& buffer, LineBlock& block) = 0;
  // Lines up to `next` (a Line::next of the last block) have run.
  virtual void consume(const Line& last) = 0;

  // Fills everything but the held lines and next_line, as of the last consume().
  virtual void fill_resume_point(ResumePoint& point) const = 0;

 protected:
  Source() = default;
};

}  // namespace tailrace
