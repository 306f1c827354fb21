// Where messages begin and end in a stream of bytes: newlines, counted octets, NULs.
#pragma once

#include <cstdint>
#include <string_view>

#include "receivers/syslog_parser.h"

namespace tailrace::receivers {

// Cuts the bytes of one connection (or one datagram) into messages. kAuto looks at the first byte
// (docs/compatibility.md, syslog): "<" is newline framing, in which a message ends where a newline
// is followed by "<", so newlines inside stay; a digit is octet counting (RFC 6587). A tolerant
// framer takes everything else as lines, each a message.
//
// The bytes stay with the caller, who gives all that is not taken yet, again and again, with what
// came since behind it.
//
// Memory: none. No message that it gives is longer than the limit; the caller never has to keep
//   more than the limit and what one read brings.
class SyslogFramer {
 public:
  enum class Framing { kAuto, kNewline, kOctetCounted, kNul };
  struct Options {
    Framing framing = Framing::kAuto;
    SyslogLeniency leniency = SyslogLeniency::kTolerant;
    std::uint32_t counted_bytes_max = 8192;    // Of an octet-counted message.
    std::uint32_t line_bytes_max = 1U << 20U;  // Of all others.
  };
  enum class Step {
    kFrame,   // There is one; there may be more.
    kMore,    // What is left is no whole message.
    kBroken,  // These are no messages: nothing more can be taken from this connection.
  };
  struct Frame {
    std::string_view bytes;  // Into what was given.
    bool cut = false;  // It is the beginning of a message over the limit; the rest is skipped.
  };

  explicit SyslogFramer(Options options) : options_(options) {}

  // Takes the next message, and what can be skipped, from the front of `data`.
  Step next(std::string_view& data, Frame& frame);
  // Nothing comes behind `data`, in which next() finds nothing more: the rest is a message, if
  // anything. Takes all.
  Step finish(std::string_view& data, Frame& frame);
  // The caller keeps no more of the message that `data`, in which next() finds nothing more, is the
  // beginning of; its rest will be skipped. What there is of the message itself.
  std::string_view skip_rest(std::string_view data);
  // Whether `data`, in which next() finds nothing more, is a whole message unless its next line
  // belongs to it, too: when the peer pauses, finish() may be called, and then next() again.
  bool may_finish(std::string_view data) const;

 private:
  enum class Mode { kUndecided, kAngle, kLine, kOctets, kNul };

  Step decide(std::string_view data);
  Step next_delimited(std::string_view& data, Frame& frame);
  Step next_counted(std::string_view& data, Frame& frame);
  // The place of the end behind `from`, npos: not here yet.
  std::size_t find_end(std::string_view data, std::size_t from);
  std::string_view trimmed(std::string_view bytes) const;
  bool tolerant() const { return options_.leniency == SyslogLeniency::kTolerant; }

  const Options options_;
  Mode mode_ = Mode::kUndecided;
  std::size_t scanned_ = 0;        // Bytes at the front of the data without an end.
  std::uint64_t skip_octets_ = 0;  // Of a counted message over the limit.
  bool skipping_line_ = false;     // Likewise, up to its end.
};

}  // namespace tailrace::receivers
