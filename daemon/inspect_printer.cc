// What a stage changed, as text.
#include "daemon/inspect_printer.h"

#include <utility>

#include "model/label_set.h"
#include "pipeline/value_text.h"
#include "shippers/print_shipper.h"

namespace tailrace::daemon {
namespace {

constexpr std::size_t kScratchBytes = 64U << 10U;
constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kRed = "\033[31m";
constexpr std::string_view kGreen = "\033[32m";
constexpr std::string_view kYellow = "\033[33m";
constexpr std::string_view kPlain = "\033[0m";

// `pairs`: names and values, whatever holds them.
template <typename Pairs>
std::string pairs_text(const Pairs& pairs) {
  std::string text = "{";
  for (const auto& [name, value] : pairs) {
    if (text.size() > 1) text += ", ";
    text.append(name).append("=");
    append_go_quoted(text, value);
  }
  return text + "}";
}

std::string labels_text(const Entry& entry, const pipeline::Names& names) {
  std::map<std::string, std::string> labels;
  if (entry.base_labels != nullptr) {
    for (const LabelPair& pair : entry.base_labels->pairs())
      labels[std::string(pair.name)] = pair.value;
  }
  for (std::size_t slot = 0; slot < entry.changes.size(); ++slot) {
    const LabelChange& change = entry.changes[slot];
    const std::string& name = names.label_names()[slot];
    if (change.kind == LabelChange::Kind::kSet) labels[name] = change.value;
    if (change.kind == LabelChange::Kind::kRemoved) labels.erase(name);
  }
  return pairs_text(labels);
}

// As Go prints a time: 2026-01-02 03:04:05.6 +0000 UTC.
std::string time_text(const Timestamp& time) {
  std::string text = shippers::dry_run_time(time);
  text.replace(text.find('T'), 1, " ");
  text.insert(text.find('+'), " ");
  return text + " UTC";
}

std::string_view verdict_text(pipeline::Verdict verdict) {
  switch (verdict) {
    case pipeline::Verdict::kDrop:
      return "dropped\n";
    case pipeline::Verdict::kHold:
      return "held\n";
    case pipeline::Verdict::kSkip:
      return "nested stages left out\n";
    case pipeline::Verdict::kKeep:
      break;
  }
  return "";
}

}  // namespace

InspectPrinter::InspectPrinter(TextOutput output)
    : output_(std::move(output)), arena_(kScratchBytes) {}

void InspectPrinter::before(const pipeline::Stage& /*stage*/, const Entry& entry,
                            const pipeline::Names& names) {
  open_.push_back(snapshot(entry, names));
}

void InspectPrinter::after(const pipeline::Stage& stage, const Entry& entry,
                           const pipeline::Names& names, pipeline::Verdict verdict) {
  const Snapshot was = std::move(open_.back());
  open_.pop_back();
  std::string text;
  text += colour(kBold);
  text += "[inspect: " + std::string(stage.name()) + " stage]:";
  text += colour(kPlain);
  text += " \n";
  const std::string changes = differences(was, snapshot(entry, names));
  const std::string_view fate = verdict_text(verdict);
  text += changes;
  text += fate;
  if (changes.empty() && fate.empty()) text += "none\n";
  output_.write(text);
}

InspectPrinter::Snapshot InspectPrinter::snapshot(const Entry& entry,
                                                  const pipeline::Names& names) {
  Snapshot result;
  for (std::size_t slot = 0; slot < entry.extracted.size(); ++slot) {
    const Value& value = entry.extracted[slot];
    if (!value.present()) continue;
    result.extracted[names.extracted_names()[slot]] =
        pipeline::text_of(value, arena_).value_or("<nil>");
  }
  arena_.reset();
  result.labels = labels_text(entry, names);
  result.line = entry.line;
  result.metadata = pairs_text(entry.metadata);  // In its order; names may repeat.
  result.time = entry.time;
  return result;
}

std::string InspectPrinter::differences(const Snapshot& was, const Snapshot& now) const {
  std::string text;
  for (const auto& [name, value] : now.extracted) {
    const auto old = was.extracted.find(name);
    const bool known = old != was.extracted.end();
    if (known && old->second == value) continue;
    add_change(text, "Extracted[\"" + name + "\"]",
               known ? std::optional(old->second) : std::nullopt, value);
  }
  for (const auto& [name, value] : was.extracted) {
    if (!now.extracted.contains(name)) {
      add_change(text, "Extracted[\"" + name + "\"]", value, std::nullopt);
    }
  }
  if (was.labels != now.labels) add_change(text, "Entry.Labels", was.labels, now.labels);
  if (was.line != now.line) add_change(text, "Entry.Entry.Line", was.line, now.line);
  if (was.metadata != now.metadata) {
    add_change(text, "Entry.Entry.StructuredMetadata", was.metadata, now.metadata);
  }
  if (was.time != now.time) {
    add_change(text, "Entry.Entry.Timestamp", time_text(was.time), time_text(now.time));
  }
  return text;
}

void InspectPrinter::add_change(std::string& text, const std::string& what,
                                const std::optional<std::string>& was,
                                const std::optional<std::string>& now) const {
  text += colour(was && now ? kYellow : now ? kGreen : kRed);
  text += "{stages.Entry}." + what + ":";
  text += colour(kPlain);
  text += '\n';
  const auto add_line = [&](std::string_view sign, std::string_view code,
                            const std::string& value) {
    text += '\t';
    text += colour(code);
    text.append(sign).append(": ").append(value);
    text += colour(kPlain);
    text += '\n';
  };
  if (was) add_line("-", kRed, *was);
  if (now) add_line("+", kGreen, *now);
}

std::string_view InspectPrinter::colour(std::string_view code) const {
  return output_.colours == TextOutput::Colours::kAnsi ? code : std::string_view();
}

}  // namespace tailrace::daemon
