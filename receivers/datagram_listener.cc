// recvmmsg() into a batch of buffers; SO_RXQ_OVFL tells of losses beside each datagram.
#include "receivers/datagram_listener.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/result.h"

namespace tailrace::receivers {
namespace {

constexpr std::size_t kDatagramsMax = FrameSink::kFramesMax;
constexpr std::size_t kDatagramsMin = 4;
constexpr int kBatchesPerPoll = 8;

}  // namespace

struct DatagramListener::Batch {
  struct alignas(cmsghdr) Control {
    char bytes[CMSG_SPACE(sizeof(std::uint32_t))];
  };
  explicit Batch(std::size_t bytes_max)
      : count(std::clamp(kBatchBytes / bytes_max, kDatagramsMin, kDatagramsMax)),
        bytes(count * bytes_max),
        addresses(count),
        controls(count),
        parts(count),
        headers(count) {
    for (std::size_t i = 0; i < count; ++i)
      parts[i] = {.iov_base = bytes.data() + i * bytes_max, .iov_len = bytes_max};
  }

  // recvmmsg() changes lengths.
  void prepare() {
    for (std::size_t i = 0; i < count; ++i) {
      msghdr& header = headers[i].msg_hdr;
      header = {};
      header.msg_name = &addresses[i];
      header.msg_namelen = sizeof addresses[i];
      header.msg_iov = &parts[i];
      header.msg_iovlen = 1;
      header.msg_control = controls[i].bytes;
      header.msg_controllen = sizeof controls[i].bytes;
    }
  }

  const std::size_t count;
  std::vector<char> bytes;
  std::vector<sockaddr_storage> addresses;
  std::vector<Control> controls;
  std::vector<iovec> parts;
  std::vector<mmsghdr> headers;
};

DatagramListener::DatagramListener(Options options, EventLoop& loop)
    : options_(options), loop_(loop), batch_(std::make_unique<Batch>(options.datagram_bytes_max)) {
  counts_.kernel_buffer_bytes = widen_buffer(options_);
  const int descriptor = options_.descriptor;
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  watch();
}

std::uint64_t DatagramListener::widen_buffer(const Options& options) {
  const auto wanted =
      static_cast<int>(options.receive_buffer != 0 ? options.receive_buffer : kReceiveBufferBytes);
  const auto granted = [&options] {
    int bytes = 0;
    socklen_t size = sizeof bytes;
    getsockopt(options.descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, &size);
    return static_cast<std::uint64_t>(std::max(bytes, 0));
  };
  // Beyond net.core.rmem_max only for root, and only before it gave that up: then what it has
  // stays.
  if (setsockopt(options.descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) != 0 &&
      granted() < 2 * static_cast<std::uint64_t>(wanted)) {  // As the kernel counts.
    setsockopt(options.descriptor, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
  }
  return granted();
}

DatagramListener::~DatagramListener() {
  if (watched_) loop_.unwatch(options_.descriptor);
}

void DatagramListener::watch() {
  if (watched_) return;
  watched_ =
      loop_.watch(options_.descriptor, {.readable = true}, [this](bool, bool) { readable_ = true; })
          .has_value();
}

void DatagramListener::take_batch(FrameSink& sink) {
  batch_->prepare();
  // Each one must find room: one that was taken cannot be given back.
  const int got = recvmmsg(options_.descriptor, batch_->headers.data(),
                           static_cast<unsigned>(batch_->count), MSG_DONTWAIT | MSG_TRUNC, nullptr);
  if (got <= 0) {
    readable_ = got < 0 && errno == EINTR;
    if (got < 0 && errno != EAGAIN && errno != EINTR) {
      counts_.last_error = system_failure(errno, "receive").message;
    }
    return;
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
    mmsghdr& one = batch_->headers[i];
    for (cmsghdr* part = CMSG_FIRSTHDR(&one.msg_hdr); part != nullptr;
         part = CMSG_NXTHDR(&one.msg_hdr, part)) {
      if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SO_RXQ_OVFL) continue;
      std::uint32_t overflows = 0;
      std::memcpy(&overflows, CMSG_DATA(part), sizeof overflows);
      // It counts from the socket's beginning and runs over.
      counts_.kernel_drops += overflows - overflows_;
      overflows_ = overflows;
    }
    const std::size_t bytes = std::min<std::size_t>(one.msg_len, options_.datagram_bytes_max);
    const bool cut = bytes < one.msg_len;
    ++counts_.datagrams;
    if (cut) ++counts_.cut;
    const std::uint64_t taken = std::max<std::uint64_t>(one.msg_len, 1);
    left_to_take_ -= std::min(left_to_take_, taken);
    if (one.msg_hdr.msg_namelen == 0) batch_->addresses[i].ss_family = AF_UNSPEC;
    sink.take({.bytes = {static_cast<const char*>(batch_->parts[i].iov_base), bytes},
               .peer = PeerAddress::of(batch_->addresses[i]),
               .cut = cut});
  }
  if (stopping_ && left_to_take_ == 0) readable_ = false;
}

bool DatagramListener::can_take(const FrameSink& sink) const {
  return sink.has_room(batch_->bytes.size());
}

void DatagramListener::poll(FrameSink& sink) {
  for (int i = 0; i < kBatchesPerPoll && readable_; ++i) {
    if (!can_take(sink)) {
      // The loop would tell of it for ever.
      if (watched_) loop_.unwatch(options_.descriptor);
      watched_ = false;
      return;
    }
    take_batch(sink);
  }
  if (!stopping_) watch();
}

void DatagramListener::begin_stop() {
  if (stopping_) return;
  stopping_ = true;
  if (watched_) loop_.unwatch(options_.descriptor);
  watched_ = false;
  // Senders do not stop for us: what lies there now, and nothing behind it. FIONREAD tells of the
  // first datagram only, so that the bound is the kernel's buffer.
  left_to_take_ = counts_.kernel_buffer_bytes;
  readable_ = true;
}

}  // namespace tailrace::receivers
