// Requests one after the other: decoded, read in blocks, answered when stored.
#include "receivers/push_receiver.h"

#include <algorithm>
#include <utility>

namespace tailrace::receivers {
namespace {

constexpr std::size_t kBlockBytes = ReadBuffer::kDefaultBytes;

const LabelSet& interned(const std::map<std::string, std::string>& labels, LabelSetTable& table) {
  std::vector<LabelPair> pairs;
  for (const auto& [name, value] : labels)
    pairs.push_back({name, value});
  return table.intern(pairs);
}

std::size_t bytes_of(const Line& line) {
  std::size_t bytes = line.text.size();
  for (const LabelPair& pair : line.metadata)
    bytes += pair.name.size() + pair.value.size();
  return bytes;
}

// A block ends after so many lines, however short: the worker has others to read.
constexpr std::size_t kBlockLines = 8192;

constexpr const char* kEntriesHelp = "Lines that were pushed.";
constexpr const char* kErrorsHelp = "Pushed requests that could not be read.";
constexpr const char* kRequestsHelp = "Requests of push receivers by what became of them.";

}  // namespace

PushReceiver::PushReceiver(Parts parts, Options options, const std::optional<ResumePoint>& resume)
    : clock_(parts.clock),
      log_(parts.log),
      metrics_(parts.metrics),
      label_sets_(parts.label_sets),
      options_(std::move(options)),
      format_(std::move(parts.format)),
      relabeler_(std::move(parts.relabeler)),
      fixed_(&interned(options_.fixed_labels, label_sets_)),
      requests_taken_(metrics_.counter("tailrace_push_requests_total", kRequestsHelp,
                                       {{"job", options_.job}, {"result", "taken"}})),
      requests_repeated_(metrics_.counter("tailrace_push_requests_total", kRequestsHelp,
                                          {{"job", options_.job}, {"result", "repeated"}})),
      lines_dropped_(metrics_.counter("tailrace_push_dropped_lines_total",
                                      "Pushed lines that relabelling dropped, or left no label.",
                                      {{"job", options_.job}})),
      inbox_(*format_, clock_, metrics_, options_.inbox, [&loop = parts.loop] { loop.wake(); }) {
  fixed_->pin();
  if (!options_.entries_metric.empty()) {
    entries_ = &metrics_.counter(options_.entries_metric, kEntriesHelp);
  }
  if (!options_.errors_metric.empty() && options_.errors == Options::Errors::kPlain) {
    metrics_.counter(options_.errors_metric, kErrorsHelp);
  }
  if (!resume) return;
  position_ = resume->position;
  recent_.restore(resume->cursor_details);
}

PushReceiver::~PushReceiver() {
  // Its thread uses the inbox and the format.
  queue_.clear();
  current_.reset();
  waiting_.clear();
  server_.reset();
  fixed_->unpin();
}

Status PushReceiver::listen(http::MicrohttpdServer::Options server) {
  server.answers_early = [this](const http::ServerRequest& request) {
    return inbox_.early(request);
  };
  auto created = http::MicrohttpdServer::create_async(
      std::move(server), [this](http::ServerRequest&& request, http::Responder responder) {
        inbox_.request(std::move(request), std::move(responder));
      });
  if (!created) return fail(created.error());
  server_ = std::move(*created);
  return {};
}

BodyHash PushReceiver::hash_of(const http::ServerRequest& request) {
  BodyHash hash{1, 2};
  const auto add = [&hash](std::string_view text) {
    hash.low = hash_text(text, hash.low);
    hash.high = hash_text(text, hash.high);
  };
  add(request.path);
  for (const auto& [name, value] : request.query_pairs) {
    add(name);
    add(value);
  }
  add(header_of(request, "x-scope-orgid"));
  add(request.body);
  return hash;
}

void PushReceiver::take_messages() {
  for (PushInbox::Message& message : inbox_.take()) {
    if (auto* const arrived = std::get_if<PushInbox::Arrived>(&message)) {
      oldest_ = std::min(oldest_, arrived->ticket.at);
      queue_.push_back(std::move(*arrived));
      continue;
    }
    const auto& [number, outcome] = std::get<PushInbox::Answered>(message);
    if (outcome == http::Responder::Outcome::kSent) {
      recent_.forget(number);
    } else {
      recent_.orphan(number);
    }
  }
}

void PushReceiver::poll(SteadyTime now) {
  take_messages();
  if (!recent_.empty()) recent_.forget_old(unix_nanoseconds(clock_.wall_now()));
  if (stopping_) {
    if (stop_deadline_ == SteadyTime::max()) stop_deadline_ = now + kStopPatience;
    if (now >= stop_deadline_) overdue_ = true;
    refuse_queue("the server stops");
    return;
  }
  if (room_ == Room::kYes) {
    no_room_since_ = SteadyTime::max();
    inbox_.refuse(PushInbox::Refusing::kNobody);
  } else if (no_room_since_ == SteadyTime::max()) {
    no_room_since_ = now;
  } else if (now - no_room_since_ >= kPatience) {
    inbox_.refuse(PushInbox::Refusing::kNoRoom);
    refuse_queue("there is no room for more lines");
  }
  answer_late(now);
}

// 503 for whoever waits longer than answer_timeout; what was taken of it stays, and the repeat is
// recognised.
void PushReceiver::answer_late(SteadyTime now) {
  if (options_.answer_timeout.count() == 0 || oldest_ == SteadyTime::max()) return;
  if (now - oldest_ < options_.answer_timeout) return;
  oldest_ = SteadyTime::max();
  const auto look = [this, now](PushInbox::Ticket& ticket) {
    if (!ticket.responder.waiting()) return;
    if (now - ticket.at >= options_.answer_timeout) {
      inbox_.answer(ticket, http::unavailable("timed out"));
    } else {
      oldest_ = std::min(oldest_, ticket.at);
    }
  };
  for (PushInbox::Arrived& one : queue_)
    look(one.ticket);
  for (Waiting& one : waiting_)
    look(one.ticket);
  if (current_) look(current_->ticket);
  std::erase_if(queue_,
                [](const PushInbox::Arrived& one) { return !one.ticket.responder.waiting(); });
  std::erase_if(waiting_, [](const Waiting& one) { return !one.ticket.responder.waiting(); });
}

void PushReceiver::refuse_queue(const char* reason) {
  for (PushInbox::Arrived& one : queue_)
    inbox_.answer(one.ticket, http::unavailable(reason));
  queue_.clear();
}

bool PushReceiver::ready() const {
  if (!all_given()) return true;
  return stopping_ && (waiting_.empty() || overdue_);
}

SteadyTime PushReceiver::next_deadline() const {
  if (stopping_) return overdue_ ? SteadyTime::max() : stop_deadline_;
  SteadyTime deadline = SteadyTime::max();
  if (room_ == Room::kNo && inbox_.refusing() == PushInbox::Refusing::kNobody &&
      no_room_since_ != SteadyTime::max()) {
    deadline = no_room_since_ + kPatience;
  }
  if (options_.answer_timeout.count() > 0 && oldest_ != SteadyTime::max()) {
    deadline = std::min(deadline, oldest_ + options_.answer_timeout);
  }
  return deadline;
}

Result<Source::Outcome> PushReceiver::read(ReadBuffer& /*buffer*/, LineBlock& block) {
  while (true) {
    if (current_ && !current_->complete) {
      fill(block);
      if (!block.lines.empty()) return Outcome::kLines;
      complete();  // What was left of it is dropped.
    }
    if (!begin_next()) break;
  }
  const bool answered = waiting_.empty() || overdue_;
  return stopping_ && all_given() && answered ? Outcome::kEnded : Outcome::kUpToDate;
}

bool PushReceiver::begin_next() {
  current_.reset();
  if (queue_.empty()) return false;
  PushInbox::Arrived arrived = std::move(queue_.front());
  queue_.pop_front();
  begin(std::move(arrived));
  return current_.has_value();
}

void PushReceiver::recognise(const PushInbox::Arrived& arrived, RecentBodies::Record& record) {
  record.hash = hash_of(arrived.request);
  // One whose sender has gone waits for no answer, even if that has not shown yet.
  if (const std::uint64_t owner = recent_.owner(record.hash); owner != 0) {
    for (const Waiting& one : waiting_) {
      if (one.ticket.number == owner && one.ticket.responder.peer_gone()) recent_.orphan(owner);
    }
  }
  const auto before = recent_.adopt(record.hash, record.request);
  if (before) record = *before;
}

void PushReceiver::begin(PushInbox::Arrived arrived) {
  RecentBodies::Record record;
  record.request = arrived.ticket.number;
  const bool knows_repeats = format_->knows_repeats(arrived.request);
  if (knows_repeats) recognise(arrived, record);
  lines_.clear();
  // Views go into the request: it has to be where it stays.
  current_.emplace(Current{.request = std::move(arrived.request),
                           .ticket = std::move(arrived.ticket),
                           .record = record,
                           .knows_repeats = knows_repeats});
  if (!record.whole) {
    auto refusal = format_->decode(current_->request, lines_);
    if (!refusal && lines_.full()) {
      refusal = {.status = 413, .reason = "format", .message = "the request has too many lines"};
    }
    if (refusal) {
      refuse(*refusal);
      return;
    }
  }
  current_->next = std::min<std::size_t>(record.lines, lines_.size());
  current_->base = position_ - current_->next;
}

void PushReceiver::refuse(const Refusal& refusal) {
  PushInbox::Ticket& ticket = current_->ticket;
  recent_.orphan(ticket.number);
  if (!options_.errors_metric.empty()) {
    const bool by_reason = options_.errors == Options::Errors::kByReason;
    metrics_
        .counter(options_.errors_metric, kErrorsHelp,
                 by_reason ? MetricLabels{{"reason", refusal.reason}} : MetricLabels{})
        .increment();
  }
  metrics_
      .counter("tailrace_push_requests_total", kRequestsHelp,
               {{"job", options_.job}, {"result", "refused"}})
      .increment();
  log_.warn("a pushed request was refused",
            {{"job", options_.job}, {"from", current_->request.peer}, {"error", refusal.message}});
  inbox_.answer(ticket, format_->refused(current_->request, refusal));
  current_.reset();
  lines_.clear();
}

const LabelSet* PushReceiver::labels_of(const PushedLines::Group& group) {
  if (group.kind == PushedLines::Labels::kOwn) return relabeler_->resolve(lines_.labels(group));
  if (group.count == 0) return fixed_;
  std::map<std::string_view, std::string_view> merged;
  for (const LabelPair& pair : lines_.labels(group))
    merged.emplace(pair.name, pair.value);
  for (const LabelPair& pair : fixed_->pairs())
    merged.insert_or_assign(pair.name, pair.value);
  std::vector<LabelPair> pairs;
  for (const auto& [name, value] : merged)
    pairs.push_back({name, value});
  return &label_sets_.intern(pairs);
}

void PushReceiver::fill(LineBlock& block) {
  std::size_t bytes = 0;
  std::optional<std::uint32_t> group;
  const LabelSet* labels = nullptr;
  for (std::size_t i = current_->next; i < lines_.size(); ++i) {
    const PushedLines::Entry& entry = lines_[i];
    if (group != entry.group) {
      group = entry.group;
      labels = labels_of(lines_.group(entry.group));
    }
    if (labels == nullptr) {
      if (i >= current_->counted) {
        lines_dropped_.increment();
        current_->counted = i + 1;  // A block that is read again counts once.
      }
      // Behind a line it goes with that.
      if (!block.lines.empty()) block.lines.back().next = current_->base + i + 1;
      continue;
    }
    Line line;
    line.text = entry.text.substr(0, options_.line_bytes_max);
    line.cut_short = entry.text.size() > options_.line_bytes_max;
    line.begin = current_->base + i;
    line.next = line.begin + 1;
    line.time_ns = entry.time_ns;
    line.labels = labels;
    line.metadata = lines_.metadata(entry);
    bytes += bytes_of(line);
    const bool is_full = bytes > kBlockBytes || block.lines.size() >= kBlockLines;
    if (is_full && !block.lines.empty()) return;
    block.lines.push_back(line);
  }
}

void PushReceiver::consume(const Line& last) {
  dirty_ = true;
  position_ = last.next;
  Current& current = *current_;
  current.next = position_ - current.base;
  const bool whole = current.next == lines_.size();
  if (current.knows_repeats) {
    current.record.lines = current.next;
    current.record.whole = whole;
    current.record.time_ns = unix_nanoseconds(clock_.wall_now());
    recent_.note(current.record);
  }
  if (whole) complete();
}

// Its lines stay readable until the next read().
void PushReceiver::complete() {
  Current& current = *current_;
  if (current.complete) return;
  current.complete = true;
  const bool repeated = current.record.whole && lines_.size() == 0 && current.record.lines > 0;
  (repeated ? requests_repeated_ : requests_taken_).increment();
  if (entries_ != nullptr) entries_->add(static_cast<double>(lines_.size()));
  PushInbox::Ticket ticket = std::move(current.ticket);
  if (!ticket.responder.waiting()) {
    recent_.orphan(ticket.number);  // It was told to come again.
    return;
  }
  http::ServerResponse response = format_->taken(current.request);
  if (dirty_) {
    waiting_.push_back({std::move(ticket), std::move(response)});
  } else {
    answer_taken(ticket, std::move(response));
  }
}

// Of a sender that has gone the repeat may be here already, in front of the news that the answer
// was lost.
void PushReceiver::answer_taken(PushInbox::Ticket& ticket, http::ServerResponse response) {
  if (ticket.responder.peer_gone()) recent_.orphan(ticket.number);
  inbox_.answer(ticket, std::move(response));
}

void PushReceiver::stored() {
  dirty_ = false;
  for (Waiting& one : waiting_)
    answer_taken(one.ticket, std::move(one.response));
  waiting_.clear();
}

void PushReceiver::set_room(Room room) {
  room_ = room;
}

void PushReceiver::begin_stop() {
  stopping_ = true;
  inbox_.refuse(PushInbox::Refusing::kStopping);
  if (server_ != nullptr) server_->stop_listening();
}

void PushReceiver::fill_resume_point(ResumePoint& point) const {
  point.source = options_.id;
  point.kind = SourceKind::kReceiver;
  point.job = options_.job;
  point.path = options_.name;
  point.label_path = options_.name;
  point.position = position_;
  point.cursor_details = recent_.text();
}

InputStatus PushReceiver::status() const {
  InputStatus status;
  status.ready = server_ != nullptr && !stopping_;
  if (inbox_.refusing() == PushInbox::Refusing::kNoRoom) {
    status.trouble = "there is no room for more lines: senders are told to come again";
  }
  status.details = {{"port", std::to_string(port())},
                    {"requests waiting", std::to_string(queue_.size() + waiting_.size())}};
  return status;
}

}  // namespace tailrace::receivers
