// The parts in their order: files while folders can be opened, capabilities, system calls last.
#include "daemon/protection/protection.h"

#include <dirent.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "daemon/outbox_room.h"
#include "daemon/protection/capabilities.h"
#include "daemon/protection/landlock.h"
#include "daemon/protection/sanitized.h"
#include "daemon/protection/system_calls.h"

namespace tailrace::daemon {
namespace {

using Mode = config::ProtectionConfig::Mode;

constexpr std::uint16_t kUsualLowestFreePort = 1024;

// Below it only CAP_NET_BIND_SERVICE may listen. Docker sets it to 0.
std::uint16_t lowest_free_port(FileSystem& file_system) {
  auto file = file_system.open("/proc/sys/net/ipv4/ip_unprivileged_port_start", OpenMode::kRead);
  if (!file) return kUsualLowestFreePort;
  std::array<char, 16> text{};
  const auto length = (*file)->read_at(0, text);
  std::uint16_t port = kUsualLowestFreePort;
  if (length) std::from_chars(text.data(), text.data() + *length, port);
  return port;
}

// What the kernel restricts thread by thread must come before the second thread. A sanitizer may
// have one of its own.
bool is_only_thread(FileSystem& file_system) {
  const auto threads = file_system.list("/proc/self/task");
  return kSanitized || !threads || threads->size() == 1;
}

std::string joined(const std::vector<std::string>& texts, const char* between) {
  std::string text;
  for (const std::string& one : texts)
    text += (text.empty() ? "" : between) + one;
  return text;
}

bool lies_below_one(const std::string& path, const std::vector<std::string>& folders) {
  return std::any_of(folders.begin(), folders.end(),
                     [&path](const std::string& folder) { return lies_below(path, folder); });
}

}  // namespace

void forbid_core_dumps() {
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void allow_core_dumps() {
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

Protection::Protection(const config::Config& config, Options options, const World& world)
    : world_(world), options_(std::move(options)), config_(config.tailrace.protection) {}

Result<std::unique_ptr<Protection>> Protection::apply(const config::Config& config,
                                                      const Options& options, const World& world) {
  auto protection = std::make_unique<Protection>(config, options, world);
  std::vector<Part> parts;
  if (protection->config_.mode == Mode::kOff) {
    for (const char* const name : {"landlock", "capabilities", "seccomp"})
      parts.push_back({name, "switched off", ""});
  } else {
    if (!protection->config_.core_dumps) {
      // Beside PR_SET_DUMPABLE, which a change of credentials could undo.
      const rlimit none{0, 0};
      setrlimit(RLIMIT_CORE, &none);
    }
    parts.push_back(protection->restrict_files(config));
    parts.push_back(protection->drop_capabilities(config));
    parts.push_back(protection->filter_calls());
  }
  if (Status reported = protection->report(parts); !reported) return fail(reported.error());
  return protection;
}

Protection::Part Protection::restrict_files(const config::Config& config) {
  Part part{"landlock", {}, {}};
  const WritablePlaces places = writable_places(config, options_.working_directory);
  WritableFolders folders;
  std::vector<std::string> missing;
  const auto add = [&](const WritablePlace& place, std::vector<std::string>& to) {
    const std::string folder = settled_path(world_.file_system, place.folder);
    if (std::find(to.begin(), to.end(), folder) != to.end()) return;
    if (!world_.file_system.stat(folder)) {
      missing.push_back(folder);
    } else {
      to.push_back(folder);
    }
  };
  for (const WritablePlace& place : places.files) {
    if (options_.positions == Options::Positions::kWritten) {
      // Later it could not be made. Whoever writes there says what is wrong with it.
      static_cast<void>(world_.file_system.make_directories(place.folder));
    }
    add(place, folders.files);
  }
  // Behind a symbolic link the file itself is replaced.
  const auto link = world_.file_system.real_path(config.positions.filename);
  if (link) add({link->substr(0, std::max<std::size_t>(link->rfind('/'), 1)), ""}, folders.files);
  for (const WritablePlace& place : places.sockets)
    add(place, folders.sockets);
  if (!missing.empty()) {
    world_.log.debug("folders that do not exist cannot be written later",
                     {{"folders", joined(missing, ", ")}});
  }
  const Result<int> version = restrict_writing(folders);
  if (!version) {
    part.fault = version.error().message;
    return part;
  }
  writing_restricted_ = true;
  for (const std::string& folder : folders.files) {
    std::vector<std::string> others = folders.files;
    std::erase(others, folder);
    if (!lies_below_one(folder, others)) writable_.push_back(folder);
  }
  part.what = joined(writable_, ", ");
  socket_folders_ = std::move(folders.sockets);
  return part;
}

Protection::Part Protection::drop_capabilities(const config::Config& config) {
  Part part{"capabilities", {}, {}};
  CapabilityFacts facts;
  facts.permitted = permitted_capabilities();
  facts.user = geteuid() == 0 ? CapabilityFacts::User::kRoot : CapabilityFacts::User::kOther;
  WrittenPaths written;
  written.trees = {outbox_directory(config)};
  written.alone = sockets_to_connect_to(config);
  if (options_.positions == Options::Positions::kWritten) {
    written.alone.push_back(config.positions.filename);
    const WritablePlaces places = writable_places(config, options_.working_directory);
    for (const auto& list : {places.files, places.sockets}) {
      for (const WritablePlace& place : list)
        written.alone.push_back(place.folder);
    }
  }
  facts.unwritable = unwritable_without_override(written);
  if (options_.lowest_port != 0 && options_.lowest_port < lowest_free_port(world_.file_system)) {
    facts.low_port = options_.lowest_port;
  }
  const KeptCapabilities kept = capabilities_to_keep(facts);
  if (Status dropped = keep_capabilities(kept.set); !dropped) {
    part.fault = dropped.error().message;
    return part;
  }
  part.what = capability_names(kept.set);
  if (!kept.reasons.empty()) {
    world_.log.info("more capabilities are kept than cap_dac_read_search",
                    {{"why", joined(kept.reasons, "; ")}});
  }
  return part;
}

Protection::Part Protection::filter_calls() {
  Part part{"seccomp", {}, {}};
  const bool kills = config_.refused_calls == config::ProtectionConfig::RefusedCalls::kKill;
  const Status filtered = filter_system_calls(kills ? RefusedCalls::kKill : RefusedCalls::kFail);
  if (!filtered) {
    part.fault = filtered.error().message;
  } else {
    part.what = kills ? "kill" : "fail";
  }
  return part;
}

// One line for what holds and one for what does not, and the metric.
Status Protection::report(const std::vector<Part>& parts) {
  std::vector<std::string> faults;
  for (const Part& part : parts) {
    world_.metrics
        .gauge("tailrace_protection",
               "Whether a part of the program's protection of itself holds (1) or not (0).",
               {{"part", part.name}})
        .set(part.fault.empty() ? 1 : 0);
    if (!part.fault.empty()) faults.push_back(std::string(part.name) + ": " + part.fault);
  }
  if (config_.mode == Mode::kOff) {
    world_.log.info("the program's protection of itself is switched off");
    return {};
  }
  if (!is_only_thread(world_.file_system)) faults.emplace_back("threads were there before it");
  if (!faults.empty() && config_.mode == Mode::kRequire) {
    return fail(Error::kOther,
                "tailrace.protection.mode is require, and not all of it is to be had: " +
                    joined(faults, "; "));
  }
  if (!faults.empty()) {
    world_.log.warn("the program cannot protect itself as it should; it goes on",
                    {{"missing", joined(faults, "; ")}});
  }
  const auto what = [](const Part& part) { return part.fault.empty() ? part.what : "missing"; };
  world_.log.info("the program has given up what it does not need",
                  {{"writes_below", what(parts[0])},
                   {"capabilities", what(parts[1])},
                   {"refused_calls", what(parts[2])}});
  if (std::find(writable_.begin(), writable_.end(), "/") != writable_.end()) {
    world_.log.warn("positions or outbox lie in the root folder, so everything may be written");
  }
  return {};
}

Status Protection::allows(const config::Config& config) const {
  if (config.tailrace.protection != config_) {
    world_.log.warn("tailrace.protection changed: this is for the next start");
  }
  if (!writing_restricted_) return {};
  const WritablePlaces places = writable_places(config, options_.working_directory);
  const auto check = [this](const WritablePlace& place,
                            std::vector<std::string> folders) -> Status {
    const std::string folder = settled_path(world_.file_system, place.folder);
    if (lies_below_one(folder, folders)) return {};
    return fail(EACCES, place.option + " lies in " + folder +
                            ", and since its start the program writes below " +
                            joined(folders, ", ") + " alone: restart it (tailrace.protection)");
  };
  if (options_.positions == Options::Positions::kWritten) {
    for (const WritablePlace& place : places.files) {
      if (Status fits = check(place, writable_); !fits) return fits;
    }
  }
  std::vector<std::string> sockets = writable_;
  sockets.insert(sockets.end(), socket_folders_.begin(), socket_folders_.end());
  for (const WritablePlace& place : places.sockets) {
    if (Status fits = check(place, sockets); !fits) return fits;
  }
  return {};
}

}  // namespace tailrace::daemon
