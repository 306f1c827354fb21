// Traces as JSON: for scripts, the tap and the live page.
#include "debugger/trace_json.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "shippers/print_shipper.h"

namespace tailrace::debugger {
namespace {

using Json = nlohmann::ordered_json;

std::string_view field_name(Change::Field field) {
  switch (field) {
    case Change::Field::kExtracted:
      return "extracted";
    case Change::Field::kLabel:
      return "label";
    case Change::Field::kTenant:
      return "tenant";
    case Change::Field::kLine:
      return "line";
    case Change::Field::kTime:
      return "timestamp";
    case Change::Field::kMetadata:
      break;
  }
  return "structured_metadata";
}

// RFC 3339, in UTC.
std::string rfc3339(const Timestamp& time) {
  std::string text = shippers::dry_run_time(time);
  text.replace(text.rfind('+'), std::string::npos, "Z");
  return text;
}

// A number of nanoseconds would not survive a reader with doubles, hence a text; a time that does
// not fit 64 bits has none.
Json nanoseconds_of(const Timestamp& time) {
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  std::int64_t result = 0;
  if (__builtin_mul_overflow(time.seconds, kPerSecond, &result) ||
      __builtin_add_overflow(result, static_cast<std::int64_t>(time.nanoseconds), &result)) {
    return nullptr;
  }
  return std::to_string(result);
}

void add_entry(const EntrySnapshot& entry, Json& json) {
  json["timestamp"] = rfc3339(entry.time);
  json["timestamp_ns"] = nanoseconds_of(entry.time);
  json["labels"] = Json::object();
  for (const auto& [name, value] : entry.labels)
    json["labels"][name] = value;
  json["line"] = entry.line;
  if (!entry.metadata.empty()) {
    Json& metadata = json["structured_metadata"] = Json::array();
    for (const auto& [name, value] : entry.metadata)
      metadata.push_back({name, value});
  }
  if (entry.tenant) json["tenant"] = *entry.tenant;
}

Json change_json(const Change& change) {
  Json json;
  json["field"] = field_name(change.field);
  if (!change.name.empty()) json["name"] = change.name;
  if (change.was) json["was"] = *change.was;
  if (change.now) json["now"] = *change.now;
  return json;
}

Json step_json(const StageStep& step) {
  Json json;
  json["number"] = step.number;
  json["name"] = step.name;
  json["depth"] = step.depth;
  json["verdict"] = verdict_name(step.verdict);
  json["changes"] = Json::array();
  for (const Change& change : step.changes)
    json["changes"].push_back(change_json(change));
  const pipeline::Explanation& explanation = step.explanation;
  if (!explanation.source.empty()) {
    json["source"] = explanation.source;
    json["text"] = explanation.text;
  }
  if (!explanation.groups.empty()) {
    Json& groups = json["groups"] = Json::array();
    for (const auto& group : explanation.groups)
      groups.push_back({{"name", group.name},
                        {"begin", group.begin},
                        {"end", group.end},
                        {"value", explanation.text.substr(group.begin, group.end - group.begin)}});
  }
  if (!explanation.updates.empty()) {
    Json& updates = json["metrics"] = Json::array();
    for (const auto& update : explanation.updates) {
      updates.push_back(
          {{"metric", update.metric}, {"action", update.action}, {"value", update.value}});
    }
  }
  if (!explanation.reasons.empty()) json["reasons"] = explanation.reasons;
  if (step.verdict == pipeline::Verdict::kDrop && !explanation.drop_reason.empty()) {
    json["drop_reason"] = explanation.drop_reason;
  }
  json["spent_ns"] = step.spent.count();
  return json;
}

}  // namespace

std::string_view verdict_name(pipeline::Verdict verdict) {
  switch (verdict) {
    case pipeline::Verdict::kKeep:
      return "keep";
    case pipeline::Verdict::kDrop:
      return "drop";
    case pipeline::Verdict::kHold:
      return "hold";
    case pipeline::Verdict::kSkip:
      break;
  }
  return "skip";
}

std::string_view fate_name(EntryTrace::Fate fate) {
  switch (fate) {
    case EntryTrace::Fate::kLeft:
      return "sent";
    case EntryTrace::Fate::kDropped:
      return "dropped";
    case EntryTrace::Fate::kHeld:
      return "held";
    case EntryTrace::Fate::kContext:
      break;
  }
  return "context";
}

std::string trace_json(const EntryTrace& trace, TraceDetail detail) {
  Json json;
  json["fate"] = fate_name(trace.fate);
  if (trace.fate == EntryTrace::Fate::kDropped && !trace.steps.empty() &&
      !trace.steps.back().explanation.drop_reason.empty()) {
    json["drop_reason"] = trace.steps.back().explanation.drop_reason;
  }
  if (!trace.job.empty()) json["job"] = trace.job;
  add_entry(last_seen(trace), json);
  if (detail == TraceDetail::kStages) {
    Json& lines = json["lines"] = Json::array();
    for (const LineOrigin& origin : trace.origins)
      lines.push_back(origin.line);
    json["first_stage"] = trace.first_stage;
    add_entry(trace.before, json["before"]);
    json["stages"] = Json::array();
    for (const StageStep& step : trace.steps)
      json["stages"].push_back(step_json(step));
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tailrace::debugger
