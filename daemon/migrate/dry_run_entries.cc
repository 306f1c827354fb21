// Entries as a dry run prints them, read back.
#include "daemon/migrate/dry_run_entries.h"

#include <cstddef>
#include <optional>

namespace tailrace::daemon::migrate {
namespace {

constexpr std::string_view kFileLabel = "filename=\"";
// What is compared of each kind of time: "2026-01-02T03:04:05".
constexpr std::string_view kTimeShape = "dddd-dd-ddTdd:dd:dd";
constexpr std::size_t kZoneBytes = 5;  // +0000

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The length of the time that `text` begins with; 0: none.
std::size_t time_length(std::string_view text) {
  if (text.size() < kTimeShape.size() + kZoneBytes) return 0;
  for (std::size_t i = 0; i < kTimeShape.size(); ++i) {
    const char shape = kTimeShape[i];
    if (shape == 'd' ? !is_digit(text[i]) : text[i] != shape) return 0;
  }
  std::size_t at = kTimeShape.size();
  if (text[at] == '.') {
    for (++at; at < text.size() && is_digit(text[at]);)
      ++at;
  }
  if (at + kZoneBytes > text.size() || (text[at] != '+' && text[at] != '-')) return 0;
  for (std::size_t i = at + 1; i < at + kZoneBytes; ++i) {
    if (!is_digit(text[i])) return 0;
  }
  return at + kZoneBytes;
}

// Behind the closing brace of the labels at the start of `text`; 0: there are none.
std::size_t labels_length(std::string_view text) {
  if (!text.starts_with('{')) return 0;
  bool is_quoted = false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (is_quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      is_quoted = !is_quoted;
    } else if (!is_quoted && text[i] == '}') {
      return i + 1;
    }
  }
  return 0;
}

void append_line(std::string_view text, std::string& line) {
  for (const char c : text) {
    if (c != '\t' && c != '\v' && c != '\f') line += c;
  }
}

std::string file_of(std::string_view labels) {
  const std::size_t at = labels.find(kFileLabel);
  // Not the end of another label's name.
  if (at == std::string_view::npos || (at > 0 && labels[at - 1] != '{' && labels[at - 1] != ' ')) {
    return {};
  }
  std::string file;
  for (std::size_t i = at + kFileLabel.size(); i < labels.size() && labels[i] != '"'; ++i) {
    if (labels[i] == '\\' && i + 1 < labels.size()) ++i;
    file += labels[i];
  }
  return file;
}

std::optional<PrintedEntry> begin_entry(std::string_view text) {
  const std::size_t time = time_length(text);
  if (time == 0) return std::nullopt;
  PrintedEntry entry;
  entry.time = text.substr(0, time);
  text.remove_prefix(time);
  while (text.starts_with('\t'))
    text.remove_prefix(1);
  const std::size_t labels = labels_length(text);
  if (labels == 0) return std::nullopt;
  entry.labels = text.substr(0, labels);
  entry.file = file_of(entry.labels);
  append_line(text.substr(labels), entry.line);
  return entry;
}

}  // namespace

std::vector<PrintedEntry> parse_dry_run(std::string_view text) {
  std::vector<PrintedEntry> entries;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;  // Cut off when the program was stopped.
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (auto entry = begin_entry(line)) {
      entries.push_back(std::move(*entry));
    } else if (!entries.empty()) {
      append_line(line, entries.back().line);
    }
  }
  return entries;
}

}  // namespace tailrace::daemon::migrate
