// Records of a header and bytes, one behind the other.
#include "receivers/message_queue.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace tailrace::receivers {

MessageQueue::MessageQueue(std::size_t bytes_max, SourcePosition begin)
    : bytes_max_(bytes_max),
      memory_(std::make_unique_for_overwrite<char[]>(bytes_max + ReadBuffer::kPadding)),
      base_(begin),
      begin_(begin),
      end_(begin) {}

bool MessageQueue::has_room(std::size_t bytes) const {
  return sizeof(Header) + bytes <= bytes_max_ - (end_ - base_);
}

void MessageQueue::push(Message message) {
  TAILRACE_CHECK(has_room(message.bytes.size()));
  last_received_ns_ = std::max(message.received_ns, last_received_ns_ + 1);
  const Header header{.peer = message.peer,
                      .cut = message.cut,
                      .bytes = static_cast<std::uint32_t>(message.bytes.size()),
                      .received_ns = last_received_ns_};
  char* const at = memory_.get() + (end_ - base_);
  std::memcpy(at, &header, sizeof header);
  if (!message.bytes.empty()) {
    std::memcpy(at + sizeof header, message.bytes.data(), message.bytes.size());
  }
  end_ += sizeof header + message.bytes.size();
}

bool MessageQueue::get(SourcePosition position, Message& message) const {
  if (position >= end_) return false;
  const char* const at = memory_.get() + (position - base_);
  Header header;
  std::memcpy(&header, at, sizeof header);
  message.peer = header.peer;
  message.cut = header.cut;
  message.received_ns = header.received_ns;
  message.bytes = {at + sizeof header, header.bytes};
  message.begin = position;
  message.next = position + sizeof header + header.bytes;
  return true;
}

void MessageQueue::consume(SourcePosition next) {
  begin_ = std::max(begin_, next);
}

void MessageQueue::make_room() {
  if (begin_ == base_) return;
  std::memmove(memory_.get(), memory_.get() + (begin_ - base_), end_ - begin_);
  base_ = begin_;
}

}  // namespace tailrace::receivers
