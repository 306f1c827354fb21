// The systemd journal as an input: entries become lines, and nothing comes twice.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/event_loop.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "discovery/line_relabeler.h"
#include "discovery/relabel.h"
#include "model/input.h"
#include "model/label_set.h"
#include "tailer/journal.h"
#include "tailer/journal_cursor.h"
#include "tailer/journal_entry.h"
#include "tailer/systemd_journal.h"

namespace tailrace::tailer {

// What `journal` of a job says.
struct JournalOptions {
  std::string path;  // A folder; empty: this machine's journal.
  std::vector<std::string> matches;
  std::chrono::nanoseconds age_max{};  // Where the first start, and one after a long time, begins.
  JournalEntry::Form form = JournalEntry::Form::kMessage;
  discovery::LabelMap labels;
  std::uint32_t line_bytes_max = 1U << 20U;
};

// Whose input it is and where it goes on.
struct JournalStart {
  SourceId id = 0;
  std::string job;
  std::optional<ResumePoint> resume;
  std::optional<std::string> stored_cursor;  // Wins.
};

using OpenJournal = std::function<Result<std::unique_ptr<Journal>>(const Journal::Options&)>;

// What it works with; all of it outlives the reader.
struct JournalWorld {
  const Clock& clock;
  Log& log;
  Metrics& metrics;
  EventLoop& loop;
  LabelSetTable& label_sets;
  OpenJournal open = SystemdJournal::open;
};

// Reads a journal from its resume point on, for ever (docs/sources/journal.md).
//
// The place is the cursor of the last consumed entry; that entry is not read again, and when it is
// gone, what comes behind it is. Positions count entries. Files that journald deletes while there
// is more to read are read to their end first.
//
// Threading: confined to one worker.
// Errors: a journal that cannot be opened or read is opened anew, with Backoff, behind the last
//   entry that was read. Entries without a message or labels are counted and skipped.
// Memory: one block of lines, kept until they are consumed.
class JournalReader final : public Input {
 public:
  // Entries that one read looks at, so that a journal in which nothing is wanted holds up nobody.
  static constexpr std::size_t kLookedAtMax = 4096;
  // When it is looked for entries that no event told of.
  static constexpr std::chrono::seconds kSweepPeriod{60};

  JournalReader(JournalOptions options, discovery::Relabeler relabeler, JournalStart start,
                const JournalWorld& world);
  ~JournalReader() override;

  SourceId id() const override { return id_; }
  std::string_view job() const override { return job_; }
  const LabelSet& labels() const override { return labels_; }
  Result<Outcome> read(ReadBuffer& buffer, LineBlock& block) override;
  void consume(const Line& last) override;
  void fill_resume_point(ResumePoint& point) const override;

  void poll(SteadyTime now) override;
  bool ready() const override;
  SteadyTime next_deadline() const override;
  void begin_stop() override;
  InputStatus status() const override;

 private:
  // A line of the block; its text is in texts_.
  struct Kept {
    std::size_t text_begin = 0;
    std::size_t text_size = 0;
    const LabelSet* labels = nullptr;  // Pinned.
    std::int64_t time_ns = 0;
    SourcePosition begin = 0;
    SourcePosition next = 0;
    std::string cursor;
    bool cut_short = false;
  };
  enum class Taken { kLine, kSkipped, kNoRoom };

  void open(SteadyTime now);
  Status seek();
  Status seek_behind(const std::string& cursor);
  Result<bool> find_entry(const JournalCursor& wanted);
  Result<bool> find_newer(const JournalCursor& wanted);
  void close();
  void fail_and_close(const Error& error);
  void look_for_changes(SteadyTime now);
  void watch();

  void drop_kept();
  void frame();
  Result<Taken> take_entry();
  Taken keep(const LabelSet& labels, std::uint64_t realtime_us);
  Taken skip(MetricValue& reason);

  const JournalOptions options_;
  const SourceId id_;
  const std::string job_;
  const Clock& clock_;
  Log& log_;
  EventLoop& loop_;
  const OpenJournal open_;
  const LabelSet& labels_;
  discovery::LineRelabeler relabeler_;
  JournalEntry entry_;
  const std::int64_t oldest_us_;  // What is older at the start is not read.

  MetricValue& lines_;
  MetricValue& without_message_;
  MetricValue& without_labels_;
  MetricValue& unreadable_;
  MetricValue& failures_;

  Random random_;
  Backoff backoff_;
  std::unique_ptr<Journal> journal_;  // Null: to be opened at retry_at_.
  SteadyTime retry_at_{};
  SteadyTime look_at_ = SteadyTime::max();
  std::string trouble_;
  bool watched_ = false;
  bool changed_ = false;   // The descriptor said so.
  bool more_ = false;      // Entries may be there that were not looked at.
  bool at_entry_ = false;  // next() moved to an entry that has no place in the block yet.
  bool stopping_ = false;
  bool ended_ = false;

  ReadBuffer texts_;
  std::size_t text_bytes_ = 0;
  std::vector<Kept> kept_;  // The first kept_size_ are in use; the others keep their memory.
  std::size_t kept_size_ = 0;
  std::size_t first_ = 0;                    // The first that is not consumed.
  SourcePosition position_ = 0;              // Entries looked at.
  std::string seen_cursor_;                  // Of the last entry looked at; empty: none.
  std::string here_cursor_;                  // Of the entry at hand.
  std::optional<SourcePosition> failed_at_;  // The last entry that could not be read.
  // As of the last consumed line, and the skipped entries behind it.
  SourcePosition consumed_position_ = 0;
  std::string consumed_cursor_;
};

}  // namespace tailrace::tailer
