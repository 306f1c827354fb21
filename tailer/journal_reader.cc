// The systemd journal as an input: entries become lines, and nothing comes twice.
#include "tailer/journal_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "tailer/journal_cursor.h"

namespace tailrace::tailer {
namespace {

constexpr std::size_t kFieldNameMax = 64;  // journald takes no longer ones.
constexpr Backoff::Options kBackoff{std::chrono::seconds(1), std::chrono::seconds(60)};
// The kernel keeps 16384 events of at least 16 bytes; then it forgets some.
constexpr std::size_t kWaitingBytesMax = 128U << 10U;
// When nothing can be watched.
constexpr std::chrono::seconds kPollPeriod{5};
// Entries that are looked through for the one that was read last.
constexpr int kSearchedMax = 100'000;

std::int64_t oldest_us(const Clock& clock, std::chrono::nanoseconds age_max) {
  constexpr std::int64_t kNsPerUs = 1000;
  return std::max<std::int64_t>(
      (unix_nanoseconds(clock.wall_now()) / kNsPerUs) - (age_max.count() / kNsPerUs), 0);
}

// The labels that every line has, whatever its entry says.
const LabelSet& fixed_labels(const discovery::LabelMap& labels, LabelSetTable& table) {
  std::vector<LabelPair> pairs;
  for (const auto& [name, value] : labels) {
    if (!name.starts_with("__") && !value.empty()) pairs.push_back({name, value});
  }
  return table.intern(pairs);
}

MetricValue& parsing_errors(Metrics& metrics, const char* reason) {
  return metrics.counter("promtail_journal_target_parsing_errors_total",
                         "Journal entries that became no line, by reason", {{"error", reason}});
}

}  // namespace

JournalReader::JournalReader(JournalOptions options, discovery::Relabeler relabeler,
                             JournalStart start, const JournalWorld& world)
    : options_(std::move(options)),
      id_(start.id),
      job_(std::move(start.job)),
      clock_(world.clock),
      log_(world.log),
      loop_(world.loop),
      open_(world.open),
      labels_(fixed_labels(options_.labels, world.label_sets)),
      relabeler_(std::move(relabeler), {.labels = options_.labels}, world.label_sets),
      entry_(options_.form, options_.line_bytes_max, relabeler_),
      oldest_us_(oldest_us(world.clock, options_.age_max)),
      lines_(world.metrics.counter("promtail_journal_target_lines_total",
                                   "Journal entries that became a line")),
      without_message_(parsing_errors(world.metrics, "no_message")),
      without_labels_(parsing_errors(world.metrics, "empty_labels")),
      unreadable_(world.metrics.counter("tailrace_journal_unreadable_entries_total",
                                        "Journal entries skipped because they are damaged")),
      failures_(world.metrics.counter("tailrace_journal_failures_total",
                                      "Failures to open or read a journal; it is opened anew")),
      random_(start.id),
      backoff_(kBackoff, random_) {
  labels_.pin();
  if (start.resume) {
    position_ = consumed_position_ = start.resume->position;
    consumed_cursor_ = start.resume->cursor;
  }
  if (start.stored_cursor) consumed_cursor_ = std::move(*start.stored_cursor);
  if (consumed_cursor_.empty()) return;
  const auto cursor = JournalCursor::parse(consumed_cursor_);
  if (!cursor) {
    log_.warn("the stored position is no cursor of a journal; reading begins max_age ago",
              {{"job", job_}, {"cursor", consumed_cursor_}});
    consumed_cursor_.clear();
  } else if (cursor->realtime_us < static_cast<std::uint64_t>(oldest_us_)) {
    log_.warn("the stored position in the journal is older than max_age, where reading begins",
              {{"job", job_}});
  } else {
    seen_cursor_ = consumed_cursor_;
  }
}

JournalReader::~JournalReader() {
  close();
  drop_kept();
  labels_.unpin();
}

// ---- Opening and finding the place. ----

void JournalReader::open(SteadyTime now) {
  auto opened = open_({.path = options_.path,
                       .matches = options_.matches,
                       .data_bytes_max = options_.line_bytes_max + kFieldNameMax + 2});
  if (!opened) return fail_and_close(opened.error());
  journal_ = std::move(*opened);
  if (const auto sought = seek(); !sought) return fail_and_close(sought.error());
  trouble_.clear();
  more_ = true;
  look_at_ = std::min(now + kSweepPeriod, journal_->deadline());
  if (journal_->descriptor() < 0) {
    trouble_ = "changes of the journal cannot be watched (inotify); it is opened every 5 s";
    look_at_ = now + kPollPeriod;
  } else if (journal_->bytes() == 0) {
    trouble_ = "there is no journal file that may be read";
    look_at_ = now + backoff_.next();
  }
  if (!trouble_.empty()) log_.warn(trouble_, {{"job", job_}, {"path", options_.path}});
  watch();
}

void JournalReader::watch() {
  if (watched_ || journal_ == nullptr || journal_->descriptor() < 0) return;
  const int descriptor = journal_->descriptor();
  // While there is more to read the changes wait in the descriptor, which would not let us sleep.
  const auto happened = [this, descriptor](bool, bool) {
    changed_ = true;
    if (!more_) return;
    loop_.unwatch(descriptor);
    watched_ = false;
  };
  const Status watched = loop_.watch(descriptor, {.readable = true}, happened);
  watched_ = watched.has_value();
  if (!watched_) look_at_ = clock_.steady_now() + kPollPeriod;
}

void JournalReader::close() {
  if (watched_) loop_.unwatch(journal_->descriptor());
  watched_ = changed_ = more_ = at_entry_ = false;
  journal_.reset();
}

void JournalReader::fail_and_close(const Error& error) {
  close();
  failures_.increment();
  trouble_ = error.message;
  retry_at_ = clock_.steady_now() + backoff_.next();
  log_.warn("the journal cannot be read; it is opened anew",
            {{"job", job_}, {"path", options_.path}, {"error", error.message}});
}

Status JournalReader::seek() {
  if (seen_cursor_.empty()) return journal_->seek_time(static_cast<std::uint64_t>(oldest_us_));
  return seek_behind(seen_cursor_);
}

// Several entries may sort at the cursor's place, when journald moved them and they have other
// numbers now; the one that was read last is among them, or it is gone.
Status JournalReader::seek_behind(const std::string& cursor) {
  const auto wanted = JournalCursor::parse(cursor);
  if (!wanted) return fail(Error::kInvalid, "a journal gives cursors that nobody understands");
  if (auto sought = journal_->seek_cursor(cursor); !sought) return sought;
  const auto found = find_entry(*wanted);
  if (!found) return fail(found.error());
  if (*found) return {};
  // libsystemd gives nothing of a file that has the cursor's boot, but ends it earlier.
  if (!at_entry_) {
    if (auto sought = journal_->seek_time(wanted->realtime_us); !sought) return sought;
    const auto newer = find_newer(*wanted);
    if (!newer) return fail(newer.error());
    if (*newer) return {};
  }
  at_entry_ = false;
  return journal_->seek_cursor(cursor);
}

// Moves to the wanted entry, or to none; at_entry_: there were others.
Result<bool> JournalReader::find_entry(const JournalCursor& wanted) {
  std::string text;
  for (int i = 0; i < kSearchedMax; ++i) {
    const auto moved = journal_->next();
    if (!moved) return fail(moved.error());
    if (!*moved) return false;
    if (const auto got = journal_->read_cursor(text); !got) return fail(got.error());
    const auto here = JournalCursor::parse(text);
    if (here && here->same_entry(wanted)) {
      at_entry_ = false;
      return true;
    }
    at_entry_ = true;
    if (here && !here->not_behind(wanted)) return false;
  }
  return false;
}

// Moves to the first entry that is newer, which is the next to be read.
Result<bool> JournalReader::find_newer(const JournalCursor& wanted) {
  std::string text;
  for (int i = 0; i < kSearchedMax; ++i) {
    const auto moved = journal_->next();
    if (!moved) return fail(moved.error());
    if (!*moved) return false;
    if (const auto got = journal_->read_cursor(text); !got) return fail(got.error());
    const auto here = JournalCursor::parse(text);
    at_entry_ = !here || !here->not_behind(wanted);
    if (at_entry_) return true;
  }
  at_entry_ = true;
  return true;
}

// ---- Waiting. ----

void JournalReader::poll(SteadyTime now) {
  if (stopping_) return;
  if (journal_ == nullptr) {
    if (now >= retry_at_) open(now);
    return;
  }
  if (!more_ && (changed_ || now >= look_at_)) look_for_changes(now);
}

void JournalReader::look_for_changes(SteadyTime now) {
  const bool blind = !watched_ || !trouble_.empty();
  if (blind || journal_->waiting_bytes() > kWaitingBytesMax) {
    close();
    return open(now);
  }
  changed_ = false;
  const auto change = journal_->take_changes();
  if (!change) return fail_and_close(change.error());
  look_at_ = std::min(now + kSweepPeriod, journal_->deadline());
  more_ = true;
  // Its folder may be gone, and another one there of that name.
  if (*change == Journal::Change::kFiles && journal_->bytes() == 0) {
    trouble_ = "the journal has no files any more";
    look_at_ = now + backoff_.next();
  }
}

bool JournalReader::ready() const {
  if (stopping_) return !ended_;
  return first_ < kept_size_ || more_;
}

SteadyTime JournalReader::next_deadline() const {
  if (stopping_ || more_) return SteadyTime::max();
  return journal_ == nullptr ? retry_at_ : look_at_;
}

void JournalReader::begin_stop() {
  stopping_ = true;
  close();
}

// ---- Reading. ----

void JournalReader::drop_kept() {
  for (; first_ < kept_size_; ++first_)
    kept_[first_].labels->unpin();
  first_ = kept_size_ = text_bytes_ = 0;
}

// Fills the block from where the last one ended.
void JournalReader::frame() {
  drop_kept();
  if (texts_.size() > ReadBuffer::kDefaultBytes) texts_ = ReadBuffer();
  for (std::size_t looked_at = 0; looked_at < kLookedAtMax; ++looked_at) {
    if (!at_entry_) {
      const auto moved = journal_->next();
      if (!moved) {
        fail_and_close(moved.error());
        break;
      }
      if (!*moved) {
        more_ = false;
        if (trouble_.empty()) backoff_.reset();
        watch();
        break;
      }
      at_entry_ = true;
    }
    const auto taken = take_entry();
    if (!taken) {
      fail_and_close(taken.error());
      break;
    }
    if (*taken == Taken::kNoRoom) break;
    at_entry_ = false;
  }
  if (kept_size_ > 0) return;
  consumed_position_ = position_;
  if (!seen_cursor_.empty()) consumed_cursor_ = seen_cursor_;
}

// An entry that cannot be read is tried again on a journal opened anew, and then skipped.
Result<JournalReader::Taken> JournalReader::take_entry() {
  const auto realtime_us = journal_->realtime_us();
  const auto cursor = journal_->read_cursor(here_cursor_);
  const auto outcome = entry_.read(*journal_);
  if (!realtime_us || !cursor || !outcome) {
    const Error& error = !realtime_us ? realtime_us.error()
                         : !cursor    ? cursor.error()
                                      : outcome.error();
    const bool again = failed_at_ == position_;
    failed_at_ = position_;
    if (!again) return fail(error);
    log_.warn("a journal entry is damaged and skipped", {{"job", job_}, {"error", error.message}});
    unreadable_.increment();
    if (cursor) seen_cursor_.swap(here_cursor_);
    ++position_;
    return Taken::kSkipped;
  }
  if (*outcome == JournalEntry::Outcome::kNoMessage) return skip(without_message_);
  const LabelSet* const labels = relabeler_.resolve(entry_.discovered());
  if (labels == nullptr) return skip(without_labels_);
  return keep(*labels, *realtime_us);
}

JournalReader::Taken JournalReader::skip(MetricValue& reason) {
  reason.increment();
  seen_cursor_.swap(here_cursor_);
  ++position_;
  return Taken::kSkipped;
}

JournalReader::Taken JournalReader::keep(const LabelSet& labels, std::uint64_t realtime_us) {
  constexpr std::int64_t kNsPerUs = 1000;
  const std::string_view text = entry_.text();
  if (text.size() > texts_.size() - text_bytes_) {
    if (kept_size_ > 0) return Taken::kNoRoom;
    texts_.grow(text.size());
  }
  seen_cursor_.swap(here_cursor_);
  if (kept_size_ == kept_.size()) kept_.emplace_back();
  Kept& line = kept_[kept_size_++];
  line.text_begin = text_bytes_;
  line.text_size = text.size();
  line.labels = &labels;
  // A forged file may say any time.
  constexpr std::uint64_t kLastUs = std::numeric_limits<std::int64_t>::max() / kNsPerUs;
  line.time_ns =
      static_cast<std::int64_t>(std::min<std::uint64_t>(realtime_us, kLastUs)) * kNsPerUs;
  line.begin = position_;
  line.next = ++position_;
  line.cursor = seen_cursor_;
  line.cut_short = entry_.cut_short();
  labels.pin();
  std::memcpy(texts_.span().data() + text_bytes_, text.data(), text.size());
  text_bytes_ += text.size();
  return Taken::kLine;
}

Result<Source::Outcome> JournalReader::read(ReadBuffer& /*buffer*/, LineBlock& block) {
  if (stopping_) {
    ended_ = true;
    return Outcome::kEnded;
  }
  if (first_ == kept_size_ && more_) frame();
  const char* const texts = texts_.span().data();
  for (std::size_t i = first_; i < kept_size_; ++i) {
    const Kept& kept = kept_[i];
    Line line;
    line.text = {texts + kept.text_begin, kept.text_size};
    line.begin = kept.begin;
    line.next = kept.next;
    line.cut_short = kept.cut_short;
    line.time_ns = kept.time_ns;
    line.labels = kept.labels;
    block.lines.push_back(line);
  }
  return block.lines.empty() ? Outcome::kUpToDate : Outcome::kLines;
}

void JournalReader::consume(const Line& last) {
  const std::size_t first = first_;
  for (; first_ < kept_size_ && kept_[first_].next <= last.next; ++first_)
    kept_[first_].labels->unpin();
  if (first_ == first) return;
  lines_.add(static_cast<double>(first_ - first));
  const bool all = first_ == kept_size_;
  consumed_position_ = all ? position_ : kept_[first_ - 1].next;
  consumed_cursor_ = all ? seen_cursor_ : kept_[first_ - 1].cursor;
}

void JournalReader::fill_resume_point(ResumePoint& point) const {
  point.source = id_;
  point.kind = SourceKind::kJournal;
  point.job = job_;
  point.path = "cursor-" + job_;
  for (const LabelPair& pair : labels_.pairs())
    point.labels.emplace_back(pair.name, pair.value);
  point.position = consumed_position_;
  point.cursor = consumed_cursor_;
}

InputStatus JournalReader::status() const {
  InputStatus status;
  status.ready = journal_ != nullptr;
  status.trouble = trouble_;
  status.details = {{"path", options_.path.empty() ? "this machine's" : options_.path},
                    {"entries", std::to_string(position_)}};
  return status;
}

}  // namespace tailrace::tailer
