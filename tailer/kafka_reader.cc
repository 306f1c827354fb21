// Messages in, lines out, and what the group is told about them.
#include "tailer/kafka_reader.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace tailrace::tailer {
namespace {

constexpr std::size_t kMessagesAtOnce = 256;
// The library wants to be asked now and then, or it leaves the group (max.poll.interval.ms).
constexpr std::chrono::seconds kServeInterval{5};
constexpr Backoff::Options kReconnect{.min = std::chrono::seconds(1),
                                      .max = std::chrono::seconds(60)};
constexpr std::string_view kNoKey = "none";  // docs/compatibility.md, kafka.

const LabelSet& intern_fixed(const config::LabelMap& labels, LabelSetTable& table) {
  std::vector<LabelPair> pairs;
  for (const auto& [name, value] : labels) {
    if (!name.starts_with("__") && !value.empty()) pairs.push_back({name, value});
  }
  return table.intern(pairs);
}

discovery::LineRelabeler::Options relabelling(const config::LabelMap& labels) {
  discovery::LineRelabeler::Options options;
  options.labels = labels;
  return options;
}

}  // namespace

Result<std::unique_ptr<KafkaReader>> KafkaReader::create(Options options,
                                                         discovery::Relabeler relabeler,
                                                         std::unique_ptr<RecordSplitter> splitter,
                                                         const World& world) {
  const int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (descriptor < 0) return fail(tailrace::system_failure(errno, "make an event descriptor"));
  std::unique_ptr<KafkaReader> reader(new KafkaReader(std::move(options), std::move(relabeler),
                                                      std::move(splitter), world, descriptor));
  KafkaReader* const self = reader.get();
  auto watched = world.loop.watch(descriptor, {.readable = true}, [self](bool, bool) {
    std::uint64_t events = 0;
    // What it says does not matter: the queues of the client are asked in any case.
    if (::read(self->descriptor_, &events, sizeof events) < 0 && errno == EINTR) return;
    self->signalled_ = true;
  });
  if (!watched) return fail(watched.error());
  if (auto connected = reader->connect(); !connected) return fail(connected.error());
  return reader;
}

KafkaReader::KafkaReader(Options options, discovery::Relabeler relabeler,
                         std::unique_ptr<RecordSplitter> splitter, const World& world,
                         int descriptor)
    : options_(std::move(options)),
      world_(world),
      descriptor_(descriptor),
      splitter_(std::move(splitter)),
      relabeler_(std::move(relabeler), relabelling(options_.labels), world.label_sets),
      labels_(intern_fixed(options_.labels, world.label_sets)),
      repeated_(world.metrics.counter("tailrace_kafka_repeated_messages_total",
                                      "Messages that came again and were skipped",
                                      {{"job", options_.job}})),
      commit_failures_(world.metrics.counter("tailrace_kafka_commit_failures_total",
                                             "Commits of offsets that the group refused",
                                             {{"job", options_.job}})),
      rebalances_(world.metrics.counter("tailrace_kafka_rebalances_total",
                                        "Times that the group gave or took partitions",
                                        {{"job", options_.job}})),
      random_(options_.id),
      backoff_(kReconnect, random_),
      offsets_(options_.group) {
  labels_.pin();
  if (options_.resume) {
    offsets_.restore(options_.resume->cursor_details);
    messages_ = options_.resume->position;
  }
}

KafkaReader::~KafkaReader() {
  world_.loop.unwatch(descriptor_);
  waiting_.clear();
  given_.clear();
  client_.reset();
  ::close(descriptor_);
  labels_.unpin();
}

Status KafkaReader::connect() {
  auto client =
      KafkaClient::create(options_.settings, options_.topics, world_.log, *this, descriptor_);
  if (!client) return fail(client.error());
  client_ = std::move(*client);
  fatal_ = false;
  signalled_ = true;
  more_ = true;
  return {};
}

// The library's word for a consumer that is of no use any more: another one, later.
void KafkaReader::fail_fatally(SteadyTime now) {
  std::vector<TopicPartition> all;
  for (const auto& [at, partition] : offsets_.partitions())
    all.push_back(at);
  offsets_.revoke(all);
  drop_invalid();
  given_.clear();
  lines_.clear();
  consumed_ = 0;
  client_.reset();
  assigned_ = false;
  leaving_ = Leaving::kNo;
  leave_by_ = SteadyTime::max();
  commit_in_flight_ = false;
  reconnect_at_ = now + backoff_.next();
}

// --- messages ---

KafkaPartition* KafkaReader::partition_of(const KafkaMessage& message) {
  if (message.topic_handle() == last_topic_ && last_partition_ != nullptr &&
      message.partition() == last_partition_->at.partition) {
    return last_partition_;
  }
  last_partition_ = offsets_.find({std::string(message.topic()), message.partition()});
  last_topic_ = message.topic_handle();
  return last_partition_;
}

void KafkaReader::keep(KafkaMessage message) {
  const std::string error = message.error();
  if (!error.empty()) return on_trouble(error, Severity::kTransient);
  KafkaPartition* const partition = partition_of(message);
  if (partition == nullptr || !partition->assigned) return;
  if (offsets_.judge(*partition, message.offset()) == KafkaOffsets::Verdict::kRepeated) {
    repeated_.increment();
    return;
  }
  trouble_.clear();
  Taken taken{
      .message = std::move(message), .partition = partition, .assignment = partition->assignment};
  waiting_bytes_ += taken.weight();
  waiting_.push_back(std::move(taken));
}

void KafkaReader::take_messages() {
  if (client_ == nullptr || stop_ != Stop::kNo) return;
  while (more_ && waiting_bytes_ < kWaitingBytesMax) {
    fresh_.clear();
    client_->take(fresh_, kMessagesAtOnce);
    more_ = fresh_.size() == kMessagesAtOnce;
    for (KafkaMessage& message : fresh_)
      keep(std::move(message));
    fresh_.clear();
  }
}

// Messages of partitions that went: the next member reads them.
void KafkaReader::drop_invalid() {
  std::erase_if(waiting_, [&](const Taken& taken) {
    const bool invalid = !taken.valid();
    if (invalid) waiting_bytes_ -= taken.weight();
    return invalid;
  });
  last_topic_ = nullptr;
  last_partition_ = nullptr;
}

void KafkaReader::return_unconsumed() {
  for (std::size_t i = given_.size(); i > consumed_; --i) {
    Taken& taken = given_[i - 1];
    if (!taken.valid() || stop_ != Stop::kNo) continue;
    waiting_bytes_ += taken.weight();
    waiting_.push_front(std::move(taken));
  }
  given_.clear();
  lines_.clear();
  consumed_ = 0;
  if (forget_due_) {
    offsets_.forget_finished();
    last_topic_ = nullptr;
    last_partition_ = nullptr;
    forget_due_ = false;
  }
}

Result<Source::Outcome> KafkaReader::read(ReadBuffer& buffer, LineBlock& block) {
  if (stop_ == Stop::kDone) return Outcome::kEnded;
  first_line_ += lines_.size();
  return_unconsumed();
  take_messages();
  std::size_t used = 0;
  while (!waiting_.empty()) {
    Taken& front = waiting_.front();
    const std::size_t needed = front.bytes() + ReadBuffer::kPadding;
    if (!block.lines.empty() && used + needed > ReadBuffer::kDefaultBytes) break;
    waiting_bytes_ -= front.weight();
    given_.push_back(std::move(front));
    waiting_.pop_front();
    if (append_message(given_.back(), buffer, used, block) == Fits::kNo) break;
  }
  pass_front();
  return block.lines.empty() ? Outcome::kUpToDate : Outcome::kLines;
}

KafkaReader::Fits KafkaReader::append_message(Taken& taken, ReadBuffer& buffer, std::size_t& used,
                                              LineBlock& block) {
  const std::string_view payload = taken.message.payload();
  records_.clear();
  if (splitter_ == nullptr) {
    records_.push_back({.text = payload, .category = {}});
    return append_records(taken, used, block);
  }
  // Each message has its padding behind it.
  const std::size_t needed = payload.size() + ReadBuffer::kPadding;
  if (used + needed > buffer.size()) buffer.grow(used + needed);  // There is no line in it yet.
  const std::span<char> space = buffer.span().subspan(used, payload.size());
  std::copy(payload.begin(), payload.end(), space.begin());
  splitter_->split(space, records_);
  used += ReadBuffer::kPadding;
  return append_records(taken, used, block);
}

// Lines of records_, from the first on that has not run.
KafkaReader::Fits KafkaReader::append_records(Taken& taken, std::size_t& used, LineBlock& block) {
  const KafkaPlace& next = taken.partition->next;
  const std::int64_t offset = taken.message.offset();
  std::size_t text_bytes = 0;
  Fits fits = Fits::kYes;
  taken.lines = 0;
  for (std::size_t i = next.offset == offset ? next.records : 0; i < records_.size(); ++i) {
    if (taken.lines != 0 && used + text_bytes > ReadBuffer::kDefaultBytes) {
      fits = Fits::kNo;
      break;
    }
    const auto done = static_cast<std::uint32_t>(i + 1);
    append_line(taken, records_[i], {offset, done}, block);
    text_bytes += records_[i].text.size();
  }
  // Behind its last line comes the next message.
  if (fits == Fits::kYes && taken.lines != 0) lines_.back().after = {offset + 1, 0};
  used += taken.message.payload().size();
  return fits;
}

void KafkaReader::append_line(const Taken& taken, const KafkaRecord& record, KafkaPlace after,
                              LineBlock& block) {
  const LabelSet* const labels = labels_of(taken, record.category);
  if (labels == nullptr) return;
  Line line;
  line.text = record.text.substr(0, options_.line_bytes_max);
  line.cut_short = record.text.size() > options_.line_bytes_max;
  line.begin = KafkaOffsets::position(*taken.partition, taken.message.offset());
  line.next = first_line_ + lines_.size() + 1;
  line.labels = labels;
  if (options_.time == Options::Time::kTheirs) {
    line.time_ns = record.time_ns != 0 ? record.time_ns : taken.message.time_ns();
  }
  block.lines.push_back(line);
  lines_.push_back({.message = given_.size() - 1, .after = after});
  ++given_.back().lines;
}

const LabelSet* KafkaReader::labels_of(const Taken& taken, std::string_view category) {
  const std::string_view key = taken.message.key();
  const std::array<LabelPair, 6> discovered = {
      LabelPair{"__meta_kafka_topic", taken.partition->at.topic},
      LabelPair{"__meta_kafka_partition", taken.partition->number},
      LabelPair{"__meta_kafka_member_id", member_id_},
      LabelPair{"__meta_kafka_group_id", options_.group},
      LabelPair{"__meta_kafka_message_key", key.empty() ? kNoKey : key},
      LabelPair{"__azure_event_hubs_category", category}};
  return relabeler_.resolve(std::span(discovered).first(splitter_ == nullptr ? 5 : 6));
}

void KafkaReader::finish_message(const Taken& taken) {
  ++messages_;
  const std::int64_t offset = taken.message.offset();
  if (taken.lines == 0) {
    KafkaOffsets::pass(*taken.partition, offset);
  } else {
    KafkaOffsets::advance(*taken.partition, {offset + 1, 0});
  }
}

// Messages without a line that nothing waits before.
void KafkaReader::pass_front() {
  while (consumed_ < given_.size() && given_[consumed_].lines == 0)
    finish_message(given_[consumed_++]);
}

void KafkaReader::consume(const Line& last) {
  const Given& given = lines_[last.next - first_line_ - 1];
  while (consumed_ < given.message)
    finish_message(given_[consumed_++]);
  const Taken& taken = given_[given.message];
  if (given.after.offset > taken.message.offset()) {
    finish_message(taken);
    consumed_ = given.message + 1;
    pass_front();
  } else {
    KafkaOffsets::advance(*taken.partition, given.after);
  }
}

void KafkaReader::fill_resume_point(ResumePoint& point) const {
  point.source = options_.id;
  point.kind = SourceKind::kKafka;
  point.job = options_.job;
  point.path = options_.name;
  point.position = messages_;
  point.cursor_details = offsets_.details();
}

// --- the worker's turns ---

void KafkaReader::poll(SteadyTime now) {
  if (stop_ == Stop::kDone) return;
  if (client_ == nullptr) {
    if (stop_ != Stop::kNo) {
      stop_ = Stop::kDone;
    } else if (now >= reconnect_at_) {
      const auto connected = connect();
      reconnect_at_ = connected ? SteadyTime::max() : now + backoff_.next();
      if (!connected) trouble_ = connected.error().message;
    }
    return;
  }
  if (signalled_ || now >= served_at_ + kServeInterval) {
    more_ = more_ || signalled_;
    signalled_ = false;
    served_at_ = now;
    client_->serve();
    // Also what was accepted before, of which the group heard nothing: it comes again and is
    // skipped.
    if (commit_again_at_ == SteadyTime::max()) commit_accepted();
  }
  if (fatal_) return fail_fatally(now);
  if (leaving_ != Leaving::kNo) {
    continue_leaving(now);
  }
  if (now >= commit_again_at_) commit_again();
  continue_stop(now);
  if (waiting_.empty()) take_messages();
}

bool KafkaReader::ready() const {
  return stop_ == Stop::kDone ||
         (stop_ == Stop::kNo && (!waiting_.empty() || consumed_ < given_.size()));
}

SteadyTime KafkaReader::next_deadline() const {
  if (stop_ == Stop::kDone) return SteadyTime::max();
  if (client_ == nullptr) return stop_ == Stop::kNo ? reconnect_at_ : SteadyTime::min();
  if (signalled_ || (more_ && waiting_.empty() && stop_ == Stop::kNo)) return SteadyTime::min();
  return std::min({served_at_ + kServeInterval, leave_by_, stop_by_, commit_again_at_});
}

bool KafkaReader::wants_cut() const {
  return leaving_ == Leaving::kCutting || stop_ == Stop::kCutting;
}

void KafkaReader::stored() {
  offsets_.store();
  if (leaving_ == Leaving::kCutting || stop_ == Stop::kCutting) signalled_ = true;
}

InputStatus KafkaReader::status() const {
  std::size_t partitions = 0;
  for (const auto& [at, partition] : offsets_.partitions())
    partitions += partition.assigned ? 1U : 0U;
  InputStatus status;
  status.ready = assigned_ && client_ != nullptr;
  status.trouble = trouble_;
  if (!status.ready && status.trouble.empty()) status.trouble = "has not joined the group yet";
  status.details = {{"group", options_.group},
                    {"member", member_id_},
                    {"partitions", std::to_string(partitions)},
                    {"messages", std::to_string(messages_)}};
  return status;
}

}  // namespace tailrace::tailer
