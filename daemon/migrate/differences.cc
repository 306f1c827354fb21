// What a move to tailrace changes for an installed Promtail, in sentences.
#include "daemon/migrate/differences.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "config/config.h"
#include "daemon/migrate/listening_ports.h"
#include "tailer/path_glob.h"

namespace tailrace::daemon::migrate {
namespace {

using Sentences = std::vector<std::string>;

constexpr std::size_t kNamesMax = 5;
constexpr std::uint16_t kPrivilegedPorts = 1024;

// What every unit has, or what the drop-in takes over.
constexpr auto kKnownKeys = std::to_array<std::string_view>({"Type",
                                                             "ExecStart",
                                                             "ExecReload",
                                                             "Restart",
                                                             "RestartSec",
                                                             "TimeoutSec",
                                                             "TimeoutStopSec",
                                                             "User",
                                                             "Group",
                                                             "SupplementaryGroups",
                                                             "Environment",
                                                             "EnvironmentFile",
                                                             "WorkingDirectory",
                                                             "LimitNOFILE",
                                                             "PrivateTmp",
                                                             "KillMode",
                                                             "StartLimitInterval",
                                                             "SyslogIdentifier",
                                                             "StandardOutput",
                                                             "StandardError"});

std::string some_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kNamesMax); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kNamesMax) {
    text += " and " + std::to_string(names.size() - kNamesMax) + " more";
  }
  return text;
}

void add_flags(const InstalledPromtail& promtail, Sentences& all) {
  if (!promtail.line.flags_without_effect.empty()) {
    all.push_back("flags without effect: " + some_of(promtail.line.flags_without_effect));
  }
}

template <typename Config>
bool has_input(const config::Config& config) {
  return std::any_of(config.scrape_configs.begin(), config.scrape_configs.end(),
                     [](const config::ScrapeConfig& job) {
                       return std::any_of(
                           job.inputs.begin(), job.inputs.end(),
                           [](const auto& input) { return std::holds_alternative<Config>(input); });
                     });
}

// Sockets of Docker that discovery asks.
std::vector<std::string> docker_sockets(const config::Config& config) {
  std::set<std::string> sockets;
  for (const config::ScrapeConfig& job : config.scrape_configs) {
    for (const config::DiscoveryConfig& discovery : job.discoveries) {
      const auto* const docker = std::get_if<config::DockerSdConfig>(&discovery);
      if (docker != nullptr && docker->host.starts_with("unix://")) {
        sockets.insert(docker->host.substr(std::string_view("unix://").size()));
      }
    }
  }
  return {sockets.begin(), sockets.end()};
}

// Group sockets and journals ask for rights that reading files does not give.
void add_rights(const DifferenceInput& input, const config::Config& config, Sentences& all) {
  const std::string user = input.tailrace == nullptr ? "" : input.tailrace->value("User");
  const std::string who = user.empty() ? "tailrace" : "the user " + user;
  if (const auto sockets = docker_sockets(config); !sockets.empty()) {
    all.push_back(fmt::format(
        "{} needs access to {}: the group of that socket (usually docker), which is as good as "
        "root; the groups of Promtail's user are taken over",
        who, some_of(sockets)));
  }
  if (has_input<config::JournalConfig>(config)) {
    all.push_back(
        fmt::format("{} has to read the journal: the group systemd-journal, or "
                    "CAP_DAC_READ_SEARCH as the package's unit has it",
                    who));
  }
  for (const ListeningPort& port : listening_ports(config)) {
    if (port.port > 0 && port.port < kPrivilegedPorts) {
      all.push_back(
          fmt::format("{} listen on {}: a port below 1024 needs CAP_NET_BIND_SERVICE, "
                      "which the drop-in gives",
                      port.what, port.address));
    } else {
      all.push_back(fmt::format("{} listen on {}, as soon as Promtail has given it up", port.what,
                                port.address));
    }
  }
}

bool is_followed(const std::vector<tailer::PathGlob>& globs, const std::string& path) {
  return std::any_of(globs.begin(), globs.end(),
                     [&path](const tailer::PathGlob& glob) { return glob.matches(path); });
}

// The patterns of all jobs; nothing when discovery finds them while the program runs.
std::optional<std::vector<tailer::PathGlob>> all_globs(const config::Config& config) {
  std::vector<tailer::PathGlob> globs;
  for (const config::ScrapeConfig& job : config.scrape_configs) {
    if (!job.discoveries.empty() || !job.relabel_configs.empty()) return std::nullopt;
    for (const config::StaticTargetGroup& group : job.static_configs) {
      const auto path = group.labels.find("__path__");
      if (path == group.labels.end()) continue;
      if (auto glob = tailer::PathGlob::parse(path->second)) globs.push_back(std::move(*glob));
    }
  }
  return globs;
}

void add_positions(const DifferenceInput& input, const config::Config& config, Sentences& all) {
  const InstalledPromtail& promtail = input.promtail;
  if (promtail.has_private_tmp) {
    all.push_back(fmt::format(
        "Promtail's unit has a /tmp of its own (PrivateTmp): {} goes when Promtail stops. Its last "
        "state is caught while it stops; -undo cannot bring it back, and Promtail then reads every "
        "file from its beginning, as it does at each of its starts",
        promtail.positions_file));
  }
  if (!promtail.positions) {
    if (promtail.positions_trouble.empty() && !promtail.positions_place.empty()) {
      all.push_back(fmt::format("there is no {}: every file is read from its beginning",
                                promtail.positions_place));
    }
    return;
  }
  const auto globs = all_globs(config);
  std::vector<std::string> gone;
  std::vector<std::string> strangers;
  std::vector<std::string> short_ones;
  for (const auto& [path, position] : *promtail.positions) {
    if (!path.starts_with('/')) continue;
    const auto stat = input.file_system.stat(path);
    if (!stat) {
      if (stat.error().code == ENOENT) gone.push_back(path);
      continue;
    }
    if (globs && !is_followed(*globs, path)) strangers.push_back(path);
    if (position.value.size() < 19 &&
        position.value.find_first_not_of("0123456789") == std::string::npos &&
        !position.value.empty() && std::stoull(position.value) > stat->size) {
      short_ones.push_back(path);
    }
  }
  if (!gone.empty()) all.push_back("positions of files that are not there: " + some_of(gone));
  if (!strangers.empty()) {
    all.push_back("positions of files that no job follows: " + some_of(strangers));
  }
  if (!short_ones.empty()) {
    all.push_back("positions beyond the end of their files (truncated, or compressed): " +
                  some_of(short_ones));
  }
}

void add_places(const DifferenceInput& input, Sentences& all) {
  if (input.plan == nullptr) return;
  all.push_back(fmt::format("positions are kept in {}, not in {}, which stays as Promtail left it",
                            input.plan->positions, input.promtail.positions_file));
  all.push_back(
      fmt::format("what was read and is not accepted yet is kept in {}: at most 256 MiB "
                  "for each client, unless tailrace.outbox.size says otherwise",
                  input.plan->outbox));
  const std::string state = input.plan->positions.substr(0, input.plan->positions.rfind('/') + 1);
  if (!input.plan->outbox.starts_with(state)) {
    all.push_back(
        fmt::format("{} lies outside of {}: the unit of tailrace needs "
                    "ReadWritePaths={} and its user has to own it",
                    input.plan->outbox, state, input.plan->outbox));
  }
}

void add_unit(const DifferenceInput& input, Sentences& all) {
  if (!input.promtail.unit) return;
  std::vector<std::string> other;
  for (const UnitSetting& setting : input.promtail.unit->settings) {
    if (setting.section != "Service" || setting.value.empty()) continue;
    if (std::find(kKnownKeys.begin(), kKnownKeys.end(), setting.key) == kKnownKeys.end()) {
      other.push_back(setting.key + "=" + setting.value);
    }
  }
  if (!other.empty()) {
    all.push_back("settings of Promtail's unit that are not taken over: " + some_of(other));
  }
  if (input.tailrace == nullptr) return;
  const std::string before = input.promtail.unit->value("User");
  const std::string after = input.tailrace->value("User");
  if (before != after) {
    all.push_back(fmt::format("it runs as the user {}, not as {}", after.empty() ? "root" : after,
                              before.empty() ? "root" : before));
  }
}

}  // namespace

std::vector<std::string> find_differences(const DifferenceInput& input) {
  Sentences all;
  add_flags(input.promtail, all);
  add_unit(input, all);
  const auto& loaded = input.promtail.loaded;
  const auto& config = loaded.config ? loaded.config : loaded.despite_errors;
  if (config) {
    add_rights(input, *config, all);
    add_positions(input, *config, all);
  }
  add_places(input, all);
  return all;
}

}  // namespace tailrace::daemon::migrate
