// Go-style flags by a table.
#include "daemon/command_line.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <optional>

#include "daemon/config_flags.h"

#ifndef TAILRACE_VERSION
#error "the build defines TAILRACE_VERSION"
#endif

namespace tailrace::daemon {
namespace {

enum class Kind : std::uint8_t { kBool, kText };

struct Flag {
  std::string_view name;
  Kind kind;
  std::string_view value_name;  // Shown in -help.
  std::string_view help;
};

// docs/compatibility.md, command line. Flags of Promtail that are not in this table are unknown.
constexpr auto kFlags = std::to_array<Flag>({
    {"config.file", Kind::kText, "FILE", "configuration; of a comma list the first that exists"},
    {"config.expand-env", Kind::kBool, "", "replace ${VAR} in the configuration"},
    {"check-syntax", Kind::kBool, "", "build everything, report all errors, start nothing"},
    {"format", Kind::kText, "text|json", "of what -check-syntax and -dry-run print; default text"},
    {"dry-run", Kind::kBool, "", "print entries instead of sending them; positions are only read"},
    {"stdin", Kind::kBool, "", "read lines from standard input through the first job"},
    {"version", Kind::kBool, "", "print the version"},
    {"help", Kind::kBool, "", "print this text"},
    {"h", Kind::kBool, "", ""},
    {"inspect", Kind::kBool, "", "print what each stage changes, on standard error"},
    {"print-config-stderr", Kind::kBool, "", "print the effective configuration at the start"},
    {"log-config-reverse-order", Kind::kBool, "", "log it, a line each, the last one first"},
});

std::optional<bool> parse_bool(std::string_view text) {
  // The spellings of Go's strconv.ParseBool, which Promtail's flags accept.
  constexpr auto kTrue = std::to_array<std::string_view>({"1", "t", "T", "true", "TRUE", "True"});
  constexpr auto kFalse =
      std::to_array<std::string_view>({"0", "f", "F", "false", "FALSE", "False"});
  if (std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), text) != kFalse.end()) return false;
  return std::nullopt;
}

const Flag* find_flag(std::string_view name) {
  const auto* const found = std::find_if(kFlags.begin(), kFlags.end(),
                                         [name](const Flag& flag) { return flag.name == name; });
  return found == kFlags.end() ? nullptr : found;
}

std::vector<std::string> split_files(std::string_view list) {
  std::vector<std::string> files;
  while (true) {
    const std::size_t comma = list.find(',');
    std::string_view file = list.substr(0, comma);
    while (!file.empty() && std::isspace(static_cast<unsigned char>(file.front())) != 0) {
      file.remove_prefix(1);
    }
    while (!file.empty() && std::isspace(static_cast<unsigned char>(file.back())) != 0) {
      file.remove_suffix(1);
    }
    if (!file.empty()) files.emplace_back(file);
    if (comma == std::string_view::npos) return files;
    list.remove_prefix(comma + 1);
  }
}

void set_switch(CommandLine& line, std::string_view name, bool value) {
  if (name == "config.expand-env") line.expand_env = value;
  if (name == "check-syntax") line.check_syntax = value;
  if (name == "dry-run") line.dry_run = value;
  if (name == "inspect") line.inspect = value;
  if (name == "print-config-stderr") line.print_config = value;
  if (name == "log-config-reverse-order") line.log_config = value;
  if (name == "stdin") {
    line.stdin_source = value;
    line.overrides.stdin_source = value;  // Jobs need no input of their own then.
  }
  if (name == "version") line.version = value;
  if (name == "help" || name == "h") line.help = value;
}

// Of the flags that take text.
Status set_text(CommandLine& line, std::string_view name, const std::string& value) {
  if (name == "config.file") {
    line.config_files = split_files(value);
  } else if (value == "text" || value == "json") {
    line.format = value == "json" ? OutputFormat::kJson : OutputFormat::kText;
  } else {
    return fail(Error::kInvalid, "-format: must be text or json, not \"" + value + "\"");
  }
  return {};
}

bool is_bool(const Flag* own, const ConfigFlag* other, const FlagWithoutEffect* idle) {
  if (own != nullptr) return own->kind == Kind::kBool;
  if (other != nullptr) return other->value_name.empty();
  return idle->kind == FlagWithoutEffect::Kind::kBool;
}

Error bad_flag(std::string message) {
  return {Error::kInvalid, std::move(message)};
}

}  // namespace

Result<CommandLine> parse_command_line(std::span<const char* const> arguments) {
  CommandLine line;
  bool has_format = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view text = arguments[i];
    if (text.size() < 2 || text.front() != '-') break;
    text.remove_prefix(text.starts_with("--") ? 2 : 1);
    if (text.empty()) break;  // "--" ends the flags.
    const std::size_t equals = text.find('=');
    const std::string name(text.substr(0, equals));
    std::optional<std::string> value;
    if (equals != std::string_view::npos) value = text.substr(equals + 1);

    const Flag* const own = find_flag(name);
    const ConfigFlag* const other = find_config_flag(name);
    const FlagWithoutEffect* const idle = find_flag_without_effect(name);
    if (own == nullptr && other == nullptr && idle == nullptr) {
      return fail(bad_flag("flag provided but not defined: -" + name));
    }
    if (is_bool(own, other, idle)) {
      const std::optional<bool> on = parse_bool(value.value_or("true"));
      if (!on) {
        return fail(bad_flag("invalid boolean value \"" + *value + "\" for -" + name));
      }
      value = *on ? "true" : "false";
    } else if (!value) {
      if (i + 1 == arguments.size()) {
        return fail(bad_flag("flag needs an argument: -" + name));
      }
      value = arguments[++i];
    }
    if (idle != nullptr) {
      line.flags_without_effect.push_back("-" + name);
    } else if (own == nullptr) {
      if (const Status set = other->set(line.overrides, *value); !set) {
        return fail(bad_flag("-" + name + ": " + set.error().message));
      }
    } else if (own->kind == Kind::kBool) {
      set_switch(line, name, *value == "true");
    } else if (const Status set = set_text(line, name, *value); !set) {
      return fail(set.error());
    } else {
      has_format = has_format || name == "format";
    }
  }
  if (has_format && !line.check_syntax && !line.dry_run && !line.help && !line.version) {
    return fail(bad_flag("-format needs -check-syntax or -dry-run"));
  }
  return line;
}

std::string help_text() {
  std::string text =
      "tailrace ships log files to Loki. It reads Promtail's configuration unchanged.\n\n"
      "Usage: tailrace -config.file=FILE [flags]\n"
      "       tailrace try [flags] [FILE ...]   what stages do to some lines\n"
      "       tailrace diff [flags] OLD NEW     what a change of the configuration would change\n"
      "       tailrace test [flags] [FILE ...]  tests of pipelines\n"
      "       tailrace why [flags] [FILE]       why a line of a file is not in Loki\n"
      "       tailrace tap [flags] [SELECTOR]   entries on their way through a running tailrace\n"
      "       tailrace health [flags]           asks a running tailrace whether it is ready\n"
      "       tailrace receive [flags]          a small Loki to look at what is sent\n"
      "       tailrace migrate [flags]          from an installed Promtail to tailrace, and back\n"
      "       tailrace completion SHELL         completions for bash, zsh or fish\n"
      "       tailrace VERB -help               more of each\n"
      "\nFlags (-x=value, -x value, --x=value are the same):\n";
  const auto add = [&text](const Flag& flag) {
    if (flag.help.empty()) return;
    std::string left = "  -" + std::string(flag.name);
    if (!flag.value_name.empty()) left += "=" + std::string(flag.value_name);
    left.resize(std::max<std::size_t>(left.size() + 2, 46), ' ');
    text += left + std::string(flag.help) + "\n";
  };
  for (const Flag& flag : kFlags)
    add(flag);
  text += "\nFlags that set one value over the configuration file:\n";
  text += config_flags_help();
  text +=
      "\nSignals: SIGHUP reads the configuration again; SIGTERM and SIGINT stop within 5 s and "
      "lose\n"
      "nothing; a second one stops at once.\n";
  return text;
}

std::string_view version() {
  return TAILRACE_VERSION;
}

std::string version_text() {
  return "tailrace, version " + std::string(version()) +
         "\n  platform: linux\n  compiler: " + __VERSION__ + "\n";
}

}  // namespace tailrace::daemon
