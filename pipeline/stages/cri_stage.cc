// `cri`: takes container runtime lines apart and joins partial ones.
#include "pipeline/stages/cri_stage.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "pipeline/explanation.h"
#include "pipeline/job_state.h"
#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {
namespace {

constexpr std::int64_t kPartialStreamsDefault = 100;  // For 0 (docs/compatibility.md, cri).

struct CriLine {
  std::string_view time;
  std::string_view stream;
  std::string_view flags;
  std::string_view content;
};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

// Takes a run without blanks and the one space behind it off the front.
std::optional<std::string_view> take_word(std::string_view& text) {
  const auto end = std::find_if(text.begin(), text.end(), is_blank);
  if (end == text.begin() || end == text.end() || *end != ' ') return std::nullopt;
  const auto bytes = static_cast<std::size_t>(end - text.begin());
  const std::string_view word = text.substr(0, bytes);
  text.remove_prefix(bytes + 1);
  return word;
}

// "<time> <stdout or stderr> <flags> <content>", one space between.
std::optional<CriLine> parse(std::string_view line) {
  const auto time = take_word(line);
  if (!time.has_value()) return std::nullopt;
  const auto stream = take_word(line);
  if (stream != "stdout" && stream != "stderr") return std::nullopt;
  const auto flags = take_word(line);
  if (!flags.has_value()) return std::nullopt;
  return CriLine{.time = *time, .stream = *stream, .flags = *flags, .content = line};
}

bool is_context(EntryRole role) {
  return role == EntryRole::kContext;
}

}  // namespace

Result<std::unique_ptr<Stage>> CriStage::create(const config::CriStageConfig& config,
                                                StageBuild& build) {
  auto stream_and_time = StreamAndTime::create("time", build.names);
  if (!stream_and_time.has_value()) return fail(stream_and_time.error());
  return std::make_unique<CriStage>(config, std::move(*stream_and_time), build.names);
}

CriStage::CriStage(const config::CriStageConfig& config,
                   std::unique_ptr<StreamAndTime> stream_and_time, Names& names)
    : config_(config),
      stream_and_time_(std::move(stream_and_time)),
      flags_(names.extracted("flags")),
      content_(names.extracted("content")),
      tags_(names.extracted("tags")) {}

// Values that the line itself does not give may come from labels and earlier stages, as in
// Promtail's nested pipeline.
void CriStage::take_apart(Entry& entry, StageContext& context) {
  context.copy_labels_to_extracted();
  if (const auto parsed = parse(entry.line)) {
    entry.extracted[stream_and_time_->time_slot()] = Value::of(parsed->time);
    entry.extracted[stream_and_time_->stream_slot()] = Value::of(parsed->stream);
    entry.extracted[flags_] = Value::of(parsed->flags);
    entry.extracted[content_] = Value::of(parsed->content);
  }
  stream_and_time_->apply(entry, context);
  const auto text = [&](ExtractedSlot slot) {
    return text_of(entry.extracted[slot], context.arena());
  };
  entry.line = text(content_).value_or(entry.line);
  entry.line = text(tags_).value_or(entry.line);
}

Verdict CriStage::run(Entry& entry, StageContext& context) {
  take_apart(entry, context);
  const LabelSet& labels = context.label_set();
  if (text_of(entry.extracted[flags_], context.arena()) == "P") {
    return add_piece(entry, labels, context);
  }
  Stream* const stream = streams_.find(labels);
  if (stream != nullptr) finish(entry, *stream, context);
  return Verdict::kKeep;
}

void CriStage::explain(const Entry& entry, StageContext& context, Explanation& explanation) {
  const auto parsed = parse(entry.line);
  if (!parsed.has_value()) {
    explanation.reasons.push_back("not of the form `time stdout|stderr flags content`: " +
                                  in_quotes(entry.line));
    stream_and_time_->explain_time({}, context, explanation);
    return;
  }
  stream_and_time_->explain_time(Value::of(parsed->time), context, explanation);
  const Stream* const stream = pending_of(parsed->stream, context);
  const std::size_t pieces = stream == nullptr ? 0 : stream->held.origins.size();
  const bool partial = parsed->flags == "P";
  if (stream != nullptr && joined_bytes(*stream, parsed->content) > kMergedBytesMax) {
    explanation.reasons.push_back(
        fmt::format("no room for it behind the {} held before it, which leave", pieces));
  } else if (partial && pieces == 0) {
    explanation.reasons.emplace_back("flags P: a piece, held until the end of its line comes");
  } else if (partial) {
    explanation.reasons.push_back(
        fmt::format("flags P: a piece, held with the {} before it", pieces));
  } else if (pieces != 0) {
    explanation.reasons.push_back(fmt::format("joined to the {} held before it", pieces));
  }
  const bool is_cut = config_.truncate && (partial || pieces != 0) &&
                      parsed->content.size() + (stream == nullptr ? 0 : stream->held.text.size()) >
                          config_.partial_line_bytes_max;
  if (is_cut) {
    explanation.reasons.push_back(
        fmt::format("max_partial_line_size: cut to {} bytes", config_.partial_line_bytes_max));
  }
}

// What is held for the entry's labels, once its label `stream` is set.
const CriStage::Stream* CriStage::pending_of(std::string_view stream, StageContext& context) const {
  const auto same_but_stream = [](const LabelSet& a, const LabelSet& b) {
    const auto in = [](const LabelSet& some, const LabelSet& others) {
      return std::all_of(some.pairs().begin(), some.pairs().end(), [&](const LabelPair& pair) {
        const std::string_view* const other = others.find(pair.name);
        return pair.name == "stream" || (other != nullptr && *other == pair.value);
      });
    };
    return in(a, b) && in(b, a);
  };
  const LabelSet& labels = context.label_set();
  for (const Stream* one = pending_.oldest(); one != nullptr; one = one->newer) {
    const std::string_view* const value = one->held.labels().find("stream");
    if (value != nullptr && *value == stream && same_but_stream(one->held.labels(), labels)) {
      return one;
    }
  }
  return nullptr;
}

std::size_t CriStage::joined_bytes(const Stream& stream, std::string_view piece) const {
  const std::size_t bytes = stream.held.text.size() + piece.size();
  return config_.truncate ? std::min<std::size_t>(bytes, config_.partial_line_bytes_max) : bytes;
}

Verdict CriStage::add_piece(Entry& entry, const LabelSet& labels, StageContext& context) {
  const std::int64_t streams_max =
      config_.partial_streams_max == 0 ? kPartialStreamsDefault : config_.partial_streams_max;
  if (static_cast<std::int64_t>(pending_.size()) >= streams_max) {
    while (!pending_.empty())
      release(*pending_.oldest(), context);
  }
  Stream* stream = streams_.find(labels);
  const bool does_not_fit =
      stream != nullptr && (is_context(stream->role) != is_context(entry.role) ||
                            joined_bytes(*stream, entry.line) > kMergedBytesMax);
  if (does_not_fit) {
    release(*stream, context);
    stream = nullptr;
  }
  if (stream == nullptr) {
    stream = &streams_.add(labels);
    stream->held.text.clear();
  } else {
    pending_.remove(*stream);
    pending_bytes_ -= stream->held.bytes();
  }
  HeldEntry& held = stream->held;
  held.capture(entry, labels);
  const std::size_t bytes = joined_bytes(*stream, entry.line);
  held.text += entry.line;
  held.text.resize(bytes);
  context.hold();
  held.origins.insert(held.origins.end(), entry.origins.begin(), entry.origins.end());
  stream->role = entry.role;
  stream->deadline = context.steady_now() + kPartialWait;
  pending_.append(*stream);
  pending_bytes_ += held.bytes();
  largest_bytes_ = std::max(largest_bytes_, held.bytes());
  return Verdict::kHold;
}

void CriStage::finish(Entry& entry, Stream& stream, StageContext& context) {
  const std::size_t bytes = joined_bytes(stream, entry.line);
  if (is_context(stream.role) != is_context(entry.role) || bytes > kMergedBytesMax) {
    release(stream, context);
    return;
  }
  HeldEntry& held = stream.held;
  char* const text = context.arena().allocate(held.text.size() + entry.line.size());
  std::copy(entry.line.begin(), entry.line.end(),
            std::copy(held.text.begin(), held.text.end(), text));
  entry.line = {text, bytes};
  context.hold();  // So that all its lines are held alike.
  entry.origins.insert(entry.origins.begin(), held.origins.begin(), held.origins.end());
  held.origins.clear();
  remove(stream);
}

void CriStage::release(Stream& stream, StageContext& context) {
  if (is_context(stream.role)) {
    context.discard(stream.held, stream.role);  // It was sent before.
  } else {
    context.emit(stream.held);
  }
  remove(stream);
}

void CriStage::remove(Stream& stream) {
  pending_.remove(stream);
  pending_bytes_ -= stream.held.bytes();
  if (pending_.empty()) largest_bytes_ = 0;
  streams_.remove(stream.held.labels());
}

void CriStage::release_held(SteadyTime now, StageContext& context) {
  while (!pending_.empty() && pending_.oldest()->deadline <= now) {
    release(*pending_.oldest(), context);
  }
}

// As in Promtail a line without its end is none (docs/compatibility.md, cri).
void CriStage::end_input(StageContext& context) {
  while (!pending_.empty()) {
    Stream& stream = *pending_.oldest();
    if (!is_context(stream.role)) unfinished_ += stream.held.origins.size();
    context.discard(stream.held, stream.role);
    remove(stream);
  }
}

void CriStage::publish(JobState& job) {
  if (unfinished_ == 0) return;
  job.count_dropped("cri_unfinished", unfinished_);
  unfinished_ = 0;
}

SteadyTime CriStage::next_release() const {
  return pending_.empty() ? SteadyTime::max() : pending_.oldest()->deadline;
}

bool CriStage::release_oldest(StageContext& context) {
  if (pending_.empty()) return false;
  release(*pending_.oldest(), context);
  return true;
}

std::uint64_t CriStage::releasable_bytes() const {
  const std::int64_t streams_max =
      config_.partial_streams_max == 0 ? kPartialStreamsDefault : config_.partial_streams_max;
  const bool overflows = static_cast<std::int64_t>(pending_.size()) >= streams_max;
  return overflows ? pending_bytes_ : largest_bytes_;
}

}  // namespace tailrace::pipeline
