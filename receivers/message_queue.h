// Messages that were received and are not consumed yet: the only place where they are.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "model/line_block.h"
#include "receivers/peer_address.h"

namespace tailrace::receivers {

// A queue of bounded size in one piece of memory. Messages have positions that rise for ever.
//
// Ownership: owns the bytes. What get() gave does not move until the next make_room().
// Threading: confined to one worker.
// Memory: `bytes_max` and ReadBuffer::kPadding, touched as it is used.
class MessageQueue {
 public:
  struct Message {
    PeerAddress peer;
    std::int64_t received_ns = 0;  // Rises from message to message.
    bool cut = false;
    std::string_view bytes;  // kPadding readable bytes follow.
    SourcePosition begin = 0;
    SourcePosition next = 0;
  };

  static constexpr std::size_t kHeaderBytes = 48;  // Beside each message, at most.

  // Positions begin at `begin`.
  explicit MessageQueue(std::size_t bytes_max, SourcePosition begin = 0);

  // Whether a message of so many bytes fits.
  bool has_room(std::size_t bytes) const;
  // has_room(bytes) held. A `received_ns` that does not rise is put behind the last.
  void push(Message message);

  // The message at `position`, which is a message's begin or next. false: there is none yet.
  bool get(SourcePosition position, Message& message) const;
  SourcePosition consumed() const { return begin_; }
  void consume(SourcePosition next);
  bool empty() const { return begin_ == end_; }
  std::size_t bytes() const { return end_ - begin_; }

  // Whether consumed messages take up so much that make_room() should be called; it moves what is
  // there, so views into it die.
  bool wants_room() const { return begin_ - base_ > bytes_max_ / 2; }
  void make_room();

 private:
  struct Header {
    PeerAddress peer;
    bool cut = false;
    std::uint32_t bytes = 0;
    std::int64_t received_ns = 0;
  };
  static_assert(sizeof(Header) <= kHeaderBytes);

  const std::size_t bytes_max_;
  std::unique_ptr<char[]> memory_;
  SourcePosition base_;   // Of memory_[0].
  SourcePosition begin_;  // Of the first that is not consumed.
  SourcePosition end_;
  std::int64_t last_received_ns_ = 0;
};

}  // namespace tailrace::receivers
