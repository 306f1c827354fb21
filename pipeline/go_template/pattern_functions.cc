// Template functions with regular expressions.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/go_template/functions.h"
#include "pipeline/go_template/sprig_values.h"

namespace tailrace::pipeline::go_template {
namespace {

bool is_word_of_ascii(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The group that `name` means: a number, or the last one of that name.
std::optional<std::size_t> group_of(std::string_view name, const RegexScanner& regex) {
  const auto& names = regex.group_names();
  if (std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    if (name.size() > 6) return std::nullopt;
    const auto number = static_cast<std::size_t>(std::stoul(std::string(name)));
    return number < names.size() ? std::optional<std::size_t>(number) : std::nullopt;
  }
  for (std::size_t i = names.size(); i-- > 1;) {
    if (names[i] == name && regex.group(i).took_part) return i;
  }
  return std::nullopt;
}

// Appends `replacement` with $1, ${1}, $name and ${name} replaced by what the groups matched, and
// $$ by a dollar.
void append_expanded(std::string& out, std::string_view replacement, std::string_view text,
                     const RegexScanner& regex) {
  while (true) {
    const std::size_t dollar = replacement.find('$');
    out += replacement.substr(0, dollar);
    if (dollar == std::string_view::npos) return;
    replacement.remove_prefix(dollar + 1);
    if (replacement.starts_with('$')) {
      out += '$';
      replacement.remove_prefix(1);
      continue;
    }
    const bool braces = replacement.starts_with('{');
    const std::string_view behind = replacement.substr(braces ? 1 : 0);
    const auto* const end = std::find_if_not(behind.begin(), behind.end(), is_word_of_ascii);
    const std::string_view name = behind.substr(0, static_cast<std::size_t>(end - behind.begin()));
    if (name.empty() || (braces && !behind.substr(name.size()).starts_with('}'))) {
      out += '$';  // It names nothing: as it stands.
      continue;
    }
    replacement.remove_prefix(name.size() + (braces ? 2 : 0));
    const auto group = group_of(name, regex);
    if (!group) continue;
    const RegexScanner::Span span = regex.group(*group);
    out += text.substr(span.begin, span.end - span.begin);
  }
}

enum class Replacement { kExpanded, kLiteral };

template <Replacement How>
bool replace(Call& call) {
  RegexScanner* const regex = call.runtime.regex(call.args[0].text);
  if (regex == nullptr) return false;
  const std::string_view text = call.args[1].text;
  const std::string_view replacement = call.args[2].text;
  std::string& out = call.runtime.start_text();
  std::size_t copied = 0;
  regex->start(text);
  while (regex->next()) {
    const RegexScanner::Span match = regex->group(0);
    out += text.substr(copied, match.begin - copied);
    if (How == Replacement::kLiteral) {
      out += replacement;
    } else {
      append_expanded(out, replacement, text, *regex);
    }
    copied = match.end;
    if (out.size() > kTextBytesMax) return false;
  }
  out += text.substr(copied);
  return call.return_scratch();
}

bool must_match(Call& call) {
  RegexScanner* const regex = call.runtime.regex(call.args[0].text);
  if (regex == nullptr) return false;
  regex->start(call.args[1].text);
  return call.return_bool(regex->next());
}
// A pattern that does not compile matches nothing.
bool matches(Call& call) {
  return must_match(call) || call.return_bool(false);
}

bool find(Call& call) {
  RegexScanner* const regex = call.runtime.regex(call.args[0].text);
  if (regex == nullptr) return false;
  regex->start(call.args[1].text);
  if (!regex->next()) return call.return_text("");
  const RegexScanner::Span match = regex->group(0);
  return call.return_text(call.args[1].text.substr(match.begin, match.end - match.begin));
}

// regexFindAll pattern text count; below 0: all.
bool find_all(Call& call) {
  RegexScanner* const regex = call.runtime.regex(call.args[0].text);
  if (regex == nullptr) return false;
  const std::string_view text = call.args[1].text;
  const std::int64_t max = call.args[2].integer;
  std::vector<std::string_view> found;
  regex->start(text);
  while ((max < 0 || static_cast<std::int64_t>(found.size()) < max) && regex->next()) {
    const RegexScanner::Span match = regex->group(0);
    found.push_back(text.substr(match.begin, match.end - match.begin));
  }
  return return_texts(call, found);
}

// regexSplit pattern text count.
bool split_at_pattern(Call& call) {
  RegexScanner* const regex = call.runtime.regex(call.args[0].text);
  if (regex == nullptr) return false;
  const std::string_view text = call.args[1].text;
  const std::int64_t max = call.args[2].integer;
  std::vector<std::string_view> parts;
  if (max == 0) return return_texts(call, parts);
  if (!call.args[0].text.empty() && text.empty()) return return_texts(call, {""});
  std::size_t begin = 0;
  std::size_t end = 0;
  regex->start(text);
  while (regex->next()) {
    if (max > 0 && static_cast<std::int64_t>(parts.size()) == max - 1) break;
    const RegexScanner::Span match = regex->group(0);
    end = match.begin;
    if (match.end != 0) parts.push_back(text.substr(begin, end - begin));
    begin = match.end;
  }
  if (end != text.size()) parts.push_back(text.substr(begin));
  return return_texts(call, parts);
}

bool quote_meta(Call& call) {
  constexpr std::string_view kMeta = "\\.+*?()|[]{}^$";
  std::string& out = call.runtime.start_text();
  for (const char c : call.args[0].text) {
    if (kMeta.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return call.return_scratch();
}

constexpr auto kPatternFunctions = std::to_array<Function>({
    {"regexReplaceAll", "sss", replace<Replacement::kExpanded>},
    {"regexReplaceAllLiteral", "sss", replace<Replacement::kLiteral>},
    {"regexMatch", "ss", matches},
    {"regexFind", "ss", find},
    {"regexFindAll", "ssi", find_all},
    {"regexSplit", "ssi", split_at_pattern},
    {"regexQuoteMeta", "s", quote_meta},
    {"mustRegexReplaceAll", "sss", replace<Replacement::kExpanded>},
    {"mustRegexReplaceAllLiteral", "sss", replace<Replacement::kLiteral>},
    {"mustRegexMatch", "ss", must_match},
    {"mustRegexFind", "ss", find},
    {"mustRegexFindAll", "ssi", find_all},
    {"mustRegexSplit", "ssi", split_at_pattern},
});

}  // namespace

std::span<const Function> pattern_functions() {
  return kPatternFunctions;
}

}  // namespace tailrace::pipeline::go_template
