// What one entry went through, as data.
#include "debugger/entry_trace.h"

#include <algorithm>
#include <string_view>

#include "shippers/print_shipper.h"

namespace tailrace::debugger {
namespace {

constexpr std::string_view kTenantLabel = "__tenant_id__";

template <typename Labels>
std::string go_pairs(const Labels& labels) {
  std::string text = "{";
  for (const auto& [name, value] : labels) {
    if (text.size() > 1) text += ", ";
    text.append(name).append("=");
    append_go_quoted(text, value);
  }
  return text + "}";
}

void apply_to_metadata(const Change& change, Pairs& metadata) {
  if (change.was) {
    const auto found =
        std::find(metadata.begin(), metadata.end(), std::pair(change.name, *change.was));
    if (found != metadata.end()) metadata.erase(found);
  }
  if (change.now) metadata.emplace_back(change.name, *change.now);
}

}  // namespace

EntrySnapshot snapshot_of(std::map<std::string, std::string> labels, const Entry& entry) {
  EntrySnapshot snapshot;
  snapshot.labels = std::move(labels);
  if (auto tenant = snapshot.labels.extract(std::string(kTenantLabel)); !tenant.empty()) {
    snapshot.tenant = std::move(tenant.mapped());
  }
  snapshot.line = entry.line;
  snapshot.time = entry.time;
  for (const LabelPair& pair : entry.metadata)
    snapshot.metadata.emplace_back(pair.name, pair.value);
  return snapshot;
}

EntrySnapshot snapshot_of(const LabelSet& labels, const Entry& entry) {
  std::map<std::string, std::string> map;
  for (const LabelPair& pair : labels.pairs())
    map.emplace(pair.name, pair.value);
  return snapshot_of(std::move(map), entry);
}

std::size_t bytes_of(const EntrySnapshot& entry) {
  std::size_t bytes = entry.line.size();
  for (const auto& [name, value] : entry.labels)
    bytes += name.size() + value.size();
  for (const auto& [name, value] : entry.metadata)
    bytes += name.size() + value.size();
  return bytes;
}

std::size_t bytes_of(const StageStep& step) {
  std::size_t bytes = step.explanation.text.size();
  for (const Change& change : step.changes) {
    bytes += change.name.size();
    if (change.was) bytes += change.was->size();
    if (change.now) bytes += change.now->size();
  }
  return bytes;
}

std::size_t bytes_of(const EntryTrace& trace) {
  std::size_t bytes = bytes_of(trace.before) + bytes_of(trace.after);
  for (const StageStep& step : trace.steps)
    bytes += bytes_of(step);
  return bytes;
}

void apply(const Change& change, EntrySnapshot& entry) {
  switch (change.field) {
    case Change::Field::kExtracted:
      break;
    case Change::Field::kTime:
      entry.time = change.time;
      break;
    case Change::Field::kLabel:
      if (change.now) {
        entry.labels[change.name] = *change.now;
      } else {
        entry.labels.erase(change.name);
      }
      break;
    case Change::Field::kTenant:
      entry.tenant = change.now;
      break;
    case Change::Field::kLine:
      entry.line = change.now.value_or("");
      break;
    case Change::Field::kMetadata:
      apply_to_metadata(change, entry.metadata);
      break;
  }
}

EntrySnapshot last_seen(const EntryTrace& trace) {
  if (trace.fate == EntryTrace::Fate::kLeft) return trace.after;
  EntrySnapshot entry = trace.before;
  for (std::size_t i = 0; i + 1 < trace.steps.size(); ++i) {
    for (const Change& change : trace.steps[i].changes)
      apply(change, entry);
  }
  return entry;
}

std::string pairs_text(const std::map<std::string, std::string>& labels) {
  return go_pairs(labels);
}

std::string pairs_text(const Pairs& labels) {
  return go_pairs(labels);
}

std::string time_text(const Timestamp& time) {
  std::string text = shippers::dry_run_time(time);
  text.replace(text.find('T'), 1, " ");
  text.insert(text.find('+'), " ");
  return text + " UTC";
}

}  // namespace tailrace::debugger
