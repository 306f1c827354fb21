// Connections by descriptor; the event loop only notes what is ready, poll() does the work.
#include "receivers/stream_listener.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>

namespace tailrace::receivers {

namespace {

// A peer that is gone without a word is noticed within five minutes. Of unix sockets it means
// nothing.
void keep_alive(int descriptor) {
  const int on = 1;
  const int silence_s = 120;
  const int pause_s = 30;
  const int times = 5;
  setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &silence_s, sizeof silence_s);
  setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &pause_s, sizeof pause_s);
  setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
}

}  // namespace

StreamListener::StreamListener(Options options, std::unique_ptr<http::ServerTls> tls,
                               EventLoop& loop)
    : options_(options),
      frame_bytes_max_(std::max(options.framer.counted_bytes_max, options.framer.line_bytes_max)),
      tls_(std::move(tls)),
      loop_(loop),
      chunk_(kChunkBytes) {
  active_ = true;
  listen();
}

void StreamListener::listen() {
  acceptable_ = true;
  accept_at_ = SteadyTime::max();
  static_cast<void>(loop_.watch(options_.descriptor, {.readable = true},
                                [this](bool, bool) { acceptable_ = true; }));
}

StreamListener::~StreamListener() {
  if (!stopping_) loop_.unwatch(options_.descriptor);
  for (const auto& [descriptor, connection] : connections_)
    loop_.unwatch(descriptor);
}

void StreamListener::accept_all(SteadyTime now) {
  acceptable_ = false;
  while (true) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int descriptor = accept4(options_.descriptor, reinterpret_cast<sockaddr*>(&address),
                                   &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
      if (errno == ECONNABORTED || errno == EINTR) continue;
      if (errno == EAGAIN) {
        counts_.accept_trouble.clear();
        return;
      }
      // The connection stays where it is, and the loop would tell of it for ever: too many files
      // are open, or there is no memory.
      counts_.accept_trouble = system_failure(errno, "accept").message;
      loop_.unwatch(options_.descriptor);
      accept_at_ = now + kAcceptPause;
      return;
    }
    counts_.accept_trouble.clear();
    if (connections_.size() >= options_.connections_max) {
      ++counts_.refused;
      close(descriptor);
      continue;
    }
    ++counts_.accepted;
    add(descriptor, PeerAddress::of(address), now);
  }
}

void StreamListener::add(int descriptor, const PeerAddress& peer, SteadyTime now) {
  auto connection = std::make_unique<StreamConnection>(descriptor, tls_.get(), options_.framer);
  connection->peer = peer;
  connection->last_bytes = now;
  if (options_.idle_timeout.count() == 0) keep_alive(descriptor);
  if (!paused_) watch(*connection);
  connections_.emplace(descriptor, std::move(connection));
  active_ = true;
}

void StreamListener::watch(StreamConnection& connection) {
  connection.watches_writing = connection.stream.wants_to_write();
  StreamConnection* const one = &connection;
  static_cast<void>(loop_.watch(connection.stream.descriptor(),
                                {.readable = true, .writable = connection.watches_writing},
                                [this, one](bool, bool) { one->readable = active_ = true; }));
}

void StreamListener::pause() {
  if (paused_) return;
  paused_ = true;
  for (const auto& [descriptor, connection] : connections_)
    loop_.unwatch(descriptor);
}

void StreamListener::resume() {
  if (!paused_) return;
  paused_ = false;
  active_ = true;
  for (const auto& [descriptor, connection] : connections_) {
    connection->readable = true;
    watch(*connection);
  }
}

bool StreamListener::has_room(const FrameSink& sink) const {
  return sink.has_room(frame_bytes_max_);
}

void StreamListener::give(StreamConnection& connection, const SyslogFramer::Frame& frame,
                          FrameSink& sink) {
  if (frame.cut) ++counts_.cut;
  sink.take({.bytes = frame.bytes, .peer = connection.peer, .cut = frame.cut});
}

// Gives the whole messages of `data`; false: these are none.
bool StreamListener::drain(StreamConnection& connection, std::string_view& data, FrameSink& sink) {
  connection.unframed = false;
  SyslogFramer::Frame frame;
  while (true) {
    if (!has_room(sink)) {
      connection.unframed = true;
      return true;
    }
    switch (connection.framer.next(data, frame)) {
      case SyslogFramer::Step::kFrame:
        give(connection, frame, sink);
        break;
      case SyslogFramer::Step::kMore:
        return true;
      case SyslogFramer::Step::kBroken:
        sink.on_broken_stream(connection.peer);
        return false;
    }
  }
}

bool StreamListener::take_bytes(StreamConnection& connection, std::string_view bytes,
                                FrameSink& sink) {
  std::string& partial = connection.partial;
  const std::size_t had = partial.size();
  bool lives = true;
  if (partial.empty()) {
    lives = drain(connection, bytes, sink);
    partial.assign(bytes);
  } else {
    partial.append(bytes);
    std::string_view data = partial;
    lives = drain(connection, data, sink);
    partial.erase(0, partial.size() - data.size());
  }
  // What a long message took is not kept by a connection that sends short ones.
  if (partial.empty() && partial.capacity() > kChunkBytes) partial = std::string();
  partial_bytes_ = partial_bytes_ - had + partial.size();
  return lives;
}

// Too much is waiting for its end: the message that grows just now is the one to be cut.
void StreamListener::limit_partial(StreamConnection& connection, FrameSink& sink) {
  if (partial_bytes_ <= options_.partial_bytes_max || connection.unframed || !has_room(sink)) {
    return;
  }
  give(connection, {.bytes = connection.framer.skip_rest(connection.partial), .cut = true}, sink);
  partial_bytes_ -= connection.partial.size();
  connection.partial = std::string();
}

// What is left of a connection whose peer has ended, or pauses.
void StreamListener::finish(StreamConnection& connection, FrameSink& sink) {
  std::string_view data = connection.partial;
  SyslogFramer::Frame frame;
  const auto step = connection.framer.finish(data, frame);
  if (step == SyslogFramer::Step::kFrame) give(connection, frame, sink);
  if (step == SyslogFramer::Step::kBroken) sink.on_broken_stream(connection.peer);
  partial_bytes_ -= connection.partial.size();
  connection.partial.clear();
}

bool StreamListener::serve(StreamConnection& connection, SteadyTime now, FrameSink& sink) {
  if (connection.unframed && has_room(sink) && !take_bytes(connection, {}, sink)) return false;
  while (connection.readable && !connection.unframed && !connection.ended && has_room(sink)) {
    const PeerStream::Got got = connection.stream.read(chunk_);
    if (got.status == PeerStream::Status::kFailed) {
      ++counts_.failed;
      counts_.last_error = connection.peer.text() + ": " + connection.stream.error();
      connection.ended = true;
      break;
    }
    connection.ended = got.status == PeerStream::Status::kEnded;
    connection.readable = connection.ended;
    if (got.status != PeerStream::Status::kBytes) break;
    connection.last_bytes = now;
    if (!take_bytes(connection, {chunk_.data(), got.bytes}, sink)) return false;
    limit_partial(connection, sink);
    // Others wait for their turn; the loop tells of what is left here.
    connection.readable = connection.stream.has_pending();
  }
  if (connection.ended && !connection.unframed && has_room(sink)) {
    finish(connection, sink);
    return false;
  }
  if (!paused_ && connection.stream.wants_to_write() != connection.watches_writing) {
    watch(connection);
  }
  return true;
}

SteadyTime StreamListener::deadline_of(const StreamConnection& connection) const {
  SteadyTime deadline = SteadyTime::max();
  const auto sooner = [&deadline](SteadyTime time) { deadline = std::min(deadline, time); };
  if (options_.idle_timeout.count() > 0) sooner(connection.last_bytes + options_.idle_timeout);
  if (!connection.unframed && connection.framer.may_finish(connection.partial)) {
    sooner(connection.last_bytes + kPause);
  }
  if (stopping_) {
    sooner(std::max(connection.last_bytes, stop_begun_) + kStopSilence);
    sooner(stop_begun_ + kStopMax);
  }
  return deadline;
}

// Whether the connection lives on.
bool StreamListener::look_at_clock(StreamConnection& connection, SteadyTime now, FrameSink& sink) {
  // While nothing is read, silence is ours.
  if (paused_ || connection.unframed || !has_room(sink)) return true;
  if (stopping_ && (now >= std::max(connection.last_bytes, stop_begun_) + kStopSilence ||
                    now >= stop_begun_ + kStopMax)) {
    finish(connection, sink);
    return false;
  }
  if (options_.idle_timeout.count() > 0 && now >= connection.last_bytes + options_.idle_timeout) {
    ++counts_.timed_out;
    finish(connection, sink);
    return false;
  }
  if (now >= connection.last_bytes + kPause && connection.framer.may_finish(connection.partial)) {
    finish(connection, sink);
  }
  return true;
}

void StreamListener::poll(SteadyTime now, FrameSink& sink) {
  if (paused_ && has_room(sink)) {
    // What the peers sent meanwhile was not looked at: they were not silent.
    for (const auto& [descriptor, connection] : connections_)
      connection->last_bytes = std::max(connection->last_bytes, now);
    resume();
  }
  if (options_.park != nullptr && !stopping_) take_parked(now);
  if (now >= accept_at_ && !stopping_) listen();
  if (acceptable_ && !stopping_) accept_all(now);
  const bool due = now >= deadline_;
  if (!active_ && !due) return;
  active_ = false;
  deadline_ = SteadyTime::max();
  for (auto at = connections_.begin(); at != connections_.end();) {
    StreamConnection& connection = *at->second;
    bool lives = serve(connection, now, sink);
    if (lives) lives = look_at_clock(connection, now, sink);
    if (!lives) {
      partial_bytes_ -= connection.partial.size();
      loop_.unwatch(at->first);
      at = connections_.erase(at);
      continue;
    }
    active_ = active_ || (connection.readable && !paused_);
    deadline_ = std::min(deadline_, deadline_of(connection));
    ++at;
  }
  if (!has_room(sink)) pause();
  if (paused_) deadline_ = SteadyTime::max();
}

// What the input before had; its senders have noticed nothing.
void StreamListener::take_parked(SteadyTime now) {
  for (auto& connection : options_.park->take()) {
    connection->last_bytes = now;
    connection->readable = true;
    partial_bytes_ += connection->partial.size();
    if (!paused_) watch(*connection);
    const int descriptor = connection->stream.descriptor();
    connections_.emplace(descriptor, std::move(connection));
    active_ = true;
  }
}

void StreamListener::park_all() {
  for (auto at = connections_.begin(); at != connections_.end();) {
    // A handshake needs the certificates of this listener.
    if (!at->second->stream.is_open()) {
      ++at;
      continue;
    }
    loop_.unwatch(at->first);
    partial_bytes_ -= at->second->partial.size();
    options_.park->park(std::move(at->second));
    at = connections_.erase(at);
  }
}

void StreamListener::begin_stop(SteadyTime now, FrameSink& sink) {
  if (stopping_) return;
  if (options_.park != nullptr && options_.park->has_successor(*options_.use)) {
    loop_.unwatch(options_.descriptor);
    accept_at_ = SteadyTime::max();
    stopping_ = true;
    stop_begun_ = now;
    // A connection that is not encrypted, or whose peer showed no certificate, does not pass for
    // one of a listener that wants that.
    if (options_.park->goes_on_alike(*options_.use)) park_all();
    for (const auto& [descriptor, connection] : connections_)
      connection->stream.shut_writing();
    active_ = true;
    poll(now, sink);
    return;
  }
  // Who connects from here on is refused, and not left with a connection that nobody takes.
  accept_all(now);
  ::shutdown(options_.descriptor, SHUT_RDWR);
  loop_.unwatch(options_.descriptor);
  accept_at_ = SteadyTime::max();
  stopping_ = true;
  stop_begun_ = now;
  for (const auto& [descriptor, connection] : connections_) {
    connection->stream.shut_writing();
    connection->readable = true;
  }
  active_ = true;
  poll(now, sink);
}

}  // namespace tailrace::receivers
