// Accepts connections and cuts what they send into messages.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "http/server_tls.h"
#include "receivers/connection_park.h"
#include "receivers/frame_sink.h"
#include "receivers/stream_connection.h"

namespace tailrace::receivers {

// A listening socket and its connections. While the sink has no room nothing is read, so that the
// senders wait.
//
// Ownership: borrows the socket and the loop.
// Threading: confined to one worker; never waits.
// Memory: per connection the part of a message that came, of all connections together
//   kPartialBytesMax: beyond that the message that grows is cut, and its rest skipped. One buffer
//   of kChunkBytes for reading.
class StreamListener {
 public:
  static constexpr std::size_t kChunkBytes = 64U << 10U;
  static constexpr std::size_t kPartialBytesMax = 16U << 20U;
  // A message that only its successor would end is taken as whole when the peer is silent for so
  // long.
  static constexpr std::chrono::milliseconds kPause{250};
  // Until it is tried again to accept, when the machine had no room for a connection.
  static constexpr std::chrono::milliseconds kAcceptPause{100};
  // After begin_stop() a connection is read until it was silent for so long, and at most so long.
  static constexpr std::chrono::milliseconds kStopSilence{300};
  static constexpr std::chrono::milliseconds kStopMax{2000};

  struct Options {
    int descriptor = -1;
    SyslogFramer::Options framer;
    // 0: none; then the kernel asks whether a silent peer is still there.
    std::chrono::nanoseconds idle_timeout{0};
    std::uint32_t connections_max = 1024;
    std::size_t partial_bytes_max = kPartialBytesMax;
    // May be null; else `use` is this listener's, and both outlive it.
    ConnectionPark* park = nullptr;
    const ConnectionPark::Use* use = nullptr;
  };
  // `tls` may be null.
  StreamListener(Options options, std::unique_ptr<http::ServerTls> tls, EventLoop& loop);
  ~StreamListener();
  StreamListener(const StreamListener&) = delete;
  StreamListener& operator=(const StreamListener&) = delete;

  // Accepts, reads what is ready, once each, and looks at the clock.
  void poll(SteadyTime now, FrameSink& sink);
  SteadyTime next_deadline() const { return std::min(deadline_, accept_at_); }

  // When another is to listen on this socket, its connections are left to that, unless it wants
  // another sort of TLS: then they are read to their end as below. Else it takes the
  // connections that the kernel has already, and no more; tells all peers, and reads what
  // they have sent. stopped() once that is done.
  void begin_stop(SteadyTime now, FrameSink& sink);
  bool stopped() const { return stopping_ && connections_.empty(); }

  struct Counts {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;    // Over connections_max.
    std::uint64_t timed_out = 0;  // By idle_timeout.
    std::uint64_t failed = 0;     // Resets, TLS.
    std::uint64_t cut = 0;        // Messages over a limit.
    std::string last_error;
    std::string accept_trouble;  // Why nobody can connect just now; empty: all is well.
  };
  const Counts& counts() const { return counts_; }
  std::size_t open() const { return connections_.size(); }

 private:
  void listen();
  void accept_all(SteadyTime now);
  void take_parked(SteadyTime now);
  void park_all();
  void add(int descriptor, const PeerAddress& peer, SteadyTime now);
  void watch(StreamConnection& connection);
  // The rest: whether the connection lives on.
  bool serve(StreamConnection& connection, SteadyTime now, FrameSink& sink);
  bool take_bytes(StreamConnection& connection, std::string_view bytes, FrameSink& sink);
  bool drain(StreamConnection& connection, std::string_view& data, FrameSink& sink);
  void finish(StreamConnection& connection, FrameSink& sink);
  void give(StreamConnection& connection, const SyslogFramer::Frame& frame, FrameSink& sink);
  void limit_partial(StreamConnection& connection, FrameSink& sink);
  bool look_at_clock(StreamConnection& connection, SteadyTime now, FrameSink& sink);
  SteadyTime deadline_of(const StreamConnection& connection) const;
  bool has_room(const FrameSink& sink) const;
  void pause();
  void resume();

  const Options options_;
  const std::size_t frame_bytes_max_;
  const std::unique_ptr<http::ServerTls> tls_;
  EventLoop& loop_;
  std::map<int, std::unique_ptr<StreamConnection>> connections_;  // By descriptor.
  std::vector<char> chunk_;
  std::size_t partial_bytes_ = 0;  // Of all connections.
  bool acceptable_ = false;
  SteadyTime accept_at_ = SteadyTime::max();  // When that failed.
  bool paused_ = false;                       // Nothing is watched but the listener.
  bool active_ = false;                       // A connection has something to be looked at.
  bool stopping_ = false;
  SteadyTime stop_begun_{};
  SteadyTime deadline_ = SteadyTime::max();
  Counts counts_;
};

}  // namespace tailrace::receivers
