// Where listeners give what they cut out of their sockets.
#pragma once

#include <cstddef>
#include <string_view>

#include "receivers/peer_address.h"

namespace tailrace::receivers {

struct ReceivedFrame {
  std::string_view bytes;
  PeerAddress peer;
  bool cut = false;  // The beginning of a longer one.
};

class FrameSink {
 public:
  virtual ~FrameSink() = default;
  // The most frames that has_room() and what it allows may be about.
  static constexpr std::size_t kFramesMax = 64;
  // Whether take() may be called for so many bytes, in up to kFramesMax frames.
  virtual bool has_room(std::size_t bytes) const = 0;
  virtual void take(const ReceivedFrame& frame) = 0;
  // Bytes of a connection are no messages; it is closed.
  virtual void on_broken_stream(const PeerAddress& peer) = 0;
};

}  // namespace tailrace::receivers
