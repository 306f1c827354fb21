// systemd units as files: what a service is started with.
#include "daemon/migrate/unit_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/read_whole.h"

namespace tailrace::daemon::migrate {
namespace {

constexpr std::size_t kTextBytesMax = 16U << 20U;
constexpr std::string_view kBlanks = " \t\r";
// The first that has a unit wins (systemd.unit(5)).
constexpr auto kUnitFolders = std::to_array<std::string_view>(
    {"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
     "/usr/lib/systemd/system", "/lib/systemd/system"});

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

bool is_comment(std::string_view line) {
  return line.starts_with('#') || line.starts_with(';');
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

char unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 's':
      return ' ';
    default:
      return c;
  }
}

// Drop-ins by name; a name in an earlier folder hides the same name in a later one.
std::map<std::string, std::string> drop_ins(FileSystem& file_system, const std::string& root,
                                            const std::string& name) {
  std::map<std::string, std::string> found;
  for (const std::string_view folder : kUnitFolders) {
    const std::string path = root + std::string(folder) + "/" + name + ".d";
    const auto entries = file_system.list(path);
    if (!entries) continue;
    for (const DirectoryEntry& entry : *entries) {
      if (entry.name.ends_with(".conf")) found.emplace(entry.name, path + "/" + entry.name);
    }
  }
  return found;
}

Status add_file(FileSystem& file_system, const std::string& path, Unit& unit) {
  const auto text = read_text(file_system, path);
  if (!text) return fail(text.error());
  unit.files.push_back(path);
  for (UnitSetting& setting : parse_unit(*text))
    unit.settings.push_back(std::move(setting));
  return {};
}

void add_environment_file(std::string_view text, UnitEnvironment& environment) {
  while (!text.empty()) {
    const std::string_view line = trimmed(take_line(text));
    const std::size_t equals = line.find('=');
    if (is_comment(line) || equals == std::string_view::npos) continue;
    std::string_view value = trimmed(line.substr(equals + 1));
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
        value.back() == value.front()) {
      value = value.substr(1, value.size() - 2);
    }
    environment[std::string(trimmed(line.substr(0, equals)))] = value;
  }
}

std::string value_of(const UnitEnvironment& environment, std::string_view name) {
  const auto found = environment.find(std::string(name));
  return found == environment.end() ? std::string() : found->second;
}

std::string expanded(std::string_view text, const UnitEnvironment& environment) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if ((text[i] == '$' || text[i] == '%') && next == text[i]) {
      out += text[i++];
    } else if (text[i] == '$' && next == '{') {
      const std::size_t end = text.find('}', i);
      if (end == std::string_view::npos) return out + std::string(text.substr(i));
      out += value_of(environment, text.substr(i + 2, end - i - 2));
      i = end;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

Result<std::string> read_text(FileSystem& file_system, const std::string& path) {
  return read_whole(file_system, path, kTextBytesMax);
}

std::vector<UnitSetting> parse_unit(std::string_view text) {
  std::vector<UnitSetting> settings;
  std::string section;
  while (!text.empty()) {
    std::string line(trimmed(take_line(text)));
    if (is_comment(line)) continue;
    while (line.ends_with('\\') && !text.empty()) {
      line.pop_back();
      const std::string_view more = trimmed(take_line(text));
      // A comment between continued lines is skipped; its end is not theirs.
      line += is_comment(more) ? "\\" : " " + std::string(more);
    }
    const std::size_t equals = line.find('=');
    if (line.starts_with('[') && line.ends_with(']')) {
      section = line.substr(1, line.size() - 2);
    } else if (equals != std::string::npos) {
      settings.push_back({section, std::string(trimmed(line.substr(0, equals))),
                          std::string(trimmed(std::string_view(line).substr(equals + 1)))});
    }
  }
  return settings;
}

std::vector<std::string> Unit::values(std::string_view key) const {
  std::vector<std::string> found;
  for (const UnitSetting& setting : settings) {
    if (setting.section != "Service" || setting.key != key) continue;
    if (setting.value.empty()) {
      found.clear();
    } else {
      found.push_back(setting.value);
    }
  }
  return found;
}

std::string Unit::value(std::string_view key) const {
  const std::vector<std::string> all = values(key);
  return all.empty() ? std::string() : all.back();
}

bool Unit::is_on(std::string_view key) const {
  const std::string text = value(key);
  return text == "yes" || text == "true" || text == "1" || text == "on";
}

Result<Unit> load_unit(FileSystem& file_system, const std::string& root, const std::string& name) {
  for (const std::string_view folder : kUnitFolders) {
    const std::string path = root + std::string(folder) + "/" + name;
    if (!file_system.stat(path)) continue;
    Unit unit;
    unit.name = name;
    if (Status added = add_file(file_system, path, unit); !added) return fail(added.error());
    for (const auto& [file, place] : drop_ins(file_system, root, name)) {
      if (Status added = add_file(file_system, place, unit); !added) return fail(added.error());
    }
    return unit;
  }
  return fail(ENOENT, "there is no unit " + name);
}

std::vector<CommandWord> split_words(std::string_view line) {
  std::vector<CommandWord> words;
  std::size_t at = line.find_first_not_of(kBlanks);
  while (at < line.size()) {
    CommandWord word;
    const std::size_t begin = at;
    char quote = '\0';
    for (; at < line.size() && (quote != '\0' || kBlanks.find(line[at]) == kBlanks.npos); ++at) {
      const char c = line[at];
      if (c == '\\' && at + 1 < line.size()) {
        word.text += unescaped(line[++at]);
      } else if (quote != '\0' && c == quote) {
        quote = '\0';
      } else if (quote == '\0' && (c == '"' || c == '\'')) {
        quote = c;
      } else {
        word.text += c;
      }
    }
    word.written = line.substr(begin, at - begin);
    words.push_back(std::move(word));
    at = line.find_first_not_of(kBlanks, at);
  }
  return words;
}

UnitEnvironment unit_environment(FileSystem& file_system, const Unit& unit) {
  UnitEnvironment environment;
  for (const std::string& line : unit.values("Environment")) {
    for (const CommandWord& word : split_words(line)) {
      const std::size_t equals = word.text.find('=');
      if (equals == std::string::npos) continue;
      environment[word.text.substr(0, equals)] = word.text.substr(equals + 1);
    }
  }
  for (std::string path : unit.values("EnvironmentFile")) {
    if (path.starts_with('-')) path.erase(0, 1);
    if (const auto text = read_text(file_system, path)) add_environment_file(*text, environment);
  }
  return environment;
}

std::vector<std::string> expand_words(const std::vector<CommandWord>& words,
                                      const UnitEnvironment& environment) {
  std::vector<std::string> out;
  for (const CommandWord& word : words) {
    const bool is_variable = word.text.size() > 1 && word.text.front() == '$' &&
                             std::all_of(word.text.begin() + 1, word.text.end(), is_name_character);
    if (!is_variable) {
      out.push_back(expanded(word.text, environment));
      continue;
    }
    for (CommandWord& part : split_words(value_of(environment, word.text.substr(1))))
      out.push_back(std::move(part.text));
  }
  return out;
}

}  // namespace tailrace::daemon::migrate
