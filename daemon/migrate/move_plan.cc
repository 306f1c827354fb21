// migration.json: how far a move has come.
#include "daemon/migrate/move_plan.h"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

namespace tailrace::daemon::migrate {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr auto kStates = std::to_array<const char*>({"applying", "applied", "undoing", "undone"});

struct TextField {
  const char* name;
  std::string MovePlan::*field;
};
constexpr auto kTexts = std::to_array<TextField>({
    {"promtail_unit", &MovePlan::promtail_unit},
    {"promtail_positions", &MovePlan::promtail_positions},
    {"tailrace_unit", &MovePlan::tailrace_unit},
    {"program", &MovePlan::program},
    {"positions", &MovePlan::positions},
    {"outbox", &MovePlan::outbox},
    {"socket", &MovePlan::socket},
    {"drop_in", &MovePlan::drop_in},
    {"drop_in_text", &MovePlan::drop_in_text},
    {"link", &MovePlan::link},
});
struct SwitchField {
  const char* name;
  bool MovePlan::*field;
};
constexpr auto kSwitches = std::to_array<SwitchField>({
    {"positions_vanish", &MovePlan::positions_vanish},
    {"promtail_was_active", &MovePlan::promtail_was_active},
    {"promtail_was_enabled", &MovePlan::promtail_was_enabled},
    {"tailrace_was_active", &MovePlan::tailrace_was_active},
    {"tailrace_was_enabled", &MovePlan::tailrace_was_enabled},
    {"had_positions", &MovePlan::had_positions},
    {"had_outbox", &MovePlan::had_outbox},
});

Json owner_json(const FileOwner& owner) {
  return {{"user", owner.user}, {"group", owner.group}, {"mode", owner.mode}};
}

bool read_owner(const Json& json, const char* name, FileOwner& owner) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_object()) return false;
  const auto number = [&found](const char* key, std::uint32_t& into) {
    const auto value = found->find(key);
    if (value == found->end() || !value->is_number_unsigned()) return false;
    into = value->get<std::uint32_t>();
    return true;
  };
  return number("user", owner.user) && number("group", owner.group) && number("mode", owner.mode);
}

bool read_plan(const Json& json, MovePlan& plan) {
  if (!json.is_object()) return false;
  for (const TextField& text : kTexts) {
    const auto found = json.find(text.name);
    if (found == json.end() || !found->is_string()) return false;
    plan.*text.field = found->get<std::string>();
  }
  for (const SwitchField& one : kSwitches) {
    const auto found = json.find(one.name);
    if (found == json.end() || !found->is_boolean()) return false;
    plan.*one.field = found->get<bool>();
  }
  return read_owner(json, "promtail_owner", plan.promtail_owner) &&
         read_owner(json, "owner", plan.owner);
}

bool read_steps(const Json& json, const char* name, std::set<std::string>& steps) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_array()) return false;
  for (const Json& step : *found) {
    if (!step.is_string()) return false;
    steps.insert(step.get<std::string>());
  }
  return true;
}

bool read_state(const Json& json, MoveJournal::State& state) {
  const auto found = json.find("state");
  if (found == json.end() || !found->is_string()) return false;
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (*found != kStates[i]) continue;
    state = static_cast<MoveJournal::State>(i);
    return true;
  }
  return false;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

std::string journal_json(const MoveJournal& journal) {
  Json plan;
  for (const TextField& text : kTexts)
    plan[text.name] = journal.plan.*text.field;
  plan["promtail_owner"] = owner_json(journal.plan.promtail_owner);
  plan["owner"] = owner_json(journal.plan.owner);
  for (const SwitchField& one : kSwitches)
    plan[one.name] = journal.plan.*one.field;
  const Json json{{"version", kVersion},
                  {"state", kStates[static_cast<std::size_t>(journal.state)]},
                  {"done", journal.done},
                  {"undone", journal.undone},
                  {"plan", std::move(plan)}};
  return json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

Result<MoveJournal> parse_journal(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  MoveJournal journal;
  if (!json.is_object() || !json.contains("version") || json["version"] != kVersion ||
      !read_state(json, journal.state) || !read_steps(json, "done", journal.done) ||
      !read_steps(json, "undone", journal.undone) || !json.contains("plan") ||
      !read_plan(json["plan"], journal.plan)) {
    return fail(Error::kInvalid, "is no record of a move that this version knows");
  }
  return journal;
}

Status save_text(FileSystem& file_system, const std::string& path, const std::string& text) {
  const std::string folder = folder_of(path);
  if (Status made = file_system.make_directories(folder); !made) return made;
  const std::string temporary = path + ".new";
  {
    const auto file = file_system.open(temporary, OpenMode::kCreateEmpty);
    if (!file) return fail(file.error());
    const std::string_view part = text;
    if (Status written = (*file)->write_at(0, {&part, 1}); !written) return written;
    if (Status synced = (*file)->sync(); !synced) return synced;
  }
  if (Status renamed = file_system.rename(temporary, path); !renamed) return renamed;
  return file_system.sync_directory(folder);
}

}  // namespace tailrace::daemon::migrate
