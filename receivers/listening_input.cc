// One socket, of either sort, and the queue behind it.
#include "receivers/listening_input.h"

#include <algorithm>
#include <utility>

namespace tailrace::receivers {
namespace {

using Protocol = config::ListenConfig::Protocol;

std::size_t queue_bytes(const ListeningInput::Options& options) {
  const std::size_t message =
      std::max<std::size_t>(options.framer.counted_bytes_max, options.framer.line_bytes_max);
  const std::size_t batch = std::max(DatagramListener::kBatchBytes, 4 * options.datagram_bytes_max);
  // Half of it is room enough for the longest: only then is it worth moving what is there.
  return ListeningInput::kQueueBytes + 2 * std::max({message, batch, options.message_bytes_max});
}

}  // namespace

ListeningInput::ListeningInput(Options options, World world)
    : options_(std::move(options)),
      world_(world),
      queue_(queue_bytes(options_), options_.begin),
      accepted_{world.metrics.counter("tailrace_" + options_.kind + "_connections_total",
                                      "Connections that were accepted.")},
      refused_{world.metrics.counter("tailrace_" + options_.kind + "_connections_refused_total",
                                     "Connections closed at once: there were max_connections.")},
      timed_out_{world.metrics.counter("tailrace_" + options_.kind + "_connections_idle_total",
                                       "Connections closed after idle_timeout.")},
      failed_{world.metrics.counter("tailrace_" + options_.kind + "_connections_failed_total",
                                    "Connections that failed: resets, TLS.")},
      cut_{world.metrics.counter("tailrace_" + options_.kind + "_cut_messages_total",
                                 "Messages over a limit: their beginning was kept.")},
      kernel_drops_{world.metrics.counter("tailrace_" + options_.kind + "_kernel_drops_total",
                                          "Datagrams that found the kernel's buffer full: lost.")},
      open_(
          world.metrics.gauge("tailrace_" + options_.kind + "_connections", "Open connections.")) {
  options_.labels->pin();
  now_ = world_.clock.steady_now();
}

ListeningInput::~ListeningInput() {
  open_.add(-static_cast<double>(open_seen_));
  options_.labels->unpin();
}

bool ListeningInput::is_stream() const {
  return options_.listen.protocol == Protocol::kTcp ||
         options_.listen.protocol == Protocol::kUnixStream;
}

Status ListeningInput::start() {
  if (!is_stream()) {
    datagrams_ = std::make_unique<DatagramListener>(
        DatagramListener::Options{.descriptor = options_.descriptor,
                                  .datagram_bytes_max = options_.datagram_bytes_max,
                                  .receive_buffer = options_.listen.receive_buffer},
        world_.loop);
    return {};
  }
  std::unique_ptr<http::ServerTls> tls;
  if (options_.tls.enabled()) {
    auto created = http::ServerTls::create(options_.tls, &world_.log);
    if (!created) return fail(created.error());
    tls = std::move(*created);
  }
  stream_ = std::make_unique<StreamListener>(
      StreamListener::Options{.descriptor = options_.descriptor,
                              .framer = options_.framer,
                              .idle_timeout = options_.idle_timeout,
                              .connections_max = options_.listen.max_connections,
                              .park = options_.use ? options_.park : nullptr,
                              .use = options_.use.get()},
      std::move(tls), world_.loop);
  return {};
}

bool ListeningInput::has_room(std::size_t bytes) const {
  // Each datagram may hold kFramesMax messages.
  constexpr std::size_t kHeaders = kFramesMax * kFramesMax * MessageQueue::kHeaderBytes;
  return queue_.has_room(bytes + kHeaders);
}

void ListeningInput::on_broken_stream(const PeerAddress& peer) {
  count_broken();
  world_.log.warn("a connection is closed: what it sends is cut into messages in no known way",
                  {{"job", options_.job}, {"peer", peer.text()}});
}

void ListeningInput::poll(SteadyTime now) {
  now_ = now;
  if (stream_) stream_->poll(now, *this);
  if (datagrams_ && datagrams_->has_more()) datagrams_->poll(*this);
  count_all();
}

bool ListeningInput::ready() const {
  if (queue_.wants_room()) return true;
  if (queue_.empty()) return outcome_without_lines() == Outcome::kEnded;
  return now_ >= wait_until_;
}

SteadyTime ListeningInput::next_deadline() const {
  SteadyTime deadline = stream_ ? stream_->next_deadline() : SteadyTime::max();
  if (datagrams_ && datagrams_->has_more() && datagrams_->can_take(*this)) deadline = now_;
  if (now_ < wait_until_) deadline = std::min(deadline, wait_until_);
  return deadline;
}

void ListeningInput::make_room() {
  if (queue_.empty() || queue_.wants_room()) queue_.make_room();
}

Source::Outcome ListeningInput::outcome_without_lines() const {
  const bool done = stopping_ && queue_.empty() && (!stream_ || stream_->stopped()) &&
                    (!datagrams_ || datagrams_->stopped());
  return done ? Outcome::kEnded : Outcome::kUpToDate;
}

void ListeningInput::begin_stop() {
  if (stopping_) return;
  stopping_ = true;
  now_ = world_.clock.steady_now();
  if (stream_) stream_->begin_stop(now_, *this);
  if (datagrams_) {
    datagrams_->begin_stop();
    datagrams_->poll(*this);
  }
  count_all();
}

void ListeningInput::fill_resume_point(ResumePoint& point) const {
  point.source = options_.id;
  point.job = options_.job;
  point.kind = SourceKind::kReceiver;
  point.position = queue_.consumed();
}

void ListeningInput::count(Metered& metered, std::uint64_t now_at) {
  if (now_at == metered.seen) return;
  metered.total.add(static_cast<double>(now_at - metered.seen));
  metered.seen = now_at;
}

void ListeningInput::count_all() {
  if (datagrams_) {
    const DatagramListener::Counts& counts = datagrams_->counts();
    if (counts.kernel_drops != kernel_drops_.seen) {
      world_.log.warn("datagrams are lost: they come faster than they are taken",
                      {{"job", options_.job}});
    }
    count(kernel_drops_, counts.kernel_drops);
    count(cut_, counts.cut);
    trouble_ = counts.last_error;
  }
  if (!stream_) return;
  const StreamListener::Counts& counts = stream_->counts();
  if (counts.accept_trouble != trouble_ && !counts.accept_trouble.empty()) {
    world_.log.warn("no connection can be accepted; it is tried again",
                    {{"job", options_.job}, {"error", counts.accept_trouble}});
  }
  trouble_ = counts.accept_trouble;
  if (counts.refused != refused_.seen) {
    world_.log.warn("a connection is refused: there are max_connections", {{"job", options_.job}});
  }
  if (counts.failed != failed_.seen) {
    world_.log.warn("a connection failed", {{"job", options_.job}, {"error", counts.last_error}});
  }
  count(accepted_, counts.accepted);
  count(refused_, counts.refused);
  count(timed_out_, counts.timed_out);
  count(failed_, counts.failed);
  count(cut_, counts.cut);
  if (stream_->open() != open_seen_) {
    open_.add(static_cast<double>(stream_->open()) - static_cast<double>(open_seen_));
    open_seen_ = stream_->open();
  }
}

InputStatus ListeningInput::status() const {
  InputStatus status{
      .ready = stream_ != nullptr || datagrams_ != nullptr, .trouble = trouble_, .details = {}};
  if (stream_) status.details.emplace_back("connections", std::to_string(stream_->open()));
  if (datagrams_) {
    status.details.emplace_back("lost by the kernel",
                                std::to_string(datagrams_->counts().kernel_drops));
  }
  status.details.emplace_back("bytes waiting", std::to_string(queue_.bytes()));
  return status;
}

}  // namespace tailrace::receivers
