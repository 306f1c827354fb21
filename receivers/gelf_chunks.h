// GELF messages that came in several datagrams.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "receivers/peer_address.h"

namespace tailrace::receivers {

// Puts chunks together: 1e 0f, eight bytes of message id, number, count. The sender is part of the
// id, so nobody adds to another's message.
//
// Threading: confined to one worker.
// Memory: at most kMessagesMax half messages and kBytesMax bytes of them; beyond that the oldest
//   goes. What is not whole after kPatience goes, too.
class GelfChunks {
 public:
  static constexpr std::size_t kChunksMax = 128;       // GELF's limit.
  static constexpr std::chrono::seconds kPatience{5};  // GELF's and Promtail's.
  static constexpr std::size_t kMessagesMax = 1024;
  static constexpr std::size_t kBytesMax = 4U << 20U;

  static bool is_chunk(std::string_view datagram) {
    return datagram.size() >= 2 && datagram[0] == '\x1e' && datagram[1] == '\x0f';
  }

  enum class Taken {
    kMore,   // Others are missing.
    kWhole,  // `message` has all of it, until the next call.
    kBad,    // No chunk that could be one.
  };
  Taken take(std::string_view chunk, const PeerAddress& peer, SteadyTime now,
             std::string_view& message);
  // Gives up what is too old; the number of messages is in given_up().
  void expire(SteadyTime now);

  std::uint64_t given_up() const { return given_up_; }
  std::size_t bytes() const { return bytes_; }
  std::size_t messages() const { return halves_.size(); }

 private:
  using Key = std::pair<PeerAddress, std::string>;  // With the eight bytes.
  struct Half {
    std::vector<std::string> parts;
    std::vector<bool> came;
    std::size_t missing = 0;
    std::size_t bytes = 0;
    SteadyTime begun{};
  };
  void drop_oldest();
  void drop(std::map<Key, Half>::iterator half);

  std::map<Key, Half> halves_;
  std::multimap<SteadyTime, Key> ages_;
  std::size_t bytes_ = 0;
  std::uint64_t given_up_ = 0;
  std::string whole_;
};

}  // namespace tailrace::receivers
