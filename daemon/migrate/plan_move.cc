// From an installed Promtail and an installed tailrace to a plan.
#include "daemon/migrate/plan_move.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <set>
#include <utility>

#include "config/config.h"
#include "daemon/control_socket.h"
#include "daemon/migrate/listening_ports.h"
#include "daemon/outbox_room.h"

namespace tailrace::daemon::migrate {
namespace {

constexpr std::string_view kProgramPrefixes = "-@:+!|";
constexpr std::string_view kConfigFlag = "-config.file";

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::uint32_t number(const std::string& text) {
  std::uint32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Lines of /etc/passwd and /etc/group that have enough fields.
std::vector<std::vector<std::string>> records(FileSystem& file_system, const std::string& path) {
  std::vector<std::vector<std::string>> found;
  const auto text = read_text(file_system, path);
  if (!text) return found;
  for (const std::string& line : split(*text, '\n')) {
    std::vector<std::string> fields = split(line, ':');
    if (fields.size() >= 4) found.push_back(std::move(fields));
  }
  return found;
}

std::string program_of(const Unit& unit) {
  const std::vector<CommandWord> words = split_words(unit.value("ExecStart"));
  if (words.empty()) return {};
  const std::size_t begin = words.front().text.find_first_not_of(kProgramPrefixes);
  return begin == std::string::npos ? std::string() : words.front().text.substr(begin);
}

// A command of tailrace's unit with Promtail's flags in the place of its own configuration.
std::string command_for(const std::string& command, const InstalledPromtail& promtail,
                        const std::string& positions) {
  std::string text;
  for (const CommandWord& word : split_words(command)) {
    if (!word.text.starts_with(kConfigFlag)) {
      text += (text.empty() ? "" : " ") + word.written;
      continue;
    }
    for (const CommandWord& flag : promtail.words)
      text += " " + flag.written;
  }
  // Of a flag that is given twice the last one counts.
  return text + " -positions.file=" + positions;
}

bool names_config(const std::string& command) {
  const std::vector<CommandWord> words = split_words(command);
  return std::any_of(words.begin(), words.end(),
                     [](const CommandWord& word) { return word.text.starts_with(kConfigFlag); });
}

// Commands that look at the configuration look at Promtail's from now on.
std::string command_lines(const char* key, const Unit& tailrace, const InstalledPromtail& promtail,
                          const std::string& positions) {
  const std::vector<std::string> all = tailrace.values(key);
  if (std::none_of(all.begin(), all.end(), names_config)) return {};
  std::string text = std::string(key) + "=\n";
  for (const std::string& command : all) {
    text += std::string(key) + "=" +
            (names_config(command) ? command_for(command, promtail, positions) : command) + "\n";
  }
  return text;
}

bool listens_below_1024(const InstalledPromtail& promtail) {
  if (!promtail.loaded.config) return false;
  const auto ports = listening_ports(*promtail.loaded.config);
  return std::any_of(ports.begin(), ports.end(),
                     [](const ListeningPort& port) { return port.port > 0 && port.port < 1024; });
}

std::vector<std::string> extra_groups(FileSystem& file_system, const std::string& root,
                                      const InstalledPromtail& promtail) {
  std::set<std::string> groups;
  const std::string user = promtail.unit->value("User");
  if (const auto facts = find_user(file_system, root, user); facts && facts->user != 0) {
    groups.insert(facts->groups.begin(), facts->groups.end());
  }
  for (const char* key : {"Group", "SupplementaryGroups"}) {
    for (const std::string& line : promtail.unit->values(key)) {
      for (const CommandWord& word : split_words(line))
        groups.insert(word.text);
    }
  }
  groups.erase("root");
  groups.erase("nogroup");
  return {groups.begin(), groups.end()};
}

// Promtail's own file, or what Promtail's user would make.
FileOwner positions_owner(FileSystem& file_system, Machine& machine, const std::string& root,
                          const InstalledPromtail& promtail) {
  if (const auto owner = machine.owner(promtail.positions_place)) return *owner;
  const auto facts = find_user(file_system, root, promtail.unit->value("User"));
  return facts ? FileOwner{facts->user, facts->group, 0600} : FileOwner{};
}

// Its command line with our positions behind it, as the drop-in has it, must mean them.
Status check_flags(const InstalledPromtail& promtail, const std::string& positions) {
  std::vector<std::string> arguments = promtail.arguments;
  arguments.push_back("-positions.file=" + positions);
  std::vector<const char*> views;
  for (const std::string& argument : arguments)
    views.push_back(argument.c_str());
  const auto line = parse_command_line(views);
  if (line && line->overrides.positions_file == positions) return {};
  return fail(Error::kInvalid,
              "Promtail's command line has a word that is no flag; flags behind it have no effect, "
              "so take it out of " +
                  promtail.unit->files.front());
}

Status ask_services(ServiceControl& services, MovePlan& plan) {
  struct Question {
    Result<bool> (ServiceControl::*ask)(const std::string& unit);
    const std::string& unit;
    bool& answer;
  };
  for (const Question& one :
       {Question{&ServiceControl::is_running, plan.promtail_unit, plan.promtail_was_active},
        Question{&ServiceControl::is_enabled, plan.promtail_unit, plan.promtail_was_enabled},
        Question{&ServiceControl::is_running, plan.tailrace_unit, plan.tailrace_was_active},
        Question{&ServiceControl::is_enabled, plan.tailrace_unit, plan.tailrace_was_enabled}}) {
    const auto answer = (services.*one.ask)(one.unit);
    if (!answer) return fail(answer.error());
    one.answer = *answer;
  }
  return {};
}

}  // namespace

Result<UserFacts> find_user(FileSystem& file_system, const std::string& root,
                            std::string_view name) {
  if (name.empty() || name == "root") return UserFacts{};
  UserFacts facts;
  bool is_known = false;
  for (const auto& fields : records(file_system, root + "/etc/passwd")) {
    if (fields[0] != name) continue;
    is_known = true;
    facts.user = number(fields[2]);
    facts.group = number(fields[3]);
  }
  if (!is_known) return fail(ENOENT, "there is no user " + std::string(name));
  for (const auto& fields : records(file_system, root + "/etc/group")) {
    const std::vector<std::string> members = split(fields[3], ',');
    if (number(fields[2]) == facts.group ||
        std::find(members.begin(), members.end(), name) != members.end()) {
      facts.groups.push_back(fields[0]);
    }
  }
  return facts;
}

std::string drop_in_text(const InstalledPromtail& promtail, const Unit& tailrace,
                         const std::string& positions, const std::vector<std::string>& groups) {
  std::string text = "# Written by tailrace migrate: what " + promtail.unit->files.front() +
                     " is started with.\n# tailrace migrate --undo removes this file.\n[Service]\n";
  for (const char* key : {"EnvironmentFile", "Environment"}) {
    for (const std::string& value : promtail.unit->values(key))
      text += std::string(key) + "=" + value + "\n";
  }
  for (const char* key : {"WorkingDirectory", "LimitNOFILE"}) {
    if (const std::string value = promtail.unit->value(key); !value.empty()) {
      text += std::string(key) + "=" + value + "\n";
    }
  }
  if (!groups.empty()) {
    text += "SupplementaryGroups=";
    for (const std::string& group : groups)
      text += group + (&group == &groups.back() ? "\n" : " ");
  }
  if (listens_below_1024(promtail)) {
    text +=
        "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n";
  }
  for (const char* key : {"ExecStartPre", "ExecStart", "ExecReload"})
    text += command_lines(key, tailrace, promtail, positions);
  return text;
}

Result<MovePlan> plan_move(FileSystem& file_system, Machine& machine, ServiceControl& services,
                           const InstalledPromtail& promtail, const MovePlaces& places,
                           WantLink link) {
  if (!promtail.unit) {
    return fail(Error::kInvalid,
                "there is no unit of Promtail that could be stopped: stop it yourself, give its "
                "flags and its positions file to tailrace, and start that");
  }
  if (!promtail.loaded.config) return fail(Error::kInvalid, "the configuration has errors");
  if (!promtail.positions_trouble.empty()) {
    return fail(Error::kInvalid, "Promtail's positions: " + promtail.positions_trouble);
  }
  const auto tailrace = load_unit(file_system, places.root, places.tailrace_unit);
  if (!tailrace) return fail(tailrace.error());
  MovePlan plan;
  plan.promtail_unit = promtail.unit->name;
  plan.tailrace_unit = places.tailrace_unit;
  plan.promtail_positions = promtail.positions_place;
  plan.promtail_owner = positions_owner(file_system, machine, places.root, promtail);
  plan.positions_vanish = promtail.has_private_tmp;
  plan.program = program_of(*tailrace);
  plan.positions = places.state() + "/positions.yaml";
  config::Config config = *promtail.loaded.config;
  config.positions.filename = plan.positions;
  plan.outbox = outbox_directory(config);
  plan.socket = control_socket_path(config);
  const auto user = find_user(file_system, places.root, tailrace->value("User"));
  if (!user) return fail(user.error());
  plan.owner = {user->user, user->group, 0600};
  plan.drop_in = places.drop_in();
  plan.drop_in_text = drop_in_text(promtail, *tailrace, plan.positions,
                                   extra_groups(file_system, places.root, promtail));
  if (link == WantLink::kYes) plan.link = places.link();
  if (!plan.link.empty() && file_system.link_stat(plan.link)) {
    return fail(EEXIST, plan.link + " is there already");
  }
  if (plan.program.empty() || !names_config(tailrace->value("ExecStart"))) {
    return fail(Error::kInvalid, tailrace->files.front() + " has no ExecStart with -config.file");
  }
  plan.had_positions = file_system.link_stat(plan.positions).has_value();
  plan.had_outbox = file_system.link_stat(plan.outbox).has_value();
  if (Status asked = ask_services(services, plan); !asked) return fail(asked.error());
  if (Status flags = check_flags(promtail, plan.positions); !flags) return fail(flags.error());
  return plan;
}

}  // namespace tailrace::daemon::migrate
