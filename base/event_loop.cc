// epoll and an eventfd.
#include "base/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <limits>
#include <utility>

namespace tailrace {
namespace {

// What epoll hands back with an event: the descriptor and which watch on it.
std::uint64_t pack(int descriptor, std::uint32_t generation) {
  return (std::uint64_t{generation} << 32U) | static_cast<std::uint32_t>(descriptor);
}

int unpack_descriptor(std::uint64_t data) {
  return static_cast<int>(static_cast<std::uint32_t>(data));
}

std::uint32_t unpack_generation(std::uint64_t data) {
  return static_cast<std::uint32_t>(data >> 32U);
}

// Rounded up: a wait that ends before its deadline would make the caller spin.
int timeout_milliseconds(const Clock& clock, SteadyTime deadline) {
  if (deadline == SteadyTime::max()) return -1;
  const SteadyTime now = clock.steady_now();
  if (deadline <= now) return 0;
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
  return static_cast<int>(std::min<std::int64_t>(rest, std::numeric_limits<int>::max()));
}

}  // namespace

EventLoop::EventLoop(int epoll_descriptor, int wake_descriptor)
    : epoll_descriptor_(epoll_descriptor), wake_descriptor_(wake_descriptor) {}

EventLoop::~EventLoop() {
  ::close(wake_descriptor_);
  ::close(epoll_descriptor_);
}

Result<std::unique_ptr<EventLoop>> EventLoop::create() {
  const int epoll_descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_descriptor < 0) return fail(system_failure(errno, "epoll_create1"));
  const int wake_descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_descriptor < 0) {
    const int code = errno;
    ::close(epoll_descriptor);
    return fail(system_failure(code, "eventfd"));
  }
  // The constructor is private, so make_unique cannot reach it.
  std::unique_ptr<EventLoop> loop(new EventLoop(epoll_descriptor, wake_descriptor));
  const Status watched =
      loop->watch(wake_descriptor, {.readable = true}, [wake_descriptor](bool, bool) {
        std::uint64_t count = 0;
        // It is non-blocking and the number means nothing, so neither does a failure.
        [[maybe_unused]] const ssize_t got = ::read(wake_descriptor, &count, sizeof count);
      });
  if (!watched) return fail(watched.error());
  return loop;
}

Status EventLoop::watch(int descriptor, Interest interest, Callback callback) {
  const std::uint32_t generation = next_generation_++;
  epoll_event event{};
  if (interest.readable) event.events |= EPOLLIN | EPOLLRDHUP;
  if (interest.writable) event.events |= EPOLLOUT;
  event.data.u64 = pack(descriptor, generation);
  const bool known = watches_.contains(descriptor);
  int failed =
      ::epoll_ctl(epoll_descriptor_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event);
  if (failed != 0 && known && errno == ENOENT) {
    // The number was closed and opened anew without unwatch().
    failed = ::epoll_ctl(epoll_descriptor_, EPOLL_CTL_ADD, descriptor, &event);
  }
  if (failed != 0) {
    const int code = errno;
    watches_.erase(descriptor);
    return fail(system_failure(code, "epoll_ctl"));
  }
  watches_[descriptor] = Watch{std::make_shared<const Callback>(std::move(callback)), generation};
  return {};
}

void EventLoop::unwatch(int descriptor) {
  if (watches_.erase(descriptor) == 0) return;
  epoll_event unused{};
  // Fails when the descriptor is closed already; the kernel has forgotten it then.
  ::epoll_ctl(epoll_descriptor_, EPOLL_CTL_DEL, descriptor, &unused);
}

Status EventLoop::wait(const Clock& clock, SteadyTime deadline) {
  std::array<epoll_event, 64> events{};
  const int count = ::epoll_wait(epoll_descriptor_, events.data(), static_cast<int>(events.size()),
                                 timeout_milliseconds(clock, deadline));
  if (count < 0) {
    if (errno == EINTR) return {};
    return fail(system_failure(errno, "epoll_wait"));
  }
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const auto found = watches_.find(unpack_descriptor(event.data.u64));
    if (found == watches_.end()) continue;
    if (found->second.generation != unpack_generation(event.data.u64)) continue;
    const std::shared_ptr<const Callback> callback = found->second.callback;
    (*callback)((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0,
                (event.events & EPOLLOUT) != 0);
  }
  return {};
}

void EventLoop::wake() {
  const int saved = errno;  // A signal handler must not change it.
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the loop is woken anyway.
  [[maybe_unused]] const ssize_t put = ::write(wake_descriptor_, &one, sizeof one);
  errno = saved;
}

}  // namespace tailrace
