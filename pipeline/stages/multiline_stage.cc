// `multiline`: joins a first line and the lines that follow it.
#include "pipeline/stages/multiline_stage.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "pipeline/explanation.h"
#include "pipeline/stage_context.h"

namespace tailrace::pipeline {

Result<std::unique_ptr<Stage>> MultilineStage::create(const config::MultilineStageConfig& config,
                                                      StageBuild& /*build*/) {
  auto firstline = RegexMatcher::create(config.firstline, {});
  if (!firstline.has_value()) return fail(firstline.error());
  return std::make_unique<MultilineStage>(config, std::move(*firstline));
}

MultilineStage::MultilineStage(const config::MultilineStageConfig& config,
                               std::unique_ptr<RegexMatcher> firstline)
    : config_(config), firstline_(std::move(firstline)) {}

Verdict MultilineStage::run(Entry& entry, StageContext& context) {
  if (entry.role == EntryRole::kContext) return take_context(entry, context);
  Stream* stream = streams_.find(context.label_set());
  if (firstline_->matches(entry.line)) {
    stream = &begin(entry, stream, context);
  } else if (stream == nullptr) {
    return Verdict::kKeep;  // No first line yet.
  } else if (stream->lines != 0 &&
             stream->block.text.size() + 1 + entry.line.size() > kMergedBytesMax) {
    flush(*stream, context);
  }
  append(entry, *stream, context);
  if (config_.lines_max != 0 && stream->lines >= config_.lines_max) flush(*stream, context);
  return Verdict::kHold;
}

void MultilineStage::explain(const Entry& entry, StageContext& context, Explanation& explanation) {
  std::vector<std::string>& reasons = explanation.reasons;
  if (entry.role == EntryRole::kContext) {
    reasons.emplace_back("the first line of an event that was sent before the restart");
    return;
  }
  const Stream* const stream = streams_.find(context.label_set());
  std::uint64_t lines = stream == nullptr ? 0 : stream->lines;
  if (firstline_->matches(entry.line)) {
    reasons.emplace_back(lines == 0 ? "a first line: begins a new event"
                                    : "a first line: ends the event before it, begins a new one");
    lines = 0;
  } else if (stream == nullptr) {
    reasons.emplace_back("no first line yet: passed on");
    return;
  } else if (lines == 0) {
    reasons.emplace_back("continues an event whose beginning was sent already");
  } else if (stream->block.text.size() + 1 + entry.line.size() > kMergedBytesMax) {
    reasons.emplace_back("no room for it in the event before it, which is sent");
    lines = 0;
  } else {
    reasons.emplace_back("joined to the event before it");
  }
  if (config_.lines_max != 0 && lines + 1 >= config_.lines_max) {
    reasons.push_back(
        fmt::format("max_lines of {} is reached: the event is sent", config_.lines_max));
  }
}

Verdict MultilineStage::take_context(Entry& entry, StageContext& context) {
  context.hold();
  Stream& stream = begin(entry, streams_.find(context.label_set()), context);
  stream.context.assign(entry.origins.begin(), entry.origins.end());
  stream.first_origins = 0;
  return Verdict::kHold;
}

// Ends what the stream has and takes over the entry as the first line of what follows, in idle_.
MultilineStage::Stream& MultilineStage::begin(const Entry& entry, Stream* stream,
                                              StageContext& context) {
  if (stream == nullptr) {
    stream = &streams_.add(context.label_set());
    stream->block.text.clear();
    idle_.append(*stream);
  } else {
    if (stream->lines != 0) emit(*stream, context);
    forget_context(*stream, context);
  }
  stream->block.capture(entry, context.label_set());
  stream->first_origins = entry.origins.size();
  return *stream;
}

void MultilineStage::append(Entry& entry, Stream& stream, StageContext& context) {
  (stream.lines == 0 ? idle_ : pending_).remove(stream);
  HeldEntry& block = stream.block;
  if (!block.text.empty()) block.text += '\n';  // So an empty first line leaves no trace.
  block.text += entry.line;
  ++stream.lines;
  context.hold();
  block.origins.insert(block.origins.end(), entry.origins.begin(), entry.origins.end());
  const SteadyTime now = context.steady_now();
  stream.deadline =
      config_.max_wait < SteadyTime::max() - now ? now + config_.max_wait : SteadyTime::max();
  pending_.append(stream);
  largest_bytes_ = std::max(largest_bytes_, block.bytes());
}

void MultilineStage::emit(Stream& stream, StageContext& context) {
  context.emit(stream.block);
  stream.block.text.clear();
  stream.lines = 0;
  stream.first_origins = 0;
  pending_.remove(stream);
  idle_.append(stream);
  if (pending_.empty()) largest_bytes_ = 0;
}

void MultilineStage::flush(Stream& stream, StageContext& context) {
  for (std::size_t i = 0; i < stream.first_origins; ++i) {
    stream.context.push_back(stream.block.origins[i]);
    context.keep_as_context(stream.block.origins[i]);
  }
  emit(stream, context);
  if (idle_.size() > kContextsMax) remove_idle(*idle_.oldest(), context);
}

void MultilineStage::forget_context(Stream& stream, StageContext& context) {
  for (const LineOrigin origin : stream.context)
    context.forget_context(origin);
  stream.context.clear();
}

void MultilineStage::remove_idle(Stream& stream, StageContext& context) {
  forget_context(stream, context);
  idle_.remove(stream);
  streams_.remove(stream.block.labels());
}

void MultilineStage::release_held(SteadyTime now, StageContext& context) {
  while (!pending_.empty() && pending_.oldest()->deadline <= now) {
    flush(*pending_.oldest(), context);
  }
  if (now != SteadyTime::max()) return;
  while (!idle_.empty())
    remove_idle(*idle_.oldest(), context);
}

SteadyTime MultilineStage::next_release() const {
  return pending_.empty() ? SteadyTime::max() : pending_.oldest()->deadline;
}

bool MultilineStage::release_oldest(StageContext& context) {
  if (!pending_.empty()) {
    flush(*pending_.oldest(), context);
    return true;
  }
  if (idle_.empty()) return false;
  remove_idle(*idle_.oldest(), context);
  return true;
}

}  // namespace tailrace::pipeline
