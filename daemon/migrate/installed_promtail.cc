// An installed Promtail: its unit, flags, environment, configuration and positions.
#include "daemon/migrate/installed_promtail.h"

#include <cerrno>
#include <filesystem>
#include <utility>

#include "config/config.h"

namespace tailrace::daemon::migrate {
namespace {

// What may stand before the program in ExecStart= (systemd.service(5)).
constexpr std::string_view kExecPrefixes = "-@:+!|";

Result<CommandLine> parse_arguments(const std::vector<std::string>& arguments) {
  std::vector<const char*> views;
  for (const std::string& argument : arguments)
    views.push_back(argument.c_str());
  return parse_command_line(views);
}

Status read_unit(FileSystem& file_system, const PromtailSearch& search, InstalledPromtail& found) {
  auto unit = load_unit(file_system, search.root, search.unit);
  if (!unit) return fail(unit.error());
  const std::string start = unit->value("ExecStart");
  found.words = split_words(start);
  if (found.words.empty()) {
    return fail(Error::kInvalid, unit->files.front() + " has no ExecStart");
  }
  UnitEnvironment environment = unit_environment(file_system, *unit);
  found.arguments = expand_words(found.words, environment);
  found.variable = [variables = std::move(environment)](std::string_view name) {
    const auto value = variables.find(std::string(name));
    return value == variables.end() ? std::nullopt : std::optional(value->second);
  };
  found.program = found.arguments.front();
  found.program.erase(0, found.program.find_first_not_of(kExecPrefixes));
  found.words.erase(found.words.begin());
  found.arguments.erase(found.arguments.begin());
  found.unit = std::move(*unit);
  return {};
}

// As systemd starts it: "/" unless WorkingDirectory= says otherwise.
std::string absolute(const InstalledPromtail& found, const std::string& path) {
  if (path.starts_with('/') || !found.unit) return path;
  std::string folder = found.unit->value("WorkingDirectory");
  if (!folder.starts_with('/')) folder = "/";
  return (std::filesystem::path(folder) / path).lexically_normal().string();
}

void read_config(FileSystem& file_system, InstalledPromtail& found) {
  std::string trouble = "no -config.file is given";
  for (const std::string& name : found.line.config_files) {
    found.config_file = absolute(found, name);
    auto text = read_text(file_system, found.config_file);
    if (text) {
      found.config_text = std::move(*text);
      trouble.clear();
      break;
    }
    trouble = text.error().message;
  }
  if (!trouble.empty()) {
    found.loaded.diagnostics = {{config::Diagnostic::Severity::kError, {}, trouble, "file"}};
    return;
  }
  found.loaded =
      found.line.expand_env
          ? config::load_text_expanding(found.config_text, found.config_file, found.line.overrides,
                                        found.variable)
          : config::load_text(found.config_text, found.config_file, found.line.overrides);
}

// systemd's folder for /tmp of a unit with PrivateTmp=, while it runs.
std::string private_place(FileSystem& file_system, const InstalledPromtail& found,
                          const std::string& root) {
  for (const std::string_view folder : {"/tmp", "/var/tmp"}) {
    const std::string inside = std::string(folder) + "/";
    if (!found.positions_file.starts_with(inside)) continue;
    const auto entries = file_system.list(root + std::string(folder));
    if (!entries) continue;
    for (const DirectoryEntry& entry : *entries) {
      if (entry.name.starts_with("systemd-private-") &&
          entry.name.find("-" + found.unit->name + "-") != std::string::npos) {
        return root + inside + entry.name + "/tmp/" + found.positions_file.substr(inside.size());
      }
    }
  }
  return {};
}

void read_positions(FileSystem& file_system, const std::string& root, InstalledPromtail& found) {
  const auto& config = found.loaded.config ? found.loaded.config : found.loaded.despite_errors;
  if (config) found.positions_file = absolute(found, config->positions.filename);
  if (found.positions_file.empty()) return;
  found.positions_place = found.positions_file;
  if (found.unit && found.unit->is_on("PrivateTmp")) {
    const std::string place = private_place(file_system, found, root);
    found.has_private_tmp =
        found.positions_file.starts_with("/tmp/") || found.positions_file.starts_with("/var/tmp/");
    if (!place.empty()) found.positions_place = place;
  }
  if (const auto real = file_system.real_path(found.positions_place)) {
    found.positions_place = *real;
  }
  const auto text = read_text(file_system, found.positions_place);
  if (!text) {
    if (text.error().code != ENOENT) found.positions_trouble = text.error().message;
    return;
  }
  auto document = positions::parse_positions(*text, found.positions_place);
  if (document) {
    found.positions = std::move(document->table);
  } else {
    found.positions_trouble = document.error().message;
  }
}

}  // namespace

config::Places InstalledPromtail::places() const {
  return line.expand_env ? config::Places(config_text, variable) : config::Places(config_text);
}

Result<InstalledPromtail> find_promtail(FileSystem& file_system, const PromtailSearch& search) {
  InstalledPromtail found;
  if (Status read = read_unit(file_system, search, found); !read) {
    const bool is_missing = read.error().code == ENOENT;
    if (!is_missing || search.config.empty()) {
      return fail(read.error().code,
                  read.error().message +
                      (is_missing ? "; -unit=NAME or -config=FILE says what to look at" : ""));
    }
  }
  auto line = parse_arguments(found.arguments);
  if (!line) {
    return fail(Error::kInvalid, "the unit's command line is refused: " + line.error().message);
  }
  found.line = std::move(*line);
  if (!search.config.empty()) found.line.config_files = {search.config};
  if (!found.unit) found.variable = search.environment;
  read_config(file_system, found);
  read_positions(file_system, search.root, found);
  return found;
}

}  // namespace tailrace::daemon::migrate
