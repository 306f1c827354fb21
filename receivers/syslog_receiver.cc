// From frames to lines.
#include "receivers/syslog_receiver.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "receivers/syslog_time.h"

namespace tailrace::receivers {
namespace {

constexpr std::string_view kSdPrefix = "__syslog_message_sd_";

bool tolerant(SyslogLeniency leniency) {
  return leniency == SyslogLeniency::kTolerant;
}

}  // namespace

SyslogReceiver::SyslogReceiver(Options options, World world,
                               std::unique_ptr<discovery::LineRelabeler> relabeler)
    : ListeningInput(options.listening, world),
      options_(std::move(options)),
      relabeler_(std::move(relabeler)),
      peers_(options_.names.get()),
      entries_(
          world.metrics.counter("promtail_syslog_target_entries_total",
                                "Total number of successful entries sent to the syslog target")),
      parsing_errors_(
          world.metrics.counter("promtail_syslog_target_parsing_errors_total",
                                "Total number of parsing errors while receiving syslog messages")),
      empty_messages_(
          world.metrics.counter("promtail_syslog_empty_messages_total",
                                "Total number of empty messages receiving from syslog")),
      dropped_(world.metrics.counter(
          "tailrace_syslog_dropped_total",
          "Messages that a relabelling rule dropped, or left without a label.")) {}

Result<std::unique_ptr<SyslogReceiver>> SyslogReceiver::create(
    Options options, World world, std::unique_ptr<discovery::LineRelabeler> relabeler) {
  auto receiver = std::make_unique<SyslogReceiver>(std::move(options), world, std::move(relabeler));
  if (Status started = receiver->start(); !started) return fail(started.error());
  return receiver;
}

void SyslogReceiver::take(const ReceivedFrame& frame) {
  const std::int64_t now_ns = unix_nanoseconds(world().clock.wall_now());
  MessageQueue::Message message;
  message.peer = frame.peer;
  message.received_ns = now_ns;
  message.cut = frame.cut;
  if (is_stream()) {
    message.bytes = frame.bytes;
    queue().push(message);
    return;
  }
  // A datagram may hold several messages; beyond kFramesMax the rest is one.
  SyslogFramer::Options framing = options_.listening.framer;
  framing.counted_bytes_max = framing.line_bytes_max = 1U << 30U;
  SyslogFramer framer(framing);
  std::string_view data = frame.bytes;
  SyslogFramer::Frame part;
  for (std::size_t count = 1; count < kFramesMax; ++count) {
    const auto step = framer.next(data, part);
    if (step == SyslogFramer::Step::kMore) break;
    if (step == SyslogFramer::Step::kBroken) {
      count_broken();
      return;
    }
    message.bytes = part.bytes;
    queue().push(message);
  }
  const auto step = framer.finish(data, part);
  if (step == SyslogFramer::Step::kBroken) count_broken();
  if (step != SyslogFramer::Step::kFrame) return;
  message.bytes = part.bytes;
  queue().push(message);
}

void SyslogReceiver::add_structured_data(std::string_view data) {
  sd_text_.clear();
  sd_places_.clear();
  SyslogParams params(data);
  while (params.next()) {
    if (params.name().empty()) continue;
    const std::size_t begin = sd_text_.size();
    sd_text_.append(kSdPrefix).append(params.id()).append("_").append(params.name());
    const std::size_t name = sd_text_.size() - begin;
    // Promtail's: an "@" is no part of a label's name.
    std::replace(sd_text_.begin() + static_cast<std::ptrdiff_t>(begin), sd_text_.end(), '@', '_');
    append_sd_value(params.value(), sd_text_);
    sd_places_.emplace_back(name, sd_text_.size() - begin - name);
  }
  std::string_view rest = sd_text_;
  for (const auto& [name, value] : sd_places_) {
    discovered_.push_back({.name = rest.substr(0, name), .value = rest.substr(name, value)});
    rest.remove_prefix(name + value);
  }
}

const LabelSet* SyslogReceiver::labels_of(const SyslogMessage& syslog,
                                          const PeerLabels::Labels& peer) {
  discovered_.clear();
  const auto add = [this](std::string_view name, std::string_view value) {
    if (!value.empty()) discovered_.push_back({.name = name, .value = value});
  };
  add("__syslog_connection_ip_address", peer.address);
  add("__syslog_connection_hostname", peer.name);
  add("__syslog_message_severity", syslog_severity(syslog.priority));
  add("__syslog_message_facility", syslog_facility(syslog.priority));
  if (syslog.fault != SyslogMessage::Fault::kNone) {
    add("__syslog_parse_error", to_text(syslog.fault));
  } else {
    add("__syslog_message_hostname", syslog.hostname);
    add("__syslog_message_app_name", syslog.app_name);
    add("__syslog_message_proc_id", syslog.proc_id);
    add("__syslog_message_msg_id", syslog.msg_id);
    if (options_.label_structured_data) add_structured_data(syslog.structured_data);
  }
  return relabeler_->resolve(discovered_);
}

std::string_view SyslogReceiver::text_of(const SyslogMessage& syslog,
                                         const MessageQueue::Message& message) {
  if (syslog.fault != SyslogMessage::Fault::kNone) {
    return tolerant(options_.leniency) ? message.bytes : std::string_view();
  }
  if (options_.use_rfc5424_message && options_.format == SyslogFormat::kRfc5424 &&
      (syslog.has_text || tolerant(options_.leniency))) {
    if (syslog.format != SyslogFormat::kRfc5424) return message.bytes;
    rendered_.clear();
    renderer_.render(syslog, rendered_);
    return rendered_;
  }
  if (!syslog.text.empty()) return syslog.text;
  // Structured data alone says something, too.
  const bool says = tolerant(options_.leniency) && !syslog.structured_data.empty();
  return says ? message.bytes : std::string_view();
}

SyslogReceiver::Use SyslogReceiver::make_line(const MessageQueue::Message& message, Line& line) {
  const PeerLabels::Labels peer = peers_.find(message.peer, now());
  if (!peer.name_known) {
    const std::int64_t age_ns = unix_nanoseconds(world().clock.wall_now()) - message.received_ns;
    const std::int64_t wait_ns = std::chrono::nanoseconds(kNameWait).count();
    if (age_ns >= 0 && age_ns < wait_ns) return Use::kWait;
  }
  const SyslogMessage syslog =
      parse_syslog_message(message.bytes, options_.format, options_.leniency);
  const bool faulty = syslog.fault != SyslogMessage::Fault::kNone;
  if (faulty) count(parsing_errors_, message);
  if (!faulty && syslog.text.empty()) count(empty_messages_, message);
  line.text = text_of(syslog, message).substr(0, options_.line_bytes_max);
  if (line.text.empty()) return Use::kNothing;
  line.labels = labels_of(syslog, peer);
  if (line.labels == nullptr) {
    count(dropped_, message);
    return Use::kNothing;
  }
  line.time_ns = message.received_ns;
  if (options_.use_incoming_timestamp && !faulty) {
    line.time_ns = syslog_time_ns(syslog.time, options_.zone, message.received_ns)
                       .value_or(message.received_ns);
  }
  line.begin = message.begin;
  line.next = message.next;
  return Use::kLine;
}

Result<Source::Outcome> SyslogReceiver::read(ReadBuffer& buffer, LineBlock& block) {
  make_room();
  SourcePosition position = queue().consumed();
  MessageQueue::Message message;
  std::size_t used = 0;  // Of the buffer, by what was rendered.
  std::size_t block_bytes = 0;
  while (queue().get(position, message)) {
    Line line;
    const Use use = make_line(message, line);
    if (use == Use::kWait) {
      wait_until(now() + std::chrono::milliseconds(20));
      break;
    }
    if (use == Use::kLine) {
      if (!block.lines.empty() && block_bytes + line.text.size() > ReadBuffer::kDefaultBytes) break;
      if (line.text.data() == rendered_.data()) {
        // Only a line that is alone may need more than there is.
        buffer.grow(line.text.size());
        if (used + line.text.size() > buffer.size()) break;
        std::memcpy(buffer.span().data() + used, line.text.data(), line.text.size());
        line.text = {buffer.span().data() + used, line.text.size()};
        used += line.text.size();
      }
      block_bytes += line.text.size();
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
