// A connection with what came of its next message.
#pragma once

#include <string>

#include "base/clock.h"
#include "receivers/peer_address.h"
#include "receivers/peer_stream.h"
#include "receivers/syslog_framer.h"

namespace tailrace::receivers {

// Owned by one StreamListener, or by the ConnectionPark between two.
struct StreamConnection {
  StreamConnection(int descriptor, http::ServerTls* tls, SyslogFramer::Options framing)
      : stream(descriptor, tls), framer(framing) {}

  PeerStream stream;
  PeerAddress peer;
  SyslogFramer framer;
  std::string partial;  // Bytes that are no whole message yet, or found no room.
  SteadyTime last_bytes{};
  bool readable = true;   // Or so it may be: read() says.
  bool unframed = false;  // `partial` may hold whole messages.
  bool ended = false;     // The peer has; what is left is to be given.
  bool watches_writing = false;
};

}  // namespace tailrace::receivers
