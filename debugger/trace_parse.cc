// Traces read back from their JSON, for the commands that ask a daemon.
#include "debugger/trace_parse.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "debugger/trace_json.h"

namespace tailrace::debugger {
namespace {

using Json = nlohmann::ordered_json;
using Field = Change::Field;

std::string text_of(const Json& json, const char* name) {
  return json.value(name, std::string());
}

std::optional<std::string> optional_text(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

Timestamp time_of(const Json& json) {
  const std::string text = optional_text(json, "timestamp_ns").value_or("");
  std::int64_t nanoseconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), nanoseconds);
  return Timestamp::of_ns(nanoseconds);
}

EntrySnapshot entry_of(const Json& json) {
  EntrySnapshot entry;
  for (const auto& [name, value] : json.at("labels").items())
    entry.labels[name] = value.get<std::string>();
  entry.line = json.at("line").get<std::string>();
  entry.time = time_of(json);
  if (const auto metadata = json.find("structured_metadata"); metadata != json.end()) {
    for (const Json& pair : *metadata)
      entry.metadata.emplace_back(pair.at(0).get<std::string>(), pair.at(1).get<std::string>());
  }
  entry.tenant = optional_text(json, "tenant");
  return entry;
}

Field field_of(std::string_view name) {
  constexpr auto kNames = std::to_array<std::pair<std::string_view, Field>>({
      {"extracted", Field::kExtracted},
      {"label", Field::kLabel},
      {"tenant", Field::kTenant},
      {"line", Field::kLine},
      {"timestamp", Field::kTime},
  });
  for (const auto& [text, field] : kNames) {
    if (text == name) return field;
  }
  return Field::kMetadata;
}

StageStep step_of(const Json& json) {
  StageStep step;
  step.number = json.value("number", std::size_t{0});
  step.name = text_of(json, "name");
  step.depth = json.value("depth", std::size_t{0});
  const std::string verdict = text_of(json, "verdict");
  for (const auto one : {pipeline::Verdict::kKeep, pipeline::Verdict::kDrop,
                         pipeline::Verdict::kHold, pipeline::Verdict::kSkip}) {
    if (verdict_name(one) == verdict) step.verdict = one;
  }
  for (const Json& change : json.at("changes")) {
    step.changes.push_back({field_of(text_of(change, "field")), text_of(change, "name"),
                            optional_text(change, "was"), optional_text(change, "now"),
                            Timestamp{}});
  }
  pipeline::Explanation& explanation = step.explanation;
  explanation.source = text_of(json, "source");
  explanation.text = text_of(json, "text");
  for (const Json& group : json.value("groups", Json::array())) {
    // Bytes of a text that may be shorter now.
    const std::size_t size = explanation.text.size();
    const std::size_t end = std::min(group.value("end", std::size_t{0}), size);
    const std::size_t begin = std::min(group.value("begin", std::size_t{0}), end);
    explanation.groups.push_back({text_of(group, "name"), begin, end});
  }
  for (const Json& update : json.value("metrics", Json::array())) {
    const Json& value = update.at("value");
    explanation.updates.push_back({text_of(update, "metric"), text_of(update, "action"),
                                   value.is_number() ? value.get<double>() : 0.0});
  }
  explanation.reasons = json.value("reasons", std::vector<std::string>());
  explanation.drop_reason = text_of(json, "drop_reason");
  step.spent = std::chrono::nanoseconds(json.value("spent_ns", std::int64_t{0}));
  return step;
}

}  // namespace

Result<EntryTrace> parse_trace(std::string_view json) {
  try {
    const Json root = Json::parse(json);
    EntryTrace trace;
    trace.job = text_of(root, "job");
    const std::string fate = text_of(root, "fate");
    for (const auto one : {EntryTrace::Fate::kLeft, EntryTrace::Fate::kDropped,
                           EntryTrace::Fate::kHeld, EntryTrace::Fate::kContext}) {
      if (fate_name(one) == fate) trace.fate = one;
    }
    trace.after = entry_of(root);
    trace.first_stage = root.value("first_stage", std::size_t{0});
    const auto before = root.find("before");
    trace.before = before == root.end() ? trace.after : entry_of(*before);
    for (const Json& step : root.value("stages", Json::array()))
      trace.steps.push_back(step_of(step));
    if (trace.steps.empty() && trace.fate == EntryTrace::Fate::kDropped) {
      trace.steps.emplace_back().verdict = pipeline::Verdict::kDrop;
      trace.steps.back().explanation.drop_reason = text_of(root, "drop_reason");
    }
    return trace;
  } catch (const Json::exception& error) {
    return fail(Error::kInvalid, std::string("this is no trace: ") + error.what());
  }
}

}  // namespace tailrace::debugger
