// A machine with two services, whose programs leave positions as Promtail and tailrace do.
#pragma once

#include <cerrno>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/migrate/machine.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::daemon::migrate {

// Time passes when somebody waits.
class FakeMachine final : public Machine {
 public:
  struct Service {
    bool active = false;
    bool enabled = false;
    std::function<void()> on_start = [] {};
    std::function<void()> on_stop = [] {};
  };

  FakeMachine(testing::FakeClock& clock, testing::MemoryFileSystem& files)
      : clock_(clock), files_(files) {}

  std::map<std::string, Service> services;
  std::vector<std::string> asked;  // "stop promtail.service"
  // An error is what the caller gets, and nothing happens.
  std::function<std::optional<Error>()> before_change = [] { return std::nullopt; };
  std::function<void()> on_wait = [] {};
  std::map<std::string, FileOwner> owners;
  std::map<std::string, std::string> answers;  // Of sockets, by path.

  Result<RanProgram> run(const std::vector<std::string>& arguments) override {
    const std::string& verb = arguments.at(1);
    const std::string unit = arguments.size() > 2 ? arguments.back() : "";
    asked.push_back(verb + (unit.empty() ? "" : " " + unit));
    if (verb == "is-active") {
      return RanProgram{0, services[unit].active ? "active\n" : "inactive\n"};
    }
    if (verb == "is-enabled") {
      return RanProgram{0, services[unit].enabled ? "enabled\n" : "disabled\n"};
    }
    if (auto error = before_change()) return fail(std::move(*error));
    Service& service = services[unit];
    if (verb == "enable") service.enabled = true;
    if (verb == "disable") service.enabled = false;
    if (verb == "start" && !std::exchange(service.active, true)) service.on_start();
    if (verb == "stop" && std::exchange(service.active, false)) service.on_stop();
    return RanProgram{0, ""};
  }
  Result<std::unique_ptr<StartedProgram>> start(const Start& /*start*/) override {
    return fail(ENOENT, "no programs here");
  }
  Result<FileOwner> owner(const std::string& path) override {
    if (!files_.link_stat(path)) return fail(ENOENT, path);
    const auto found = owners.find(path);
    return found == owners.end() ? FileOwner{} : found->second;
  }
  Status set_owner(const std::string& path, const FileOwner& owner) override {
    if (auto error = before_change()) return fail(std::move(*error));
    owners[path] = owner;
    return {};
  }
  Status make_link(const std::string& target, const std::string& path) override {
    if (auto error = before_change()) return fail(std::move(*error));
    links_[path] = target;
    return files_.symlink(target, path);
  }
  Result<std::string> link_target(const std::string& path) override {
    if (!files_.link_stat(path) || !links_.contains(path)) return fail(ENOENT, path);
    return links_[path];
  }
  Result<std::string> make_temporary_folder() override { return std::string("/tmp/made"); }
  Status remove_folder(const std::string& path) override {
    const auto entries = files_.list(path);
    if (!entries) return {};
    for (const DirectoryEntry& entry : *entries) {
      const std::string name = path + "/" + entry.name;
      const Status removed =
          entry.kind == FileKind::kDirectory ? remove_folder(name) : files_.remove(name);
      if (!removed) return removed;
    }
    return files_.remove_directory(path);
  }
  Result<std::string> ask(const std::string& /*socket*/, const std::string& path) override {
    const auto found = answers.find(path);
    if (found == answers.end()) return fail(ECONNREFUSED, "nobody listens");
    return found->second;
  }
  Status wait(std::chrono::milliseconds time) override {
    clock_.advance(time);
    on_wait();
    return {};
  }

 private:
  testing::FakeClock& clock_;
  testing::MemoryFileSystem& files_;
  std::map<std::string, std::string> links_;
};

}  // namespace tailrace::daemon::migrate
