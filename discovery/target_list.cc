// Lists of targets as others write them into files and serve them.
#include "discovery/target_list.h"

#include <fmt/format.h>

#include "config/report.h"
#include "config/yaml_document.h"
#include "discovery/json_reading.h"
#include "model/label_set.h"

namespace tailrace::discovery {
namespace {

using Groups = std::vector<config::StaticTargetGroup>;

Status add_label(config::StaticTargetGroup& group, std::string_view name, std::string_view value) {
  if (!is_label_name(name)) {
    return fail(Error::kInvalid, fmt::format("\"{}\" is not a valid label name", name));
  }
  group.labels.insert_or_assign(std::string(name), value);
  return {};
}

Status read_json_labels(Json value, config::StaticTargetGroup& group) {
  if (value.is_null()) return {};
  simdjson::dom::object labels;
  if (value.get(labels) != simdjson::SUCCESS) {
    return fail(Error::kInvalid, "labels must be an object");
  }
  for (const auto& [name, member] : labels) {
    std::string_view text;
    if (member.get(text) != simdjson::SUCCESS) {
      return fail(Error::kInvalid, fmt::format("the label \"{}\" must be text", name));
    }
    if (const Status added = add_label(group, name, text); !added) return added;
  }
  return {};
}

Status read_json_targets(Json value, config::StaticTargetGroup& group) {
  if (value.is_null()) return {};
  simdjson::dom::array targets;
  if (value.get(targets) != simdjson::SUCCESS) {
    return fail(Error::kInvalid, "targets must be a list");
  }
  for (const Json target : targets) {
    std::string_view text;
    if (target.get(text) != simdjson::SUCCESS) {
      return fail(Error::kInvalid, "every one of targets must be text");
    }
    group.targets.emplace_back(text);
  }
  return {};
}

Result<config::StaticTargetGroup> read_json_group(Json item) {
  config::StaticTargetGroup group;
  simdjson::dom::object members;
  if (item.get(members) != simdjson::SUCCESS) {
    return fail(Error::kInvalid, "must be an object");
  }
  for (const auto& [key, member] : members) {
    Status read;
    if (key == "targets") {
      read = read_json_targets(member, group);
    } else if (key == "labels") {
      read = read_json_labels(member, group);
    } else {
      read = fail(Error::kInvalid, fmt::format("\"{}\" is not a known key", key));
    }
    if (!read) return fail(read.error());
  }
  return group;
}

Result<config::StaticTargetGroup> read_yaml_group(const config::YamlNode& item) {
  config::StaticTargetGroup group;
  if (item.type != config::YamlType::kMap) return fail(Error::kInvalid, "must be a map");
  for (const config::YamlEntry& entry : item.entries) {
    const config::YamlNode& value = *entry.value;
    if (entry.key != "targets" && entry.key != "labels") {
      return fail(Error::kInvalid, fmt::format("\"{}\" is not a known key", entry.key));
    }
    if (value.is_null()) continue;
    if (entry.key == "targets") {
      if (value.type != config::YamlType::kList) {
        return fail(Error::kInvalid, "targets must be a list");
      }
      for (const config::YamlNode* const target : value.items) {
        if (!target->is_scalar()) return fail(Error::kInvalid, "every one of targets must be text");
        group.targets.push_back(target->text);
      }
      continue;
    }
    if (value.type != config::YamlType::kMap) return fail(Error::kInvalid, "labels must be a map");
    for (const config::YamlEntry& label : value.entries) {
      if (!label.value->is_scalar()) {
        return fail(Error::kInvalid, fmt::format("the label \"{}\" must be text", label.key));
      }
      if (const Status added = add_label(group, label.key, label.value->text); !added) {
        return fail(added.error());
      }
    }
  }
  return group;
}

}  // namespace

Result<Groups> parse_target_list_json(std::string_view text) {
  simdjson::dom::parser parser;
  const auto root = parse_json(parser, text);
  if (!root) return fail(root.error());
  simdjson::dom::array list;
  if (root->get(list) != simdjson::SUCCESS) {
    return fail(Error::kInvalid, "must be a list of objects with targets and labels");
  }
  Groups groups;
  for (const Json item : list) {
    auto group = read_json_group(item);
    if (!group) {
      return fail(Error::kInvalid,
                  fmt::format("entry {}: {}", groups.size(), group.error().message));
    }
    groups.push_back(std::move(*group));
  }
  return groups;
}

Result<Groups> parse_target_list_yaml(std::string_view text) {
  const auto document = config::YamlDocument::parse(text);
  if (!document.diagnostics().empty()) {
    const config::Diagnostic& first = document.diagnostics().front();
    return fail(Error::kInvalid, fmt::format("line {}: {}", first.location.line, first.message));
  }
  Groups groups;
  const config::YamlNode* const root = document.root();
  if (root == nullptr || root->is_null()) return groups;
  if (root->type != config::YamlType::kList) {
    return fail(Error::kInvalid, "must be a list of maps with targets and labels");
  }
  for (const config::YamlNode* const item : root->items) {
    auto group = read_yaml_group(*item);
    if (!group) {
      return fail(Error::kInvalid, fmt::format("line {}: {}", item->line, group.error().message));
    }
    groups.push_back(std::move(*group));
  }
  return groups;
}

void append_targets(const Groups& groups, const std::string& found_by, const LabelMap& extra,
                    std::vector<Target>& targets) {
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const std::string& address : groups[i].targets) {
      Target& target = targets.emplace_back();
      target.labels = groups[i].labels;
      target.labels.insert_or_assign("__address__", address);
      for (const auto& [name, value] : extra)
        target.labels.insert_or_assign(name, value);
      target.found_by = fmt::format("{}:{}", found_by, i);
    }
  }
}

}  // namespace tailrace::discovery
