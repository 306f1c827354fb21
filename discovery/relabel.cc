// The relabelling actions, and the rules that say which fields an action may have.
#include "discovery/relabel.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/evp.h>
#include <re2/re2.h>

#include "base/check.h"
#include "discovery/letter_case.h"
#include "discovery/relabel_template.h"
#include "model/label_set.h"

namespace tailrace::discovery {
namespace {

using config::RelabelConfig;
using Action = RelabelConfig::Action;

std::string_view action_text(Action action) {
  switch (action) {
    case Action::kReplace:
      return "replace";
    case Action::kKeep:
      return "keep";
    case Action::kDrop:
      return "drop";
    case Action::kKeepEqual:
      return "keepequal";
    case Action::kDropEqual:
      return "dropequal";
    case Action::kHashMod:
      return "hashmod";
    case Action::kLabelMap:
      return "labelmap";
    case Action::kLabelDrop:
      return "labeldrop";
    case Action::kLabelKeep:
      return "labelkeep";
    case Action::kLowercase:
      return "lowercase";
    case Action::kUppercase:
      return "uppercase";
  }
  return "";
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Whether `text` is a label name in which $1 or ${name} may stand for a part. What they stand for
// is checked when the rule runs.
bool is_name_template(std::string_view text) {
  bool empty = true;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '$') {
      if (!is_word(text[at]) || (empty && text[at] >= '0' && text[at] <= '9')) return false;
      ++at;
    } else {
      const bool braced = at + 1 < text.size() && text[at + 1] == '{';
      const std::size_t begin = at + (braced ? 2 : 1);
      std::size_t end = begin;
      while (end < text.size() && is_word(text[end]))
        ++end;
      if (end == begin) return false;
      if (braced && (end == text.size() || text[end] != '}')) return false;
      at = end + (braced ? 1 : 0);
    }
    empty = false;
  }
  return !empty;
}

// Go also takes (?<name>...), this RE2 only (?P<name>...).
std::string with_named_groups_for_re2(std::string_view pattern) {
  std::string result;
  bool in_class = false;
  bool quoted = false;  // Between \Q and \E.
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const std::string_view rest = pattern.substr(at);
    if (quoted ? rest.starts_with("\\E") : rest.starts_with("\\Q")) quoted = !quoted;
    if (!quoted && !in_class && rest.starts_with("(?<") && rest.size() > 3 && is_word(rest[3])) {
      result += "(?P<";
      at += 2;
      continue;
    }
    result += pattern[at];
    if (quoted) continue;
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      result += pattern[++at];
    } else if (pattern[at] == '[' && !in_class) {
      in_class = true;
      if (at + 1 < pattern.size() && pattern[at + 1] == '^') result += pattern[++at];
      if (at + 1 < pattern.size() && pattern[at + 1] == ']') result += pattern[++at];
    } else if (pattern[at] == ']') {
      in_class = false;
    }
  }
  return result;
}

// The last 8 bytes of the MD5, big endian. Nothing where OpenSSL was told to do without MD5 (FIPS).
std::optional<std::uint64_t> hash_of(std::string_view value) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int digest_bytes = 0;
  const int done =
      EVP_Digest(value.data(), value.size(), digest.data(), &digest_bytes, EVP_md5(), nullptr);
  if (done != 1 || digest_bytes != 16) return std::nullopt;
  std::uint64_t number = 0;
  for (std::size_t i = 8; i < 16; ++i)
    number = (number << 8U) | digest[i];
  return number;
}

bool is_case_action(Action action) {
  return action == Action::kLowercase || action == Action::kUppercase;
}
bool is_equal_action(Action action) {
  return action == Action::kKeepEqual || action == Action::kDropEqual;
}

// What is wrong with the fields of a rule, but for its regex; empty: nothing.
std::string field_problem(const RelabelConfig& rule) {
  const RelabelConfig defaults;
  const std::string action = "action '" + std::string(action_text(rule.action)) + "'";
  const bool has_target = rule.action == Action::kReplace || rule.action == Action::kHashMod ||
                          is_equal_action(rule.action) || is_case_action(rule.action);
  if (has_target && rule.target_label.empty()) return action + " needs 'target_label'";
  if (rule.action == Action::kHashMod && rule.modulus == 0) {
    return action + " needs a 'modulus' that is not 0";
  }
  const bool target_is_name = rule.action == Action::kReplace ? is_name_template(rule.target_label)
                                                              : is_label_name(rule.target_label);
  if (has_target && !target_is_name) {
    return "'" + rule.target_label + "' is not a valid 'target_label' for " + action;
  }
  if (is_case_action(rule.action) && rule.replacement != defaults.replacement) {
    return action + " cannot have a 'replacement'";
  }
  if (rule.action == Action::kLabelMap && !is_name_template(rule.replacement)) {
    return "'" + rule.replacement + "' is not a valid 'replacement' for " + action +
           ": it must be a label name";
  }
  const bool plain = rule.modulus == 0 && rule.separator == defaults.separator &&
                     rule.replacement == defaults.replacement;
  if (is_equal_action(rule.action) && (!plain || rule.regex != defaults.regex)) {
    return action + " can only have 'source_labels' and 'target_label'";
  }
  const bool name_filter = rule.action == Action::kLabelDrop || rule.action == Action::kLabelKeep;
  if (name_filter && (!plain || !rule.source_labels.empty() || !rule.target_label.empty())) {
    return action + " can only have 'regex'";
  }
  if (rule.action == Action::kHashMod && !hash_of("")) return action + ": OpenSSL has no MD5 here";
  return {};
}

std::string_view value_of(const LabelMap& labels, const std::string& name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string_view() : found->second;
}

// An empty value is the same as no label.
void set_label(LabelMap& labels, const std::string& name, std::string value) {
  if (value.empty()) {
    labels.erase(name);
  } else {
    labels.insert_or_assign(name, std::move(value));
  }
}

}  // namespace

// One rule, with its regex and templates ready.
class Relabeler::Rule {
 public:
  Rule(const RelabelConfig& config, std::unique_ptr<const RE2> regex)
      : config_(config),
        regex_(std::move(regex)),
        target_(config.target_label, regex_->NamedCapturingGroups()),
        replacement_(config.replacement, regex_->NamedCapturingGroups()) {}

  bool reads(std::string_view name) const {
    if (config_.action == Action::kLabelMap) return RE2::FullMatch(name, *regex_);
    if (is_equal_action(config_.action) && name == config_.target_label) return true;
    return std::find(config_.source_labels.begin(), config_.source_labels.end(), name) !=
           config_.source_labels.end();
  }

  Verdict run(LabelMap& labels) const {
    switch (config_.action) {
      case Action::kReplace:
        replace(labels);
        return Verdict::kKeep;
      case Action::kKeep:
        return RE2::FullMatch(source_value(labels), *regex_) ? Verdict::kKeep : Verdict::kDrop;
      case Action::kDrop:
        return RE2::FullMatch(source_value(labels), *regex_) ? Verdict::kDrop : Verdict::kKeep;
      case Action::kKeepEqual:
        return equals_target(labels) ? Verdict::kKeep : Verdict::kDrop;
      case Action::kDropEqual:
        return equals_target(labels) ? Verdict::kDrop : Verdict::kKeep;
      case Action::kHashMod:
        hash(labels);
        return Verdict::kKeep;
      case Action::kLabelMap:
        map_names(labels);
        return Verdict::kKeep;
      case Action::kLabelDrop:
      case Action::kLabelKeep:
        filter_names(labels);
        return Verdict::kKeep;
      case Action::kLowercase:
        set_label(labels, config_.target_label, to_case(source_value(labels), LetterCase::kLower));
        return Verdict::kKeep;
      case Action::kUppercase:
        set_label(labels, config_.target_label, to_case(source_value(labels), LetterCase::kUpper));
        return Verdict::kKeep;
    }
    return Verdict::kKeep;
  }

 private:
  std::string source_value(const LabelMap& labels) const {
    std::string joined;
    for (std::size_t i = 0; i < config_.source_labels.size(); ++i) {
      if (i > 0) joined += config_.separator;
      joined += value_of(labels, config_.source_labels[i]);
    }
    return joined;
  }

  bool equals_target(const LabelMap& labels) const {
    return value_of(labels, config_.target_label) == source_value(labels);
  }

  // The groups of a match of the whole text, the match itself first; empty: no match.
  std::vector<std::string_view> match(std::string_view text) const {
    std::vector<re2::StringPiece> groups(
        static_cast<std::size_t>(regex_->NumberOfCapturingGroups()) + 1);
    std::vector<std::string_view> result;
    if (!regex_->Match(text, 0, text.size(), RE2::ANCHOR_BOTH, groups.data(),
                       static_cast<int>(groups.size()))) {
      return result;
    }
    for (const re2::StringPiece& group : groups)
      result.emplace_back(group.data(), group.size());
    return result;
  }

  void replace(LabelMap& labels) const {
    const std::string value = source_value(labels);
    const std::vector<std::string_view> groups = match(value);
    if (groups.empty()) return;
    const std::string target = target_.expand(groups);
    if (is_label_name(target)) set_label(labels, target, replacement_.expand(groups));
  }

  void hash(LabelMap& labels) const {
    const std::optional<std::uint64_t> number = hash_of(source_value(labels));
    TAILRACE_CHECK(number.has_value());  // compile() tried.
    set_label(labels, config_.target_label, std::to_string(*number % config_.modulus));
  }

  // Of two labels that get the same name, the one later in the alphabet wins.
  void map_names(LabelMap& labels) const {
    const LabelMap before = labels;
    for (const auto& [name, value] : before) {
      const std::vector<std::string_view> groups = match(name);
      if (groups.empty()) continue;
      const std::string target = replacement_.expand(groups);
      if (is_label_name(target)) set_label(labels, target, value);
    }
  }

  void filter_names(LabelMap& labels) const {
    const bool drops_matches = config_.action == Action::kLabelDrop;
    std::erase_if(labels, [&](const auto& label) {
      return RE2::FullMatch(label.first, *regex_) == drops_matches;
    });
  }

  const RelabelConfig config_;
  const std::unique_ptr<const RE2> regex_;
  const RelabelTemplate target_;
  const RelabelTemplate replacement_;
};

Relabeler::Relabeler() = default;
Relabeler::Relabeler(Relabeler&&) noexcept = default;
Relabeler& Relabeler::operator=(Relabeler&&) noexcept = default;
Relabeler::~Relabeler() = default;

Result<Relabeler> Relabeler::compile(const std::vector<RelabelConfig>& rules,
                                     std::vector<config::Diagnostic>& diagnostics) {
  Relabeler result;
  std::size_t problems = 0;
  const auto report = [&](const config::SourceLocation& location, std::string message) {
    diagnostics.push_back({.location = location, .message = std::move(message)});
    ++problems;
  };
  for (const RelabelConfig& rule : rules) {
    std::string problem = field_problem(rule);
    const bool fields_are_good = problem.empty();
    if (!fields_are_good) report(rule.location, std::move(problem));
    RE2::Options options;
    options.set_log_errors(false);
    auto regex = std::make_unique<const RE2>(with_named_groups_for_re2(rule.regex), options);
    if (!regex->ok()) {
      report(rule.location, "bad regex '" + rule.regex + "': " + regex->error());
    } else if (fields_are_good) {
      result.rules_.push_back(std::make_unique<const Rule>(rule, std::move(regex)));
    }
  }
  if (problems > 0) {
    return fail(Error::kInvalid, std::to_string(problems) + " problems in relabelling rules");
  }
  return result;
}

bool Relabeler::reads(std::string_view name) const {
  return std::any_of(rules_.begin(), rules_.end(),
                     [name](const auto& rule) { return rule->reads(name); });
}

Relabeler::Verdict Relabeler::run(LabelMap& labels) const {
  std::erase_if(labels, [](const auto& label) { return label.second.empty(); });
  for (const auto& rule : rules_) {
    if (rule->run(labels) == Verdict::kDrop) return Verdict::kDrop;
  }
  return Verdict::kKeep;
}

}  // namespace tailrace::discovery
