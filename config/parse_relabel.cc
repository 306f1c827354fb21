// `relabel_configs`: rules and what each action needs. Whether a regex compiles is seen when the
// rules are built (discovery/relabel).
#include <array>

#include <fmt/format.h>

#include "config/names.h"
#include "config/parse.h"
#include "model/label_set.h"

namespace tailrace::config {
namespace {

using RelabelAction = RelabelConfig::Action;

struct NamedAction {
  std::string_view name;
  RelabelAction action;
};
constexpr std::array<NamedAction, 11> kActions = {{{"replace", RelabelAction::kReplace},
                                                   {"keep", RelabelAction::kKeep},
                                                   {"drop", RelabelAction::kDrop},
                                                   {"keepequal", RelabelAction::kKeepEqual},
                                                   {"dropequal", RelabelAction::kDropEqual},
                                                   {"hashmod", RelabelAction::kHashMod},
                                                   {"labelmap", RelabelAction::kLabelMap},
                                                   {"labeldrop", RelabelAction::kLabelDrop},
                                                   {"labelkeep", RelabelAction::kLabelKeep},
                                                   {"lowercase", RelabelAction::kLowercase},
                                                   {"uppercase", RelabelAction::kUppercase}}};

std::string_view name_of(RelabelAction action) {
  for (const NamedAction& known : kActions) {
    if (known.action == action) return known.name;
  }
  return "";
}

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// A label name in which `$name`, `$1` and `${name}` may stand.
bool is_label_pattern(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  std::size_t i = 0;
  while (i < text.size()) {
    if (is_word_byte(text[i])) {
      ++i;
      continue;
    }
    if (text[i] != '$') return false;
    ++i;
    const bool braces = i < text.size() && text[i] == '{';
    if (braces) ++i;
    const std::size_t begin = i;
    while (i < text.size() && is_word_byte(text[i]))
      ++i;
    if (i == begin) return false;
    if (braces && (i >= text.size() || text[i++] != '}')) return false;
  }
  return true;
}

void parse_action(Fields& fields, RelabelConfig& rule) {
  std::string text = "replace";
  fields.read("action", text);
  const std::string lower = to_lower_ascii(text);
  std::vector<std::string_view> names;
  for (const NamedAction& known : kActions) {
    names.push_back(known.name);
    if (known.name == lower) {
      rule.action = known.action;
      return;
    }
  }
  fields.error("action",
               fmt::format("\"{}\" is not a relabel action{}", text, did_you_mean(lower, names)));
}

// What of a rule is not as it is by default.
struct Given {
  explicit Given(const RelabelConfig& rule)
      : source_labels(!rule.source_labels.empty()),
        separator(rule.separator != RelabelConfig{}.separator),
        regex(rule.regex != RelabelConfig{}.regex),
        modulus(rule.modulus != 0),
        target_label(!rule.target_label.empty()),
        replacement(rule.replacement != RelabelConfig{}.replacement) {}
  bool source_labels, separator, regex, modulus, target_label, replacement;
};

void check_target(Fields& fields, const RelabelConfig& rule) {
  const std::string_view action = name_of(rule.action);
  if (rule.target_label.empty()) {
    fields.error("target_label", fmt::format("the action {} needs it", action));
    return;
  }
  const bool valid = rule.action == RelabelAction::kReplace ? is_label_pattern(rule.target_label)
                                                            : is_label_name(rule.target_label);
  if (!valid) {
    fields.error("target_label", fmt::format("\"{}\" is not a valid label name for the action {}",
                                             rule.target_label, action));
  }
}

void check_rule(Fields& fields, const RelabelConfig& rule) {
  const Given given(rule);
  const std::string_view action = name_of(rule.action);
  switch (rule.action) {
    case RelabelAction::kReplace:
      check_target(fields, rule);
      break;
    case RelabelAction::kLowercase:
    case RelabelAction::kUppercase:
      check_target(fields, rule);
      if (given.replacement) {
        fields.error("replacement", fmt::format("may not be set for the action {}", action));
      }
      break;
    case RelabelAction::kHashMod:
      check_target(fields, rule);
      if (!given.modulus) fields.error("modulus", "the action hashmod needs one that is not 0");
      break;
    case RelabelAction::kKeepEqual:
    case RelabelAction::kDropEqual:
      check_target(fields, rule);
      if (given.regex || given.modulus || given.separator || given.replacement) {
        fields.error("action",
                     fmt::format("{} takes source_labels and target_label, nothing else", action));
      }
      break;
    case RelabelAction::kLabelMap:
      if (!is_label_pattern(rule.replacement)) {
        fields.error("replacement", fmt::format("\"{}\" is not a valid label name for the action "
                                                "labelmap",
                                                rule.replacement));
      }
      break;
    case RelabelAction::kLabelDrop:
    case RelabelAction::kLabelKeep:
      if (given.source_labels || given.modulus || given.separator || given.replacement ||
          given.target_label) {
        fields.error("action", fmt::format("{} takes regex and nothing else", action));
      }
      break;
    case RelabelAction::kKeep:
    case RelabelAction::kDrop:
      break;
  }
}

}  // namespace

std::vector<RelabelConfig> parse_relabel_configs(const YamlNode& list, const std::string& path,
                                                 Report& report) {
  std::vector<RelabelConfig> rules;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const YamlNode& item = *list.items[i];
    RelabelConfig& rule = rules.emplace_back();
    rule.location = {fmt::format("{}[{}]", path, i), item.line, item.column};
    Fields fields = Fields::strict(item, rule.location.path, report);
    const std::size_t errors = report.error_count();
    parse_action(fields, rule);
    fields.read("source_labels", rule.source_labels);
    fields.read("separator", rule.separator);
    fields.read("regex", rule.regex);
    fields.read("modulus", rule.modulus);
    fields.read("target_label", rule.target_label);
    fields.read("replacement", rule.replacement);
    fields.finish();
    for (const std::string& name : rule.source_labels) {
      if (!is_label_name(name)) {
        fields.error("source_labels", fmt::format("\"{}\" is not a valid label name", name));
      }
    }
    // What an action needs is only asked of a rule that could be read.
    if (report.error_count() == errors) check_rule(fields, rule);
  }
  return rules;
}

}  // namespace tailrace::config
