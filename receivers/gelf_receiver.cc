// From datagrams and frames to lines.
#include "receivers/gelf_receiver.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tailrace::receivers {

GelfReceiver::GelfReceiver(Options options, World world,
                           std::unique_ptr<discovery::LineRelabeler> relabeler)
    : ListeningInput(options.listening, world),
      options_(std::move(options)),
      relabeler_(std::move(relabeler)),
      unpacker_(options_.line_bytes_max),
      entries_(world.metrics.counter("promtail_gelf_target_entries_total",
                                     "Total number of successful entries sent to the gelf target")),
      parsing_errors_(
          world.metrics.counter("promtail_gelf_target_parsing_errors_total",
                                "Total number of parsing errors while receiving gelf messages")),
      dropped_(world.metrics.counter(
          "tailrace_gelf_dropped_total",
          "Messages that a relabelling rule dropped, or left without a label.")),
      incomplete_(world.metrics.counter("tailrace_gelf_incomplete_total",
                                        "Messages of which a chunk did not come: lost.")) {}

Result<std::unique_ptr<GelfReceiver>> GelfReceiver::create(
    Options options, World world, std::unique_ptr<discovery::LineRelabeler> relabeler) {
  auto receiver = std::make_unique<GelfReceiver>(std::move(options), world, std::move(relabeler));
  if (Status started = receiver->start(); !started) return fail(started.error());
  return receiver;
}

void GelfReceiver::on_bad(const PeerAddress& peer, std::string error) {
  count_broken();
  world().log.warn(
      "a message is dropped: it is no GELF",
      {{"job", options_.listening.job}, {"peer", peer.text()}, {"error", std::move(error)}});
}

bool GelfReceiver::has_room(std::size_t bytes) const {
  // Any chunk may be the last of its message.
  return ListeningInput::has_room(bytes + chunks_.bytes());
}

void GelfReceiver::take(const ReceivedFrame& frame) {
  std::string_view bytes = frame.bytes;
  if (frame.cut) return on_bad(frame.peer, "it is too long");
  if (!is_stream()) {
    if (GelfChunks::is_chunk(bytes)) {
      const auto taken = chunks_.take(frame.bytes, frame.peer, now(), bytes);
      incomplete_.add(static_cast<double>(chunks_.given_up() - given_up_seen_));
      given_up_seen_ = chunks_.given_up();
      if (taken == GelfChunks::Taken::kMore) return;
      if (taken == GelfChunks::Taken::kBad)
        return on_bad(frame.peer, "it is no chunk of a message");
    }
  }
  MessageQueue::Message message;
  message.peer = frame.peer;
  message.received_ns = unix_nanoseconds(world().clock.wall_now());
  message.bytes = bytes;
  queue().push(message);
}

const LabelSet* GelfReceiver::labels_of(const GelfMessage& gelf) {
  discovered_.clear();
  const auto add = [this](std::string_view name, std::string_view value) {
    if (!value.empty()) discovered_.push_back({.name = name, .value = value});
  };
  add("__gelf_message_level", gelf_level(gelf.level));
  add("__gelf_message_host", gelf.host);
  add("__gelf_message_version", gelf.version);
  add("__gelf_message_facility", gelf.facility);
  return relabeler_->resolve(discovered_);
}

const GelfMessage* GelfReceiver::read_message(const MessageQueue::Message& message, Line& line) {
  const auto unpacked = unpacker_.unpack(message.bytes);
  Result<const GelfMessage*> gelf =
      unpacked ? reader_.read(*unpacked) : Result<const GelfMessage*>(fail(unpacked.error()));
  if (!gelf) {
    if (message.begin >= counted_) on_bad(message.peer, gelf.error().message);
    return nullptr;
  }
  line.labels = labels_of(**gelf);
  if (line.labels == nullptr) {
    count(dropped_, message);
    return nullptr;
  }
  line.begin = message.begin;
  line.next = message.next;
  line.time_ns = message.received_ns;
  if (options_.use_incoming_timestamp) {
    line.time_ns = (*gelf)->time_ns.value_or(message.received_ns);
  }
  return *gelf;
}

Result<Source::Outcome> GelfReceiver::read(ReadBuffer& buffer, LineBlock& block) {
  make_room();
  SourcePosition position = queue().consumed();
  MessageQueue::Message message;
  std::size_t used = 0;
  while (queue().get(position, message)) {
    Line line;
    if (const GelfMessage* const gelf = read_message(message, line); gelf != nullptr) {
      const std::string_view text = std::string_view(gelf->line).substr(0, options_.line_bytes_max);
      if (block.lines.empty()) buffer.grow(text.size());
      if (used + text.size() > buffer.size()) break;
      std::memcpy(buffer.span().data() + used, text.data(), text.size());
      line.text = {buffer.span().data() + used, text.size()};
      used += text.size();
      block.lines.push_back(line);
      count(entries_, message);
    }
    position = message.next;
    counted_ = std::max(counted_, position);
  }
  if (!block.lines.empty()) return Outcome::kLines;
  queue().consume(position);
  return outcome_without_lines();
}

}  // namespace tailrace::receivers
