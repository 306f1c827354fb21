// Listening sockets of receivers, kept over reloads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/result.h"
#include "receivers/connection_park.h"

namespace tailrace::daemon {

// A bound socket: of a stream it listens already. Closed when the last who has it is gone.
class Listener {
 public:
  Listener(int descriptor, std::uint16_t port) : descriptor_(descriptor), port_(port) {}
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int descriptor() const { return descriptor_; }  // Non-blocking.
  std::uint16_t port() const { return port_; }    // 0: a socket in the file system.
  // Connections of an input that ends, for the one that follows it.
  receivers::ConnectionPark& park() const { return park_; }

 private:
  const int descriptor_;
  const std::uint16_t port_;
  mutable receivers::ConnectionPark park_;
};

// Where to listen.
struct ListenAddress {
  enum class Protocol { kTcp, kUdp, kUnixStream, kUnixDatagram };
  Protocol protocol = Protocol::kTcp;
  std::string host = {};   // Name or address; empty: all interfaces, IPv6 and IPv4.
  std::uint16_t port = 0;  // 0: any free one.
  std::string path = {};   // Of a unix socket. A dead one that is in the way is removed.
  // Distinguishes those with port 0, which are never shared: the name of the input.
  std::string owner = {};
  friend auto operator<=>(const ListenAddress&, const ListenAddress&) = default;
};

// Opens each address once. A reload asks for all that it needs and then says keep_asked(): an
// address that was open already is handed on, one that nobody asked for is closed.
//
// Ownership: shares each listener with its input; that is what ends it. (A shared_ptr: the old and
//   the new input have it during a reload.)
// Threading: confined to the main thread.
class Listeners {
 public:
  enum class Use {
    kOpen,
    kPretend,  // Gives listeners without a socket, for checks of a configuration.
  };
  explicit Listeners(Use use = Use::kOpen) : use_(use) {}
  // Errors: the system's, with the address in the message; "in use" also for an address that was
  //   asked for since the last keep_asked() or forget_asked(): two inputs do not share one.
  Result<std::shared_ptr<const Listener>> open(const ListenAddress& address);
  // After a build that failed: what it alone opened is closed.
  void forget_asked();
  // After one that is taken: what it did not ask for is closed.
  void keep_asked();

 private:
  const Use use_;
  std::map<ListenAddress, std::shared_ptr<const Listener>> open_;
  std::set<ListenAddress> asked_;
  std::set<ListenAddress> fresh_;  // Opened since the last keep_asked() or forget_asked().
};

}  // namespace tailrace::daemon
