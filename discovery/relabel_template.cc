// Parsing and filling in of replacement texts.
#include "discovery/relabel_template.h"

#include <algorithm>

#include "base/ascii.h"

namespace tailrace::discovery {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;  // Letters beyond ASCII belong to the name too.
}

// The name at the beginning of `text` (behind the '$'); empty when there is none. `rest` is what
// follows it.
std::string_view take_name(std::string_view text, std::string_view& rest) {
  const bool braced = text.starts_with('{');
  if (braced) text.remove_prefix(1);
  const auto end = std::find_if_not(text.begin(), text.end(), is_name_character);
  const auto length = static_cast<std::size_t>(end - text.begin());
  if (braced && (length == text.size() || text[length] != '}')) return {};
  rest = text.substr(length + (braced ? 1U : 0U));
  return text.substr(0, length);
}

int group_of(std::string_view name, const std::map<std::string, int>& group_names) {
  constexpr std::size_t kDigitsMax = 8;
  const bool number = std::all_of(name.begin(), name.end(), is_digit) &&
                      name.size() <= kDigitsMax && (name.size() == 1 || name[0] != '0');
  if (number) return std::stoi(std::string(name));
  const auto found = group_names.find(std::string(name));
  return found == group_names.end() ? -1 : found->second;
}

}  // namespace

RelabelTemplate::RelabelTemplate(std::string_view text,
                                 const std::map<std::string, int>& group_names) {
  std::string before;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    before += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('$')) {
      before += '$';
      text.remove_prefix(1);
      continue;
    }
    std::string_view rest;
    const std::string_view name = take_name(text, rest);
    if (name.empty()) {
      before += '$';
      continue;
    }
    pieces_.push_back({.text = before, .group = group_of(name, group_names)});
    before.clear();
    text = rest;
  }
  pieces_.push_back({.text = before, .group = -1});
}

std::string RelabelTemplate::expand(std::span<const std::string_view> groups) const {
  std::string result;
  for (const Piece& piece : pieces_) {
    result += piece.text;
    if (piece.group >= 0 && static_cast<std::size_t>(piece.group) < groups.size()) {
      result += groups[static_cast<std::size_t>(piece.group)];
    }
  }
  return result;
}

}  // namespace tailrace::discovery
