// The raw lines that stages hold: what a cut writes beside the resume point.
#include "model/held_lines.h"

#include <algorithm>
#include <string>

#include "base/check.h"

namespace tailrace {
namespace {

// Small buffers are not worth compacting.
constexpr std::size_t kCompactBytesMin = 4096;
constexpr std::size_t kCompactLinesMin = 64;

template <typename Lines>
auto find_number(Lines& lines, std::uint64_t number) {
  const auto found =
      std::lower_bound(lines.begin(), lines.end(), number,
                       [](const auto& held, std::uint64_t wanted) { return held.number < wanted; });
  return found != lines.end() && found->number == number ? found : lines.end();
}

}  // namespace

void HeldLines::begin_line(LineOrigin origin, SourcePosition begin, std::int64_t time_ns,
                           std::string_view text, Attached attached) {
  current_attached_ = attached;
  current_ = origin;
  current_begin_ = begin;
  current_time_ns_ = time_ns;
  current_text_ = text;
}

std::unique_ptr<HeldLines::KeptAttached> HeldLines::copy(const Attached& attached) {
  if (attached.labels == nullptr && attached.metadata.empty()) return nullptr;
  auto kept = std::make_unique<KeptAttached>();
  const auto take = [&kept](std::span<const LabelPair> pairs, TextPairs& into) {
    for (const LabelPair& pair : pairs) {
      into.emplace_back(pair.name, pair.value);
      kept->bytes += sizeof(TextPairs::value_type) + pair.name.size() + pair.value.size();
    }
  };
  if (attached.labels != nullptr) take(attached.labels->pairs(), kept->labels);
  take(attached.metadata, kept->metadata);
  return kept;
}

HeldLines::PerSource& HeldLines::changing(SourceId id) {
  PerSource& source = sources_[id];
  if (!source.changed) {
    source.changed = true;
    changed_.push_back(id);
  }
  return source;
}

HeldLines::Held& HeldLines::keep(LineOrigin origin, PerSource& source) {
  const auto found = find_number(source.lines, origin.line);
  if (found != source.lines.end() && found->kept()) return *found;
  // What is not kept yet is the current line, and no later line was kept before it.
  TAILRACE_CHECK(origin == current_);
  const bool is_new = found == source.lines.end();
  if (is_new) {
    TAILRACE_CHECK(source.lines.empty() || source.lines.back().number < origin.line);
    source.lines.emplace_back().number = origin.line;
  }
  Held& held = is_new ? source.lines.back() : *found;
  held.begin = current_begin_;
  held.time_ns = current_time_ns_;
  held.text_begin = source.text.size();
  held.text_bytes = current_text_.size();
  source.text.insert(source.text.end(), current_text_.begin(), current_text_.end());
  ++source.kept_lines;
  source.kept_bytes += held.text_bytes;
  held.attached = copy(current_attached_);
  bytes_ += held.bytes();
  return held;
}

HeldLines::Held& HeldLines::kept(LineOrigin origin, PerSource& source) {
  const auto found = find_number(source.lines, origin.line);
  TAILRACE_CHECK(found != source.lines.end());
  return *found;
}

void HeldLines::hold(LineOrigin origin) {
  ++keep(origin, changing(origin.source)).holders;
}

void HeldLines::keep_as_context(LineOrigin origin) {
  ++keep(origin, changing(origin.source)).context_holders;
}

void HeldLines::release(LineOrigin origin) {
  PerSource& source = changing(origin.source);
  Held& held = kept(origin, source);
  TAILRACE_CHECK(held.holders != 0);
  --held.holders;
  drop_if_free(held, source);
}

void HeldLines::forget_context(LineOrigin origin) {
  PerSource& source = changing(origin.source);
  Held& held = kept(origin, source);
  TAILRACE_CHECK(held.context_holders != 0);
  --held.context_holders;
  drop_if_free(held, source);
}

void HeldLines::drop_if_free(Held& held, PerSource& source) {
  if (held.kept()) return;
  --source.kept_lines;
  source.kept_bytes -= held.text_bytes;
  bytes_ -= held.bytes();
  held.attached.reset();
  const std::size_t free_bytes = source.text.size() - source.kept_bytes;
  const std::size_t free_lines = source.lines.size() - source.kept_lines;
  if (source.kept_lines == 0 || free_bytes > source.kept_bytes + kCompactBytesMin ||
      free_lines > source.kept_lines + kCompactLinesMin) {
    compact(source);
  }
}

void HeldLines::compact(PerSource& source) {
  std::size_t text_end = 0;
  std::erase_if(source.lines, [](const Held& held) { return !held.kept(); });
  for (Held& held : source.lines) {  // Texts are in line order, so each moves to the front.
    const auto from = source.text.begin() + static_cast<std::ptrdiff_t>(held.text_begin);
    std::copy(from, from + static_cast<std::ptrdiff_t>(held.text_bytes),
              source.text.begin() + static_cast<std::ptrdiff_t>(text_end));
    held.text_begin = text_end;
    text_end += held.text_bytes;
  }
  source.text.resize(text_end);
}

void HeldLines::clear(SourceId source) {
  if (!sources_.contains(source)) return;
  PerSource& cleared = changing(source);
  for (const Held& held : cleared.lines) {
    if (held.kept()) bytes_ -= held.bytes();
  }
  cleared.lines.clear();
  cleared.text.clear();
  cleared.kept_lines = 0;
  cleared.kept_bytes = 0;
}

std::vector<SourceId> HeldLines::take_changed() {
  std::vector<SourceId> result;
  result.swap(changed_);
  for (const SourceId id : result) {
    const auto found = sources_.find(id);
    found->second.changed = false;
    if (found->second.kept_lines == 0) sources_.erase(found);
  }
  return result;
}

void HeldLines::append_held(SourceId source, std::vector<HeldLine>& out) const {
  const auto found = sources_.find(source);
  if (found == sources_.end()) return;
  for (const Held& held : found->second.lines) {
    if (!held.kept()) continue;
    HeldLine& line = out.emplace_back();
    line.number = held.number;
    line.begin = held.begin;
    line.time_ns = held.time_ns;
    line.context = held.holders == 0;
    line.text.assign(found->second.text.data() + held.text_begin, held.text_bytes);
    if (held.attached != nullptr) {
      line.labels = held.attached->labels;
      line.metadata = held.attached->metadata;
    }
  }
}

bool HeldLines::holds(SourceId source) const {
  const auto found = sources_.find(source);
  return found != sources_.end() && found->second.kept_lines != 0;
}

}  // namespace tailrace
