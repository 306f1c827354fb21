// Completions for bash, zsh and fish.
#include "daemon/completion.h"

#include <algorithm>

#include <fmt/format.h>

namespace tailrace::daemon {
namespace {

constexpr std::string_view kVerbOfShells = "completion";
constexpr std::string_view kShells = "bash zsh fish";

bool names_a_file(const FlagHelp& flag) {
  return flag.value == "FILE" || flag.value == "PATH" || flag.value == "FOLDER";
}

// "text json" of "text|json"; empty: anything may stand there.
std::string choices(const FlagHelp& flag) {
  if (flag.value == "BOOL") return "true false";
  if (flag.value.find('|') == std::string::npos) return {};
  std::string words = flag.value;
  std::replace(words.begin(), words.end(), '|', ' ');
  return words;
}

// In single quotes, for all three shells.
std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char letter : text) {
    if (letter == '\'') {
      result += "'\\''";
    } else {
      result += letter;
    }
  }
  return result + "'";
}

// "shows what stages do to lines." of "tailrace try shows what stages do to lines. More.".
std::string summary_of(const VerbHelp& verb) {
  std::string_view text = verb.help;
  text = text.substr(0, std::min(text.find('\n'), text.find(". ")));
  const std::string before = "tailrace " + std::string(verb.name) + " ";
  if (text.starts_with(before)) text.remove_prefix(before.size());
  if (text.ends_with('.')) text.remove_suffix(1);
  return std::string(text);
}

std::string verb_names(const std::vector<VerbHelp>& verbs) {
  std::string names;
  for (const VerbHelp& verb : verbs) {
    if (!verb.name.empty()) names += (names.empty() ? "" : " ") + std::string(verb.name);
  }
  return names;
}

constexpr std::string_view kBashHead =
    R"(# bash completion for tailrace, made by `tailrace completion bash`.
_tailrace() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev= flag= verb= flags= values=
  [ "$COMP_CWORD" -gt 0 ] && prev=${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
)";

constexpr std::string_view kBashTail = R"(  # "=" is a word of its own for bash: -flag = value.
  if [ "$cur" = = ]; then
    flag=$prev
    cur=
  elif [ "$prev" = = ]; then
    flag=${COMP_WORDS[COMP_CWORD-2]}
  elif [ "${prev#-}" != "$prev" ]; then
    flag=$prev
  fi
  flag=${flag#-}
  flag=${flag#-}
  if [ -n "$flag" ] && [ "${flags/ -$flag= /}" != "$flags" ]; then
    case "$verb -$flag" in
)";

constexpr std::string_view kBashEnd = R"(    esac
    [ -n "$values" ] && COMPREPLY=($(compgen -W "$values" -- "$cur"))
    return
  fi
  if [ "${cur#-}" != "$cur" ]; then
    cur=${cur#-}
    COMPREPLY=($(compgen -W "$flags" -- "-${cur#-}"))
    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  fi
}
complete -o default -F _tailrace tailrace
)";

std::string bash_script(const std::vector<VerbHelp>& verbs) {
  std::string script(kBashHead);
  const std::string names = verb_names(verbs);
  std::string patterns = names;
  std::replace(patterns.begin(), patterns.end(), ' ', '|');
  script += fmt::format(
      "  if [ \"$COMP_CWORD\" -eq 1 ] && [ \"${{cur#-}}\" = \"$cur\" ]; then\n"
      "    COMPREPLY=($(compgen -W '{}' -- \"$cur\"))\n    return\n  fi\n"
      "  case ${{COMP_WORDS[1]}} in {}) verb=${{COMP_WORDS[1]}} ;; esac\n",
      names, patterns);
  script += fmt::format(
      "  if [ \"$verb\" = {0} ] && [ \"${{cur#-}}\" = \"$cur\" ]; then\n"
      "    COMPREPLY=($(compgen -W '{1}' -- \"$cur\"))\n    return\n  fi\n  case $verb in\n",
      kVerbOfShells, kShells);
  std::string values;
  for (const VerbHelp& verb : verbs) {
    script += fmt::format("    {}) flags='", verb.name.empty() ? "''" : verb.name);
    for (const FlagHelp& flag : flags_of_help(verb.help)) {
      script += fmt::format(" -{}{}", flag.name, flag.value.empty() ? "" : "=");
      if (const std::string words = choices(flag); !words.empty()) {
        values += fmt::format("      '{} -{}') values='{}' ;;\n", verb.name, flag.name, words);
      }
    }
    script += " ' ;;\n";
  }
  return script + "  esac\n" + std::string(kBashTail) + values + std::string(kBashEnd);
}

// What _arguments of zsh wants: '-format=[what is printed]:text|json:(text json)'.
std::string zsh_argument(const FlagHelp& flag) {
  std::string text;
  for (const char letter : flag.text) {
    if (letter == '[' || letter == ']' || letter == '\\') text += '\\';
    text += letter;
  }
  std::string argument = "-" + flag.name;
  if (!flag.value.empty()) argument += "=";
  argument += "[" + text + "]";
  if (flag.value.empty()) return quoted(argument);
  std::string value = flag.value;
  std::replace(value.begin(), value.end(), ':', ' ');
  argument += ":" + value + ":";
  if (names_a_file(flag)) argument += "_files";
  if (const std::string words = choices(flag); !words.empty()) argument += "(" + words + ")";
  return quoted(argument);
}

std::string zsh_script(const std::vector<VerbHelp>& verbs) {
  std::string script =
      "#compdef tailrace\n# Made by `tailrace completion zsh`.\n_tailrace() {\n  local -a verbs\n"
      "  verbs=(\n";
  for (const VerbHelp& verb : verbs) {
    if (verb.name.empty()) continue;
    script += "    " + quoted(std::string(verb.name) + ":" + summary_of(verb)) + "\n";
  }
  script +=
      "  )\n  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
      "    _describe -t verbs verb verbs\n    return\n  fi\n"
      "  if (( ${+verbs[(r)$words[2]:*]} )); then\n    shift words\n    (( CURRENT-- ))\n  fi\n"
      "  case $words[1] in\n";
  std::string own;
  for (const VerbHelp& verb : verbs) {
    std::string arguments = "      _arguments -S";
    for (const FlagHelp& flag : flags_of_help(verb.help))
      arguments += " \\\n        " + zsh_argument(flag);
    if (verb.name == kVerbOfShells) {
      arguments += fmt::format(" \\\n        ':shell:({})'", kShells);
    } else if (!verb.name.empty()) {
      arguments += " \\\n        '*:file:_files'";
    }
    arguments += "\n      ;;\n";
    if (verb.name.empty()) {
      own = "    *)\n" + arguments;
    } else {
      script += fmt::format("    {})\n{}", verb.name, arguments);
    }
  }
  // When it is loaded by name, the first call is a completion already.
  return script + own +
         "  esac\n}\nif [ \"$funcstack[1]\" = _tailrace ]; then\n  _tailrace \"$@\"\nelse\n"
         "  compdef _tailrace tailrace\nfi\n";
}

std::string fish_script(const std::vector<VerbHelp>& verbs) {
  std::string script = "# fish completion for tailrace, made by `tailrace completion fish`.\n";
  const std::string names = verb_names(verbs);
  for (const VerbHelp& verb : verbs) {
    std::string condition = "__fish_seen_subcommand_from " + std::string(verb.name);
    if (verb.name.empty()) {
      condition = "not __fish_seen_subcommand_from " + names;
    } else {
      script += fmt::format("complete -c tailrace -f -n __fish_use_subcommand -a {} -d {}\n",
                            verb.name, quoted(summary_of(verb)));
    }
    if (verb.name == kVerbOfShells) {
      script +=
          fmt::format("complete -c tailrace -f -n {} -a {}\n", quoted(condition), quoted(kShells));
    }
    for (const FlagHelp& flag : flags_of_help(verb.help)) {
      script += fmt::format("complete -c tailrace -n {} -o {} -d {}", quoted(condition), flag.name,
                            quoted(flag.text));
      const std::string words = choices(flag);
      if (!words.empty()) {
        script += " -x -a " + quoted(words);
      } else if (names_a_file(flag)) {
        script += " -r -F";
      } else if (!flag.value.empty()) {
        script += " -x";
      }
      script += "\n";
    }
  }
  return script;
}

}  // namespace

std::vector<FlagHelp> flags_of_help(std::string_view help) {
  std::vector<FlagHelp> flags;
  while (!help.empty()) {
    const std::string_view line = help.substr(0, help.find('\n'));
    help.remove_prefix(std::min(line.size() + 1, help.size()));
    if (!line.starts_with("  -")) continue;
    const std::string_view left = line.substr(3, line.find(' ', 3) - 3);
    FlagHelp flag;
    flag.name = left.substr(0, left.find('='));
    if (flag.name.size() < left.size()) flag.value = left.substr(flag.name.size() + 1);
    const std::size_t text = line.find_first_not_of(' ', 3 + left.size());
    if (text != std::string_view::npos) flag.text = line.substr(text);
    flags.push_back(std::move(flag));
  }
  return flags;
}

Result<std::string> completion_script(std::string_view shell, const std::vector<VerbHelp>& verbs) {
  if (shell == "bash") return bash_script(verbs);
  if (shell == "zsh") return zsh_script(verbs);
  if (shell == "fish") return fish_script(verbs);
  return fail(Error::kInvalid, fmt::format("completions are made for bash, zsh and fish, not for "
                                           "\"{}\"",
                                           shell));
}

std::string completion_help_text() {
  return "tailrace completion prints completions of flags and verbs for a shell.\n\n"
         "Usage: tailrace completion bash|zsh|fish\n\n"
         "  bash: tailrace completion bash >/usr/share/bash-completion/completions/tailrace\n"
         "  zsh:  tailrace completion zsh >/usr/local/share/zsh/site-functions/_tailrace\n"
         "  fish: tailrace completion fish >/usr/share/fish/vendor_completions.d/tailrace.fish\n\n"
         "Packages have them in place.\n\n"
         "  -help   print this text\n";
}

}  // namespace tailrace::daemon
