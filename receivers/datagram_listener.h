// Takes datagrams, many at a time, and counts those that the kernel had no room for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/event_loop.h"
#include "receivers/frame_sink.h"

namespace tailrace::receivers {

// A datagram socket of UDP or of the file system. Each datagram is given as one frame. While the
// sink has no room nothing is taken, so the kernel's buffer fills, and then UDP is lost, which the
// kernel counts (a sender on a unix socket waits instead).
//
// Ownership: borrows the socket and the loop.
// Threading: confined to one worker; never waits.
// Memory: one batch of datagrams, at most kBatchBytes or 4 datagrams.
class DatagramListener {
 public:
  static constexpr std::size_t kBatchBytes = 512U << 10U;
  static constexpr std::size_t kReceiveBufferBytes = 4U << 20U;  // Of the kernel, by default.
  struct Options {
    int descriptor = -1;
    std::size_t datagram_bytes_max = 8192;  // Longer ones are cut.
    std::uint64_t receive_buffer = 0;       // 0: kReceiveBufferBytes.
  };
  DatagramListener(Options options, EventLoop& loop);
  // Gives a socket the buffer that a listener wants, before it has one: while the process may still
  // have more of it than net.core.rmem_max. Returns what the kernel granted. Any thread.
  static std::uint64_t widen_buffer(const Options& options);
  ~DatagramListener();
  DatagramListener(const DatagramListener&) = delete;
  DatagramListener& operator=(const DatagramListener&) = delete;

  // Takes what is there, at most some batches.
  void poll(FrameSink& sink);
  // poll() has left something.
  bool has_more() const { return readable_; }
  // Whether the sink has the room that poll() needs to take anything.
  bool can_take(const FrameSink& sink) const;

  // What the kernel has when this is called is taken still, and no more.
  void begin_stop();
  bool stopped() const { return stopping_ && !readable_; }

  struct Counts {
    std::uint64_t datagrams = 0;
    std::uint64_t cut = 0;
    std::uint64_t kernel_drops = 0;
    std::uint64_t kernel_buffer_bytes = 0;  // As granted.
    std::string last_error;
  };
  const Counts& counts() const { return counts_; }

 private:
  struct Batch;

  void take_batch(FrameSink& sink);
  void watch();

  const Options options_;
  EventLoop& loop_;
  const std::unique_ptr<Batch> batch_;
  bool readable_ = true;
  bool watched_ = false;
  bool stopping_ = false;
  std::uint64_t left_to_take_ = 0;  // While stopping, in bytes.
  std::uint32_t overflows_ = 0;     // As the kernel last said.
  Counts counts_;
};

}  // namespace tailrace::receivers
