// Traces as text, in the form of Promtail's -inspect.
#include "debugger/trace_text.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "debugger/trace_json.h"
#include "shippers/print_shipper.h"

namespace tailrace::debugger {
namespace {

using Field = Change::Field;
using Explanation = pipeline::Explanation;

constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kUnderlined = "\033[4m";
constexpr std::string_view kRed = "\033[31m";
constexpr std::string_view kGreen = "\033[32m";
constexpr std::string_view kYellow = "\033[33m";
constexpr std::string_view kBlue = "\033[34m";
constexpr std::string_view kDim = "\033[2m";
constexpr std::string_view kPlain = "\033[0m";

// A longer text is not shown again below each stage: its groups are named with their bytes.
constexpr std::size_t kMarkedBytesMax = 400;

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

class Writer {
 public:
  explicit Writer(TextOutput::Colours colours) : colours_(colours) {}

  void step(const StageStep& step, EntrySnapshot& entry) {
    text_ += paint(kBold, "[inspect: " + step.name + " stage]:") + " \n";
    const std::size_t before = text_.size();
    groups(step.explanation);
    for (const std::string& reason : step.explanation.reasons)
      text_ += paint(kDim, "why: " + reason) + "\n";
    for (const Explanation::MetricUpdate& update : step.explanation.updates)
      text_ +=
          fmt::format("{} {} {}\n", paint(kYellow, update.metric), update.action, update.value);
    changes(step, entry);
    fate(step);
    if (text_.size() == before) text_ += "none\n";
  }

  std::string take() { return std::move(text_); }

 private:
  void groups(const Explanation& explanation) {
    if (explanation.groups.empty()) return;
    const std::string& text = explanation.text;
    text_ += "matched in " + explanation.source + ":\n";
    const bool marked = text.size() <= kMarkedBytesMax && text.find('\n') == std::string::npos &&
                        text.find('\t') == std::string::npos;
    if (marked) text_ += "\t" + underlined(explanation) + "\n";
    for (const Explanation::Group& group : explanation.groups) {
      const std::string_view part =
          std::string_view(text).substr(group.begin, group.end - group.begin);
      if (marked) {
        const std::string blanks(columns(std::string_view(text).substr(0, group.begin)), ' ');
        const std::string mark = part.empty() ? "|" : std::string(columns(part), '^');
        text_ += fmt::format("\t{}{} {}\n", blanks, mark, group.name);
      } else {
        text_ += fmt::format("\t{}: bytes {} to {}\n", group.name, group.begin, group.end);
      }
    }
  }

  std::string underlined(const Explanation& explanation) const {
    if (colours_ == TextOutput::Colours::kNone) return explanation.text;
    std::string text;
    std::size_t done = 0;
    auto groups = explanation.groups;
    std::sort(groups.begin(), groups.end(),
              [](const auto& a, const auto& b) { return a.begin < b.begin; });
    for (const Explanation::Group& group : groups) {
      if (group.begin < done) continue;  // Within the one before.
      text += explanation.text.substr(done, group.begin - done);
      text += paint(kUnderlined, explanation.text.substr(group.begin, group.end - group.begin));
      done = group.end;
    }
    return text + explanation.text.substr(done);
  }

  // Labels and metadata are shown whole, before and after; everything else by itself.
  void changes(const StageStep& step, EntrySnapshot& entry) {
    const EntrySnapshot was = entry;
    for (const Change& change : step.changes) {
      apply(change, entry);
      if (change.field == Field::kExtracted) {
        add("Extracted[\"" + change.name + "\"]", change.was, change.now);
      }
    }
    if (was.labels != entry.labels) {
      add("Entry.Labels", pairs_text(was.labels), pairs_text(entry.labels));
    }
    for (const Change& change : step.changes) {
      if (change.field == Field::kTenant) add("Tenant", change.was, change.now);
      if (change.field == Field::kLine) add("Entry.Entry.Line", change.was, change.now);
    }
    if (was.metadata != entry.metadata) {
      add("Entry.Entry.StructuredMetadata", pairs_text(was.metadata), pairs_text(entry.metadata));
    }
    for (const Change& change : step.changes) {
      if (change.field == Field::kTime) add("Entry.Entry.Timestamp", change.was, change.now);
    }
  }

  void fate(const StageStep& step) {
    if (step.verdict == pipeline::Verdict::kDrop) {
      text_ += paint(kRed, step.explanation.drop_reason.empty()
                               ? "dropped"
                               : "dropped, counted as " + step.explanation.drop_reason) +
               "\n";
    }
    if (step.verdict == pipeline::Verdict::kHold) text_ += "held\n";
    if (step.verdict == pipeline::Verdict::kSkip) text_ += "nested stages left out\n";
  }

  void add(const std::string& what, const std::optional<std::string>& was,
           const std::optional<std::string>& now) {
    text_ += paint(was && now ? kYellow
                   : now      ? kGreen
                              : kRed,
                   "{stages.Entry}." + what + ":") +
             "\n";
    if (was) text_ += "\t" + paint(kRed, "-: " + *was) + "\n";
    if (now) text_ += "\t" + paint(kGreen, "+: " + *now) + "\n";
  }

  std::string paint(std::string_view code, std::string_view text) const {
    if (colours_ == TextOutput::Colours::kNone) return std::string(text);
    return fmt::format("{}{}{}", code, text, kPlain);
  }

  const TextOutput::Colours colours_;
  std::string text_;
};

}  // namespace

std::string entry_text(const EntryTrace& trace, TextOutput::Colours colours) {
  const EntrySnapshot entry = last_seen(trace);
  const auto paint = [colours](std::string_view code, const std::string& text) {
    return colours == TextOutput::Colours::kNone ? text : fmt::format("{}{}{}", code, text, kPlain);
  };
  std::string text = paint(kBlue, shippers::dry_run_time(entry.time)) + "\t" +
                     paint(kYellow, pairs_text(entry.labels)) + "\t" + entry.line;
  if (trace.fate != EntryTrace::Fate::kLeft) {
    std::string fate(fate_name(trace.fate));
    if (trace.fate == EntryTrace::Fate::kDropped && !trace.steps.empty() &&
        !trace.steps.back().explanation.drop_reason.empty()) {
      fate += ", counted as " + trace.steps.back().explanation.drop_reason;
    }
    text += "\t" + paint(kRed, "[" + fate + "]");
  }
  return text + "\n";
}

std::string inspect_text(const EntryTrace& trace, TextOutput::Colours colours) {
  Writer writer(colours);
  EntrySnapshot entry = trace.before;
  for (const StageStep& step : trace.steps)
    writer.step(step, entry);
  return writer.take();
}

std::string trace_text(const EntryTrace& trace, TextOutput::Colours colours) {
  std::string text = trace.first_stage == 0 ? "line: " : "joined: ";
  if (colours != TextOutput::Colours::kNone) text = fmt::format("{}{}{}", kBold, text, kPlain);
  text += trace.before.line + "\n" + inspect_text(trace, colours) + entry_text(trace, colours);
  if (trace.fate == EntryTrace::Fate::kLeft) {
    if (trace.after.tenant) text += "tenant: " + *trace.after.tenant + "\n";
    if (!trace.after.metadata.empty()) {
      text += "structured metadata: " + pairs_text(trace.after.metadata) + "\n";
    }
  }
  return text + "\n";
}

}  // namespace tailrace::debugger
