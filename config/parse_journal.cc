// The block `journal` of a job.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "config/go_duration.h"
#include "config/parse.h"

namespace tailrace::config {
namespace {

constexpr std::string_view kBlanks = " \t\n\v\f\r";

// Fields are what journald takes for one.
bool is_journal_field(std::string_view name) {
  return !name.empty() && !name.starts_with("__") &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
         });
}

// "FIELD=value FIELD=value": no value holds a blank.
void read_matches(Fields& fields, std::vector<std::string>& matches) {
  std::string text;
  fields.read("matches", text);
  std::size_t at = text.find_first_not_of(kBlanks);
  while (at != std::string::npos) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    std::string match = text.substr(at, end - at);
    at = text.find_first_not_of(kBlanks, end);
    const std::size_t equals = match.find('=');
    if (equals == std::string::npos || equals == 0) {
      fields.error("matches", fmt::format("\"{}\" must be FIELD=value", match));
    } else if (!is_journal_field(std::string_view(match).substr(0, equals))) {
      fields.error("matches",
                   fmt::format("\"{}\" is no field of a journal: these are of A-Z, 0-9 and _, and "
                               "do not begin with __",
                               match.substr(0, equals)));
    } else {
      matches.push_back(std::move(match));
    }
  }
}

// As Promtail reads it, and days and weeks.
void read_max_age(Fields& fields, std::chrono::nanoseconds& max_age) {
  std::string text;
  fields.note_duration("max_age", max_age);
  fields.read("max_age", text);
  if (text.empty()) return;
  auto duration = parse_go_duration(text);
  if (auto days = parse_prometheus_duration(text); !duration && days) duration = days;
  if (duration) {
    max_age = *duration;
  } else {
    fields.error("max_age", duration.error().message);
  }
}

}  // namespace

void parse_journal(Fields fields, JournalConfig& journal) {
  fields.read("path", journal.path);
  fields.read("json", journal.json);
  read_max_age(fields, journal.max_age);
  TextPairs labels;
  parse_labels(fields, "labels", labels);
  for (auto& [name, value] : labels)
    journal.labels.insert_or_assign(name, std::move(value));
  read_matches(fields, journal.matches);
  fields.finish();
}

}  // namespace tailrace::config
