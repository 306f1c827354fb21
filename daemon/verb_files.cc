// What verbs read: configurations, and files of lines.
#include "daemon/verb_files.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "config/load.h"
#include "debugger/desk.h"
#include "pipeline/go_time/layout.h"

namespace tailrace::daemon {
namespace {

Error not_readable(const std::string& path) {
  return {Error::kInvalid, path + ": " + std::generic_category().message(errno) + "\n"};
}

// A folder can be opened, and reads as empty.
Status open(const std::string& path, std::ifstream& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    errno = EISDIR;
    return fail(not_readable(path));
  }
  file.open(path, std::ios::binary);
  if (!file) return fail(not_readable(path));
  return {};
}

}  // namespace

Result<std::string> read_whole_file(const std::string& path) {
  std::ifstream file;
  if (Status opened = open(path, file); !opened) return fail(opened.error());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Result<VerbConfig> load_verb_config(const std::string& path, ExpandEnv expand_env,
                                    const Environment& environment) {
  const auto text = read_whole_file(path);
  if (!text) return fail(text.error());
  config::Overrides overrides;
  overrides.stdin_source = true;                   // Jobs need no files,
  overrides.client_url = "http://localhost/push";  // nor a client: one more is there.
  config::LoadResult loaded = expand_env == ExpandEnv::kYes
                                  ? config::load_text_expanding(*text, path, overrides, environment)
                                  : config::load_text(*text, path, overrides);
  std::string said = config::format_diagnostics(loaded.diagnostics, path, *text);
  if (!loaded.config) return fail(Error::kInvalid, std::move(said));
  return VerbConfig{std::move(*loaded.config), std::move(said)};
}

Result<std::vector<config::StageConfig>> load_verb_stages(const std::string& yaml) {
  std::vector<config::Diagnostic> diagnostics;
  auto stages = debugger::parse_desk_stages(yaml, diagnostics);
  if (stages) return std::move(*stages);
  return fail(Error::kInvalid, config::format_diagnostics(diagnostics, "stages", yaml));
}

Status for_each_line(const std::string& path, const std::function<void(std::string_view)>& take) {
  std::ifstream file;
  if (path != "-") {
    if (Status opened = open(path, file); !opened) return opened;
  }
  std::istream& stream = path == "-" ? std::cin : file;
  for (std::string line; std::getline(stream, line);)
    take(line);
  if (stream.bad()) return fail(not_readable(path));
  return {};
}

Result<std::vector<std::string>> read_lines(const std::string& path) {
  std::vector<std::string> lines;
  const Status read = for_each_line(path, [&](std::string_view line) { lines.emplace_back(line); });
  if (!read) return fail(read.error());
  return lines;
}

// "a=b,c=d"
Result<config::LabelMap> parse_verb_labels(std::string_view text) {
  config::LabelMap labels;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view pair = text.substr(0, comma);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return fail(Error::kInvalid, fmt::format("-labels: \"{}\" is not like name=value", pair));
    }
    labels[std::string(pair.substr(0, equals))] = pair.substr(equals + 1);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return labels;
}

Result<WallTime> parse_verb_time(const std::string& text, const Clock& clock) {
  if (text.empty()) return clock.wall_now();
  const auto parser = pipeline::TimeParser::create("RFC3339Nano", std::nullopt);
  const auto time = parser ? (*parser)->parse(text, 0) : std::nullopt;
  if (!time) {
    return fail(Error::kInvalid, "-time: \"" + text + "\" is not like 2026-01-02T03:04:05Z");
  }
  return wall_time_from_unix(time->ns());
}

}  // namespace tailrace::daemon
