// Sources that are no files.
#include "tests/simulation/feeds.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <utility>

#include "model/input.h"
#include "model/label_set.h"

namespace tailrace::simulation {
namespace {

// "[17]" within an entry's text; "<" is for what is written to files.
std::string mark(std::size_t number) {
  return "[" + std::to_string(number) + "]";
}

std::vector<std::size_t> marks_in(std::string_view text) {
  std::vector<std::size_t> marks;
  for (std::size_t at = text.find('['); at != std::string_view::npos; at = text.find('[', at + 1)) {
    std::size_t number = 0;
    std::from_chars(text.data() + at + 1, text.data() + text.size(), number);
    marks.push_back(number);
  }
  return marks;
}

constexpr std::size_t kBlockLines = 3;

}  // namespace

// Reads the journal by a cursor, like journald's; every entry has labels and a time of its own.
class Feeds::JournalInput final : public Input {
 public:
  JournalInput(Feeds& feeds, daemon::InputStart start, LabelSetTable& table)
      : feeds_(feeds), start_(std::move(start)), table_(table), labels_(table.intern({})) {
    labels_.pin();
    if (start_.resume) position_ = start_.resume->position;
  }
  ~JournalInput() override { labels_.unpin(); }

  SourceId id() const override { return start_.id; }
  std::string_view job() const override { return "journal"; }
  const LabelSet& labels() const override { return labels_; }
  void poll(SteadyTime /*now*/) override {}
  bool ready() const override { return stopping_ || position_ < feeds_.journal_.size(); }
  Result<Outcome> read(ReadBuffer& /*buffer*/, LineBlock& block) override {
    if (stopping_) return Outcome::kEnded;
    const std::size_t end = std::min<std::size_t>(position_ + kBlockLines, feeds_.journal_.size());
    for (std::size_t i = position_; i < end; ++i) {
      const std::vector<LabelPair> pairs{{"job", "journal"}};
      Line line;
      line.text = feeds_.journal_[i];
      line.begin = i;
      line.next = i + 1;
      line.labels = &table_.intern(pairs);
      block.lines.push_back(line);
    }
    return block.lines.empty() ? Outcome::kUpToDate : Outcome::kLines;
  }
  void consume(const Line& last) override { position_ = last.next; }
  void fill_resume_point(ResumePoint& point) const override {
    point.source = start_.id;
    point.kind = SourceKind::kJournal;
    point.job = "journal";
    point.path = "cursor-journal";
    point.position = position_;
    point.cursor = "i=" + std::to_string(position_);
  }
  void begin_stop() override { stopping_ = true; }
  InputStatus status() const override { return {.ready = true, .trouble = {}, .details = {}}; }

 private:
  Feeds& feeds_;
  const daemon::InputStart start_;
  LabelSetTable& table_;
  const LabelSet& labels_;
  SourcePosition position_ = 0;
  bool stopping_ = false;
};

// Takes what its sender has, and answers when it is stored. What a resume point has taken already
// is recognised when it comes again.
class Feeds::PushInput final : public Input {
 public:
  PushInput(Feeds& feeds, daemon::InputStart start, LabelSetTable& table)
      : feeds_(feeds), start_(std::move(start)), labels_(interned(table)) {
    labels_.pin();
    if (start_.resume) consumed_ = std::stoull("0" + start_.resume->cursor_details);
    taken_ = std::max(feeds_.answered_, consumed_);
    consumed_ = taken_;
  }
  ~PushInput() override { labels_.unpin(); }

  SourceId id() const override { return start_.id; }
  std::string_view job() const override { return "pushed"; }
  const LabelSet& labels() const override { return labels_; }
  void poll(SteadyTime /*now*/) override {
    if (!stopping_ && room_ == Room::kYes) taken_ = feeds_.sent_.size();
  }
  bool ready() const override { return stopping_ || consumed_ < taken_; }
  Result<Outcome> read(ReadBuffer& /*buffer*/, LineBlock& block) override {
    // What is not consumed is not answered: its sender has it.
    if (stopping_) return Outcome::kEnded;
    const std::size_t end = std::min(consumed_ + kBlockLines, taken_);
    for (std::size_t i = consumed_; i < end; ++i) {
      Line line;
      line.text = feeds_.sent_[i];
      line.begin = i;
      line.next = i + 1;
      block.lines.push_back(line);
    }
    return block.lines.empty() ? Outcome::kUpToDate : Outcome::kLines;
  }
  void consume(const Line& last) override { consumed_ = last.next; }
  void fill_resume_point(ResumePoint& point) const override {
    point.source = start_.id;
    point.kind = SourceKind::kReceiver;
    point.job = "pushed";
    point.path = "push/pushed";
    point.position = consumed_;
    point.cursor_details = std::to_string(consumed_);
  }
  bool wants_cut() const override { return feeds_.answered_ < consumed_; }
  void stored() override { feeds_.answered_ = std::max(feeds_.answered_, consumed_); }
  void set_room(Room room) override { room_ = room; }
  void begin_stop() override { stopping_ = true; }
  InputStatus status() const override { return {.ready = true, .trouble = {}, .details = {}}; }

 private:
  static const LabelSet& interned(LabelSetTable& table) {
    const std::vector<LabelPair> pairs{{"job", "pushed"}};
    return table.intern(pairs);
  }

  Feeds& feeds_;
  const daemon::InputStart start_;
  const LabelSet& labels_;
  std::size_t taken_ = 0;
  std::size_t consumed_ = 0;
  Room room_ = Room::kYes;
  bool stopping_ = false;
};

void Feeds::append_to_journal() {
  for (std::uint64_t left = 1 + random_.below(5); left > 0; --left) {
    const bool begins = journal_.empty() || random_.below(3) == 0;
    journal_.push_back((begins ? "START " : " next ") + mark(journal_.size()));
  }
}

void Feeds::send() {
  for (std::uint64_t left = 1 + random_.below(5); left > 0; --left)
    sent_.push_back("sent " + mark(sent_.size()));
}

std::vector<daemon::InputPlan> Feeds::plans(std::uint32_t variant) {
  daemon::InputPlan journal;
  journal.job = "journal";
  journal.kind = SourceKind::kJournal;
  journal.name = "cursor-journal";
  journal.definition = std::to_string(variant % 2);
  journal.make = [this](const daemon::InputWorld& world,
                        daemon::InputStart start) -> Result<std::unique_ptr<Input>> {
    return std::make_unique<JournalInput>(*this, std::move(start), world.label_sets);
  };
  daemon::InputPlan pushed;
  pushed.job = "pushed";
  pushed.kind = SourceKind::kReceiver;
  pushed.name = "push/pushed";
  pushed.definition = std::to_string(variant % 2);
  pushed.make = [this](const daemon::InputWorld& world,
                       daemon::InputStart start) -> Result<std::unique_ptr<Input>> {
    return std::make_unique<PushInput>(*this, std::move(start), world.label_sets);
  };
  return {std::move(journal), std::move(pushed)};
}

void Feeds::check_job(const StandInLoki& loki, const std::string& tenant, std::string_view job,
                      std::size_t count, std::vector<std::string>& wrong) {
  const std::string label = "job=\"" + std::string(job) + "\"";
  std::multimap<std::int64_t, const KeptEntry*> entries;  // As Loki shows them.
  for (const KeptEntry& kept : loki.kept()) {
    if (kept.tenant == tenant && kept.labels.find(label) != std::string::npos) {
      entries.emplace(kept.time_ns, &kept);
    }
  }
  std::vector<std::size_t> marks;
  for (const auto& [time, entry] : entries) {
    for (const std::size_t number : marks_in(entry->line))
      marks.push_back(number);
  }
  std::size_t expected = 0;
  for (const std::size_t number : marks) {
    if (number != expected) {
      wrong.push_back("tenant " + tenant + ", " + std::string(job) + ": " + mark(number) +
                      " where " + mark(expected) + " should be");
    }
    expected = number + 1;
  }
  if (expected != count) {
    wrong.push_back("tenant " + tenant + ", " + std::string(job) + ": ends before " +
                    mark(expected) + " of " + std::to_string(count));
  }
}

std::vector<std::string> Feeds::check(const StandInLoki& loki, const std::string& tenant) const {
  std::vector<std::string> wrong;
  check_job(loki, tenant, "journal", journal_.size(), wrong);
  check_job(loki, tenant, "pushed", sent_.size(), wrong);
  if (!everything_answered()) {
    wrong.push_back("the sender has " + std::to_string(answered_) + " answers of " +
                    std::to_string(sent_.size()));
  }
  return wrong;
}

}  // namespace tailrace::simulation
