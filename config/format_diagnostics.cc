// Diagnostics for people: position, path, message, the source line with a caret, no secrets.
#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "config/load.h"
#include "config/secrets.h"

namespace tailrace::config {
namespace {

constexpr std::size_t kLineShownMax = 160;

bool is_key_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

// Where the value of the first secret key of a line begins, if there is one.
std::optional<std::size_t> find_secret_value(std::string_view line) {
  for (std::size_t colon = line.find(':'); colon != std::string_view::npos;
       colon = line.find(':', colon + 1)) {
    std::size_t end = colon;
    while (end > 0 && (line[end - 1] == '"' || line[end - 1] == '\'' || line[end - 1] == ' ')) {
      --end;
    }
    std::size_t begin = end;
    while (begin > 0 && is_key_byte(line[begin - 1]))
      --begin;
    const std::string_view key = line.substr(begin, end - begin);
    const bool is_url = is_url_key(key) && line.find('@', colon) != std::string_view::npos;
    if (begin < end && (is_secret_key(key) || is_url)) return colon + 1;
  }
  return std::nullopt;
}

std::size_t indent_of(std::string_view line) {
  const std::size_t indent = line.find_first_not_of(" \t-");
  return indent == std::string_view::npos ? line.size() : indent;
}

// The line as it may be shown.
std::string shown_line(const std::vector<std::string_view>& lines, std::size_t index) {
  std::string line(lines[index]);
  // A secret that began above: in a block scalar, a list or a nested map, indented deeper.
  std::size_t indent = indent_of(line);
  for (std::size_t above = index; above-- > 0 && indent > 0;) {
    if (lines[above].find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::size_t indent_above = indent_of(lines[above]);
    if (indent_above >= indent) continue;
    indent = indent_above;
    if (find_secret_value(lines[above])) return line.substr(0, indent_of(line)) + "***";
  }
  if (const auto secret = find_secret_value(line)) {
    if (line.find_first_not_of(" \r", *secret) != std::string::npos) {
      line = line.substr(0, *secret) + " ***";
    }
  }
  mask_urls_and_queries(line);
  return line;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (true) {
    const std::size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    if (newline == std::string_view::npos) return lines;
    text.remove_prefix(newline + 1);
  }
}

// The line and a caret below the column; a long line is shown around it. Tabs stay tabs and
// continuation bytes of UTF-8 take no room, so that the caret stands right.
std::string with_caret(const std::string& line, int column) {
  const std::size_t at = std::min(static_cast<std::size_t>(std::max(column, 1) - 1), line.size());
  std::size_t begin =
      at > kLineShownMax / 2 && line.size() > kLineShownMax ? at - kLineShownMax / 2 : 0;
  const auto continues = [&](std::size_t i) {
    return i < line.size() && (static_cast<unsigned char>(line[i]) & 0xc0U) == 0x80U;
  };
  while (continues(begin))
    ++begin;
  std::size_t end = std::min(line.size(), begin + kLineShownMax);
  while (continues(end))
    ++end;
  std::string padding;
  for (std::size_t i = begin; i < at; ++i) {
    if (!continues(i)) padding += line[i] == '\t' ? '\t' : ' ';
  }
  return fmt::format("    {}\n    {}^\n", line.substr(begin, end - begin), padding);
}

}  // namespace

std::string format_diagnostics(std::span<const Diagnostic> diagnostics, std::string_view file_name,
                               std::string_view text) {
  const std::vector<std::string_view> lines = split_lines(text);
  std::string shown;
  for (const Diagnostic& diagnostic : diagnostics) {
    const SourceLocation& location = diagnostic.location;
    if (!file_name.empty()) {  // Else there are flags only.
      shown += file_name;
      if (location.line > 0) shown += fmt::format(":{}:{}", location.line, location.column);
      shown += ": ";
    }
    if (diagnostic.severity == Diagnostic::Severity::kWarning) shown += "warning: ";
    if (!location.path.empty()) shown += location.path + ": ";
    std::string message = diagnostic.message;
    mask_urls_and_queries(message);
    shown += message;
    if (diagnostic.severity == Diagnostic::Severity::kWarning && !diagnostic.code.empty()) {
      shown += fmt::format(" [{}]", diagnostic.code);
    }
    shown += "\n";
    if (!file_name.empty() && location.line > 0 &&
        static_cast<std::size_t>(location.line) <= lines.size()) {
      shown += with_caret(shown_line(lines, static_cast<std::size_t>(location.line) - 1),
                          location.column);
    }
    if (!diagnostic.hint.empty()) shown += fmt::format("    hint: {}\n", diagnostic.hint);
  }
  return shown;
}

}  // namespace tailrace::config
